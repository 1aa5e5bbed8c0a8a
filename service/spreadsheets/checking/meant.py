"""What a word in place of a code probably means, as a question to whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable

from service.spreadsheets.words import Ambiguous, KnownWord, Meaning, Unknown

PERSONAL = "Expected a code from a list. The cell holds what looks like {}, which must not be recorded: empty the cell."


def hint_of(meaning: Meaning) -> str:
    """Return what a word in place of a code probably means, as a question; empty if nothing is near."""
    match meaning:
        case KnownWord(code=code):
            return f"Did you mean {code}?"
        case Ambiguous(candidates=codes) if codes:
            return f"Did you mean {either(codes)}? Write the one that is meant."
        case Unknown(nearest=codes) if codes:
            return f"Did you mean {either(codes)}?"
    return ""


def either(codes: Iterable[str]) -> str:
    """Return codes as alternatives: `a, b or c`."""
    *most, last = codes
    return f"{', '.join(most)} or {last}" if most else last
