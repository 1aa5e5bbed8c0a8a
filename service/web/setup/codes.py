"""Codes made from what people type: `m25` for M25, `teasel-2024-05` for Operation Teasel in May 2024."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

OTHERS = re.compile(r"[^a-z0-9]+")
NOT_OF_A_NAME = re.compile(r"^(operation|op)\b", re.IGNORECASE)


def code_of(text: str) -> str:
    """Return a text as a code of small letters, digits and hyphens; empty if it has none of them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return OTHERS.sub("-", plain.casefold()).strip("-")


def measure_code_of(text: str) -> str:
    """Return a text as the code of a measure or category: words joined by `_`, as in the catalogue."""
    return code_of(text).replace("-", "_")


def category_of(text: str) -> str:
    """Return a category as a path: `bladed/knife` for Bladed / Knife."""
    return "/".join(filter(None, map(measure_code_of, text.split("/"))))


def proposed_key(name: str, first: date | None) -> str:
    """Return the key of an operation that is proposed from its name and the month of its first day."""
    key = code_of(NOT_OF_A_NAME.sub("", name.strip())) or code_of(name)
    return f"{key}-{first:%Y-%m}" if key and first is not None else key
