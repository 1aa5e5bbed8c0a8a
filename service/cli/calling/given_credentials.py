"""Credentials as users give them: exported, pasted or read from a file. They are cleaned or refused, never printed."""

from __future__ import annotations

import string

from service.access.secret_form import ALPHABET, PREFIX
from service.errors import Invalid

QUOTES = "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"
SPACES = string.whitespace + "\u0085\u00a0\u2007\u200b\u200e\u200f\u2028\u2029\u202f\u2060"
# A byte order mark: as itself, as read in a Windows code page, and as bytes that are not the locale's text.
BYTE_ORDER_MARKS = "\ufeff" + "\u00ef\u00bb\u00bf" + "\udcef\udcbb\udcbf"
SURROUNDINGS = QUOTES + SPACES + BYTE_ORDER_MARKS
CHARACTERS = frozenset(ALPHABET + PREFIX)


class CredentialUnusable(Invalid):
    """A credential holds a character that no credential has, so it was not copied correctly. It is not printed."""

    code = "credential_unusable"


def cleaned(given: str, source: str) -> str:
    """Return a credential without the white space, quotes and byte order mark around it; empty if nothing is left.

    `source` says where it was given, such as the name of a variable.

    Raises:
        CredentialUnusable: another character is not one of a credential.
    """
    credential = given.strip(SURROUNDINGS)
    wrong = next((place for place, one in enumerate(credential, start=1) if one not in CHARACTERS), None)
    if wrong is not None:
        raise CredentialUnusable(
            f"The credential in {source} was not copied correctly: expected only letters, digits and underscores; "
            f"found another character, such as a space or a line end, at place {wrong} of {len(credential)}."
        )
    return credential
