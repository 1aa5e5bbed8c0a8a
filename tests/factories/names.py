"""The codes of `tests/names.txt`: names that must pass the check for personal data, and codes that must be refused."""

from pathlib import Path

_TEXT = (Path(__file__).parents[1] / "names.txt").read_text(encoding="utf-8")


def _codes(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


_BEFORE, _AFTER = _TEXT.split("# personal\n")
NAMES, PERSONAL = _codes(_BEFORE), _codes(_AFTER)
