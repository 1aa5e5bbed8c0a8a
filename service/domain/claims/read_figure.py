"""Reading one printed figure: its measure, number, unit and words become bounds in the measure's smallest unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from service.domain.claims import bounds as possible
from service.domain.claims.bounds import Bounds, Printed
from service.domain.claims.claim import Claim, Scope
from service.domain.claims.extents import extent
from service.domain.claims.numbers import NotExact, read_number
from service.domain.claims.table import Table, Wrong, a_code, a_text, paths, shown
from service.domain.claims.units import ANY, Unit, UnitDoesNotFit, unit_of
from service.domain.currencies import MINOR_UNITS
from service.domain.reference_data import Measure

EXACT, ABOUT, NO_NUMBER = "exact", "about", "no number"
THRESHOLDS: Mapping[str, Callable[[Fraction], Bounds]] = {
    "more than": possible.more_than,
    "at least": possible.at_least,
    "up to": possible.up_to,
    "nearly": possible.nearly,
}
SAYS = (EXACT, *THRESHOLDS, ABOUT, NO_NUMBER)
NUMBER_KEYS = ("value", "says", "to", "rounded_to", "note")
CATEGORY_KEYS = ("category", "without_category")
# In place of one that is missing or does not fit.
UNKNOWN_UNIT = Unit("", "", places=ANY)
FIGURE_KEYS = ("measure", "unit", *CATEGORY_KEYS, *NUMBER_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What stands around a figure: its source, the moment it is true at, and the scope of its block."""

    source: str
    moment: datetime | None
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a figure counts. `unit` is the printed one."""

    measure: str
    unit: Unit
    known: Measure | None
    scope: Scope


def read_subject(table: Table, scope: Scope, measures: Mapping[str, Measure]) -> Subject:
    """Return what the figures of a table count. Where the unit is at fault, numbers can be checked all the same."""
    measure, word = table.read("measure", a_code, ""), table.read("unit", a_text)
    included, excluded = (table.read(key, paths, ()) for key in CATEGORY_KEYS)
    known = measures.get(measure)
    unit = _unit(table, word, measure, known)
    if unit.smallest == MINOR_UNITS:
        included = _currency(table, included, unit)
    categories = extent(included, excluded)
    if not categories.included:
        table.wrong("without_category", "Nothing is left of the category.")
    return Subject(measure=measure, unit=unit, known=known, scope=replace(scope, categories=categories))


def read_claim(table: Table, setting: Setting, subject: Subject) -> Claim | None:
    """Return the claim that a table makes of a subject; None where its number or its words cannot be read."""
    says = table.read("says", _one_of_says, EXACT)
    if says != NO_NUMBER and not table.has("value"):
        table.wrong("value", f"{subject.measure}: the value is missing.")
        return None
    numbers = {key: _number(table, key, subject) for key in ("value", "to", "rounded_to")} if says != NO_NUMBER else {}
    if any(table.has(key) and number is None for key, number in numbers.items()):
        return None
    found = _bounds(table, says, numbers)
    if found is None and says != NO_NUMBER:
        return None
    value = numbers.get("value")
    return Claim(
        place=table.place,
        source=setting.source,
        moment=setting.moment,
        scope=subject.scope,
        measure=subject.measure,
        unit=subject.unit.smallest,
        printed=_in_words(table, says, subject.unit),
        says=says,
        bounds=found,
        threshold=value.value if value and says in THRESHOLDS else None,
        known=subject.known is not None,
        additive=subject.known is None or subject.known.additive,
        note=_note(table),
    )


def _unit(table: Table, word: str | None, measure: str, known: Measure | None) -> Unit:
    if word is not None:
        try:
            return unit_of(word, measure, known)
        except UnitDoesNotFit as error:
            table.wrong("unit", str(error))
    elif not table.has("unit"):
        table.wrong("unit", f"{measure}: the unit is missing." if measure else "The unit is missing.")
    return UNKNOWN_UNIT


def _bounds(table: Table, says: str, numbers: Mapping[str, Printed | None]) -> Bounds | None:
    """Return the bounds of the numbers and words; None where there is no number, or they do not go together."""
    value, to, rounded_to = (numbers.get(key) for key in ("value", "to", "rounded_to"))
    if value is None:
        for key in ("to", "rounded_to"):
            if table.has(key):
                table.wrong(key, f"Wanted no {key} where no number was printed.")
        return None
    if says in THRESHOLDS:
        return _threshold(table, says, value)
    if to is not None and to.value < value.value:
        table.wrong("to", "The upper end of the range lies below the lower.")
        return None
    ends = [_rounded(table, one, rounded_to) for one in (value, to) if one is not None]
    if says == ABOUT:
        return possible.about(value.value, None if to is None else to.value)
    return possible.printed(ends[0], ends[-1])


def _threshold(table: Table, says: str, value: Printed) -> Bounds | None:
    for key in ("to", "rounded_to"):
        if table.has(key):
            table.wrong(key, f"Wanted no {key} with {says!r}, which is a bound already.")
            return None
    if says == "nearly" and not value.value:
        table.wrong("value", "Nothing is less than zero.")
        return None
    return THRESHOLDS[says](value.value)


def _rounded(table: Table, number: Printed, rounded_to: Printed | None) -> Printed:
    if rounded_to is None:
        return number
    step = rounded_to.value
    if step < number.step or number.value % step:
        table.wrong("rounded_to", "Wanted what the printed number is a multiple of, and not finer than its last digit.")
        return number
    return Printed(number.value, step)


def _number(table: Table, key: str, subject: Subject) -> Printed | None:
    if not table.has(key):
        return None
    try:
        number = read_number(table.values[key], subject.unit)
    except NotExact as error:
        table.wrong(key, f"{subject.measure}: {error}" if subject.measure else str(error))
        return None
    if key == "rounded_to" and not number.value:
        table.wrong(key, "Nothing is rounded to zero.")
        return None
    return number


def _currency(table: Table, included: tuple[str, ...], unit: Unit) -> tuple[str, ...]:
    if included not in ((), (unit.word,)):
        table.wrong("category", f"Wanted {unit.word}, the currency that the unit names; found {', '.join(included)}.")
    return (unit.word,)


def _in_words(table: Table, says: str, unit: Unit) -> str:
    value = table.values.get("value")
    if says == NO_NUMBER:
        return f"{shown(value)} {unit.word}" if table.has("value") else f"no number of {unit.word}"
    number = f"{value} to {table.values['to']}" if table.has("to") else f"{value}"
    return f"{number} {unit.word}" if says == EXACT else f"{says} {number} {unit.word}"


def _note(table: Table) -> str:
    note = table.values.get("note")
    return note if isinstance(note, str) else ""


def _one_of_says(value: Any) -> str:
    if not isinstance(value, str) or value not in SAYS:
        raise Wrong(f"Wanted {', '.join(SAYS)}; found {shown(value)}.")
    return value
