"""Numbers with their nouns, as messages, commands and pages write them."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 row`, `2,000 rows`. `many` is the plural if it is not formed with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
