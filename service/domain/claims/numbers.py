"""Reading a number as it was printed: exactly, or not at all. "92,0000" is nobody's guess to make."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from service.domain.claims.bounds import Printed
from service.domain.claims.units import Unit

NUMBER = re.compile(r"(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.(?P<places>[0-9]+))?", re.ASCII)
LONGEST = 40
# The largest integer that every JSON reader keeps exactly; no total of the record is larger.
MOST = 2**53 - 1


class NotExact(ValueError):
    """The number cannot be read exactly; the text says what was wanted and found."""


def read_number(found: Any, unit: Unit) -> Printed:
    """Return the number, in the smallest unit of its measure, and the worth of its last digit.

    Raises:
        NotExact: it is no text and no integer, or a text that cannot be read exactly.
    """
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise NotExact(f"Wanted the number as printed, in quotation marks, or an integer; found {_shown(found)}.")
    text = str(found) if isinstance(found, str) or abs(found) <= MOST else "a longer integer"
    match = NUMBER.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise NotExact(f"Wanted digits, or digits with commas in groups of three; found {text[:LONGEST]!r}.")
    places = match["places"] or ""
    _check_places(text, places, unit)
    return _printed(text, match["whole"].replace(",", ""), places, unit)


def _printed(text: str, whole: str, places: str, unit: Unit) -> Printed:
    step = Fraction(unit.size, 10 ** len(places))
    value = int(whole + places) * step
    if unit.is_money and value.denominator != 1:
        raise NotExact(f"Wanted money to the penny and no finer; found {text!r} {unit.word}.")
    if value > MOST:
        raise NotExact(f"Wanted at most {MOST:,} {unit.smallest}; found {text!r} {unit.word}.")
    return Printed(value, step)


def _check_places(text: str, places: str, unit: Unit) -> None:
    if not places or unit.places is None or len(places) == unit.places:
        return
    wanted = f"{unit.places} digits after the point, or no point" if unit.places else "no decimal point"
    raise NotExact(f"Wanted {wanted}, in {unit.word}; found {text!r}.")


def _shown(found: Any) -> str:
    match found:
        case bool():
            return str(found).lower()
        case float():
            return f"the float {found!r}, whose digits may not be the printed ones"
        case None:
            return "nothing"
    return f"a {type(found).__name__}"
