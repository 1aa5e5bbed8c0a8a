"""Reading one printed figure: measure, number, unit and words become bounds in the measure's smallest unit."""

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
from service.domain.claims.reading.numbers import NotExact, read_number
from service.domain.claims.reading.table import ClaimsTable, InvalidValue, a_code, a_text, paths, shown
from service.domain.claims.reading.units import ANY, Unit, UnitDoesNotFit, unit_of
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.reference_data import Measure

EXACT, ABOUT, NO_NUMBER = "exact", "about", "no number"
STRICT = ("more than", "nearly")
THRESHOLDS: Mapping[str, Callable[[Fraction], Bounds]] = {
    "more than": possible.more_than,
    "at least": possible.at_least,
    "up to": possible.up_to,
    "nearly": possible.nearly,
}
SAYS = (EXACT, *THRESHOLDS, ABOUT, NO_NUMBER)
NUMBER_KEYS = ("value", "says", "to", "rounded_to", "note")
CATEGORY_KEYS = ("category", "without_category")
# Stands in for a missing or invalid unit.
UNKNOWN_UNIT = Unit("", "", places=ANY)
FIGURE_KEYS = ("measure", "unit", *CATEGORY_KEYS, *NUMBER_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockContext:
    """The context of a figure: its source, its moment and the scope of its block."""

    source: str
    moment: datetime | None
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a figure counts. `unit` is the unit as printed."""

    measure: str
    unit: Unit
    known: Measure | None
    scope: Scope


def read_subject(table: ClaimsTable, scope: Scope, measures: Mapping[str, Measure]) -> Subject:
    """Return what the figures of a table count. An invalid unit is replaced, so that numbers can still be checked."""
    measure, word = table.read("measure", a_code, ""), table.read("unit", a_text)
    included, excluded = (table.read(key, paths, ()) for key in CATEGORY_KEYS)
    known = measures.get(measure)
    unit = _unit(table, word, measure, known)
    if unit.smallest == MINOR_UNITS:
        included = _currency(table, included, unit)
    categories = extent(included, excluded)
    if not categories.included:
        table.add_error("without_category", "No category is left.")
    return Subject(measure=measure, unit=unit, known=known, scope=replace(scope, categories=categories))


def read_claim(table: ClaimsTable, context: BlockContext, subject: Subject) -> Claim | None:
    """Return the claim that a table makes about a subject; None if its number or words cannot be read."""
    says = table.read("says", _one_of_says, EXACT)
    if says != NO_NUMBER and not table.has("value"):
        table.add_error("value", f"{subject.measure}: the value is missing.")
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
        source=context.source,
        moment=context.moment,
        scope=subject.scope,
        measure=subject.measure,
        unit=subject.unit.smallest,
        printed=_in_words(table, says, subject.unit),
        says=says,
        bounds=found,
        threshold=value.value if value and says in THRESHOLDS else None,
        digits=value.value if value and says == EXACT and not (table.has("to") or table.has("rounded_to")) else None,
        known=subject.known is not None,
        additive=subject.known is None or subject.known.additive,
        note=_note(table),
    )


def _unit(table: ClaimsTable, word: str | None, measure: str, known: Measure | None) -> Unit:
    if word is not None:
        try:
            return unit_of(word, measure, known)
        except UnitDoesNotFit as error:
            table.add_error("unit", str(error))
    elif not table.has("unit"):
        table.add_error("unit", f"{measure}: the unit is missing." if measure else "The unit is missing.")
    return UNKNOWN_UNIT


def _bounds(table: ClaimsTable, says: str, numbers: Mapping[str, Printed | None]) -> Bounds | None:
    """Return the bounds of the numbers and words; None if there is no number, or they contradict each other."""
    value, to, rounded_to = (numbers.get(key) for key in ("value", "to", "rounded_to"))
    if value is None:
        for key in ("to", "rounded_to"):
            if table.has(key):
                table.add_error(key, f"Expected no {key}, because no number was printed.")
        return None
    if says in THRESHOLDS:
        return _threshold(table, says, value)
    if to is not None and to.value < value.value:
        table.add_error("to", "The upper end of the range is below the lower end.")
        return None
    ends = [_rounded(table, one, rounded_to) for one in (value, to) if one is not None]
    if says == ABOUT:
        return possible.about(value.value, None if to is None else to.value, step=ends[0].step)
    return possible.printed(ends[0], ends[-1])


def _threshold(table: ClaimsTable, says: str, value: Printed) -> Bounds | None:
    for key in ("to", "rounded_to"):
        if table.has(key):
            table.add_error(key, f"Expected no {key} with {says!r}, which is already a bound.")
            return None
    if says == "nearly" and not value.value:
        table.add_error("value", "Nearly 0 is impossible: no figure is below 0.")
        return None
    return THRESHOLDS[says](value.value)


def _rounded(table: ClaimsTable, number: Printed, rounded_to: Printed | None) -> Printed:
    if rounded_to is None:
        return number
    step = rounded_to.value
    if step < number.step or number.value % step:
        table.add_error(
            "rounded_to", "Expected a step that divides the printed number and is not finer than its last digit."
        )
        return number
    return Printed(number.value, step)


def _number(table: ClaimsTable, key: str, subject: Subject) -> Printed | None:
    if not table.has(key):
        return None
    try:
        number = read_number(table.values[key], subject.unit)
    except NotExact as error:
        table.add_error(key, f"{subject.measure}: {error}" if subject.measure else str(error))
        return None
    if key == "rounded_to" and not number.value:
        table.add_error(key, "A number cannot be rounded to 0.")
        return None
    return number


def _currency(table: ClaimsTable, included: tuple[str, ...], unit: Unit) -> tuple[str, ...]:
    if included not in ((), (unit.word,)):
        table.add_error("category", f"Expected {unit.word}, the currency of the unit; found {', '.join(included)}.")
    return (unit.word,)


def _in_words(table: ClaimsTable, says: str, unit: Unit) -> str:
    value = table.values.get("value")
    if says == NO_NUMBER:
        return f"{shown(value)} {unit.word}" if table.has("value") else f"no number of {unit.word}"
    number = f"{value} to {table.values['to']}" if table.has("to") else f"{value}"
    return f"{number} {unit.word}" if says == EXACT else f"{says} {number} {unit.word}"


def _note(table: ClaimsTable) -> str:
    note = table.values.get("note")
    return note if isinstance(note, str) else ""


def _one_of_says(value: Any) -> str:
    if not isinstance(value, str) or value not in SAYS:
        raise InvalidValue(f"Expected one of {', '.join(SAYS)}; found {shown(value)}.")
    return value
