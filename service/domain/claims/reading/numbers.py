"""Reading a printed number exactly. An ambiguous number such as "92,0000" is an error, never a guess."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from service.domain.claims.bounds import Printed
from service.domain.claims.reading.units import Unit

NUMBER = re.compile(r"(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.(?P<places>[0-9]+))?", re.ASCII)
LONGEST = 40
# The largest integer that every JSON parser keeps exactly; no total of the record is larger.
MOST = 2**53 - 1


class NotExact(ValueError):
    """The number cannot be read exactly; the message states what was expected and found."""


def read_number(found: Any, unit: Unit) -> Printed:
    """Return the number and the size of its last digit, in the smallest unit of its measure.

    Raises:
        NotExact: it is neither text nor an integer, or cannot be read exactly.
    """
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise NotExact(f"Expected the number as printed, in quotation marks, or an integer; found {_shown(found)}.")
    text = str(found) if isinstance(found, str) or abs(found) <= MOST else "a longer integer"
    match = NUMBER.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise NotExact(f"Expected digits, or digits with commas in groups of three; found {text[:LONGEST]!r}.")
    places = match["places"] or ""
    _check_places(text, places, unit)
    return _printed(text, match["whole"].replace(",", ""), places, unit)


def _printed(text: str, whole: str, places: str, unit: Unit) -> Printed:
    step = Fraction(unit.size, 10 ** len(places))
    value = int(whole + places) * step
    if unit.is_money and value.denominator != 1:
        raise NotExact(f"Expected money in whole pence; found {text!r} {unit.word}.")
    if value > MOST:
        raise NotExact(f"Expected at most {MOST:,} {unit.smallest}; found {text!r} {unit.word}.")
    return Printed(value, step)


def _check_places(text: str, places: str, unit: Unit) -> None:
    if not places or unit.places is None or len(places) == unit.places:
        return
    expected = f"{unit.places} digits after the point, or no point" if unit.places else "no decimal point"
    raise NotExact(f"Expected {expected}, in {unit.word}; found {text!r}.")


def _shown(found: Any) -> str:
    match found:
        case bool():
            return str(found).lower()
        case float():
            return f"the float {found!r}, whose digits may differ from the printed ones"
        case None:
            return "nothing"
    return f"a {type(found).__name__}"
