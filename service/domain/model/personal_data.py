"""The check that refuses codes that look like personal data, so that the log can be append-only and lawful.

Source: Data Protection Act 2018 s.37 (data minimisation); design decision "no personal data".
"""

from __future__ import annotations

import re
from functools import lru_cache

from service.errors import Invalid

# Each pattern is matched against the whole code, in capitals and without separators.
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a registration mark",
        re.compile(r"[A-Z]{2}\d{2}[A-Z]{3}|[A-Z]\d{1,3}[A-Z]{3}|[A-Z]{3}\d{1,3}[A-Z]|[A-Z]{3}\d{4}", re.ASCII),
    ),
    ("a postcode", re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", re.ASCII)),
    ("a phone number", re.compile(r"(?:0044|44|0)\d{9,10}|7\d{9}", re.ASCII)),
    ("an arrest/summons number", re.compile(r"\d{2}[A-Z\d]{4}\d{2}\d{1,11}[A-Z]", re.ASCII)),
)
SEPARATORS = re.compile(r"[\s_/+().-]+")


class LooksPersonal(Invalid):
    """A code looks like personal data. The message names the kind of data and never repeats the code."""

    code = "looks_personal"


def personal_shape(code: str) -> str | None:
    """Return the kind of personal data that the whole code looks like; None if there is none."""
    bare = SEPARATORS.sub("", code).upper()
    return next((name for name, shape in SHAPES if shape.fullmatch(bare)), None)


def refuse_personal(code: str, pointer: str) -> None:
    """Refuse a code, or any step of a path, that looks like personal data.

    Raises:
        LooksPersonal: it looks like a registration mark, postcode, phone number or arrest/summons number.
    """
    try:
        _check_shape(code)
    except ValueError as found:
        raise LooksPersonal(
            f"Expected a code from a list; found something that looks like {found}, which must not be recorded.",
            pointer=pointer,
        ) from None


@lru_cache(10_000)
def _check_shape(code: str) -> None:
    """Check a code and the steps of a path. Codes repeat, and the cache keeps only codes that pass.

    Raises:
        ValueError: the kind of personal data that the code, or a step of it, looks like.
    """
    for part in (code, *code.split("/")):
        if shape := personal_shape(part):
            raise ValueError(shape)
