"""The form of a credential's secret, for whoever only has to recognise one: it needs no database."""

from __future__ import annotations

import re
import string

PREFIX = "oprecord_"
ALPHABET = string.digits + string.ascii_letters
RANDOM_CHARACTERS, CHECKSUM_CHARACTERS = 40, 6
SECRET = re.compile(rf"{PREFIX}[0-9a-zA-Z]{{{RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}}", re.ASCII)
