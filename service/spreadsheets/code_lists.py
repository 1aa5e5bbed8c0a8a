"""The codes that a force can use in the columns of each template, by operation: for drop-down lists, with meanings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from service.domain.model.drugs import drug_list
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure, currencies
from service.domain.model.vocabulary import HOME_CURRENCY

Codes = Mapping[str | date, str]

# An operation of more days has no list of them: a date is quicker to type than to find.
MOST_DAYS = 100
KINDS: Codes = {
    "weapon": "weapons, each by category: bladed/knife",
    "ammunition": "ammunition; count is the number of rounds",
    "drug": "one drug: category is class/substance, such as a/cocaine; weight, plants, tablets, wraps or value",
    "vehicle": "vehicles; category is the ground on which they were seized",
    "cash": "cash: cash_pounds, or currency and amount_minor",
    "phone": "phones",
    "other": "other property; category is a code of your own",
}
QUALIFIERS: Codes = {
    "exact": "exactly this number; the same as a blank cell",
    "more_than": "more than this number",
    "at_least": "this number or more",
    "under": "fewer than this number",
    "at_most": "this number or fewer",
    "about": "about or nearly this number",
}
ACQUISITIONS: Codes = {
    "seized": "seized",
    "surrendered_or_found": "surrendered, or found",
    "unstated": "not known; the same as a blank cell",
}
STATUSES: Codes = {
    "partial": "the record of the day is not complete yet",
    "complete": "everything of the day is recorded",
    "nil": "nothing happened on the day",
}
# Source: docs/guides/correcting.md.
CORRECTION_REASONS: Codes = {
    "mistake": "the event contained a mistake",
    "measured": "items have since been weighed or counted",
    "reclassified": "the offence, drug or other category has changed",
    "de_arrested": "the person was de-arrested",
    "duplicate": "the event had already been recorded, by you or another force",
    "other_force": "another force counts the event",
    "running_total": "a later running total, which replaces the earlier one",
    "other": "none of these applies",
}
CLASSES: Codes = {
    "a": "class A; the drug is not stated",
    "b": "class B; the drug is not stated",
    "c": "class C; the drug is not stated",
    "psychoactive": "psychoactive substance; the drug is not stated",
}
DRUG = "drug"
# The measure whose categories the lines of a kind have.
MEASURE_OF_KIND = {
    "weapon": "weapons",
    "drug": "drug_seizures_by_substance",
    "vehicle": "vehicles",
    "other": "other_property",
}


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes and what each means; the meaning is empty if it adds nothing. A code that is not listed is refused.

    With `is_open`, further codes are accepted, or several in one cell.
    """

    title: str
    codes: Codes
    is_open: bool = False


def code_lists(operation: Operation, force: str) -> dict[tuple[str, str], CodeList]:
    """Return the list of each column that has one, by template and column; a list that would be empty is left out."""
    lists: dict[tuple[str, str], CodeList] = {}
    for template in ("arrests", "seizures", "activities"):
        lists[template, "place"] = CodeList("Places of the operation", dict.fromkeys(operation.places, ""))
        lists[template, "assisting"] = CodeList("Assisting forces", _other_forces(operation, force), is_open=True)
        lists[template, "qualifier"] = CodeList("Qualifiers", QUALIFIERS)
    for template in ("arrests", "seizures", "activities", "withdrawals"):
        lists[template, "correction_reason"] = CodeList("Reasons for a correction", CORRECTION_REASONS)
    lists |= {
        ("arrests", "reason"): _categories("Reasons for arrest", operation.measures["arrests"], operation),
        ("seizures", "kind"): CodeList("Kinds of line in a seizure", KINDS),
        ("seizures", "acquired"): CodeList("How weapons were recovered", ACQUISITIONS),
        ("activities", "measure"): CodeList("Measures", _labels(_recorded_as_activity(operation, force))),
        ("returns", "day"): CodeList("Days of the operation", _days(operation)),
        ("returns", "status"): CodeList("Statuses of a return", STATUSES),
        ("returns", "measures"): CodeList("Measures of a return", _labels(operation.measures.values()), is_open=True),
        ("seizures", "currency"): CodeList("Currencies", dict.fromkeys(sorted(currencies() - {HOME_CURRENCY}), "")),
    }
    return {column: found for column, found in lists.items() if found.codes}


def dependent_lists(operation: Operation, force: str) -> dict[str, tuple[str, dict[str, CodeList]]]:
    """Return the lists for the column `category` of a template, by the code in another column, which is named first."""
    of_kinds = {
        kind: _categories(f"Categories of {kind} lines", operation.measures[name], operation)
        for kind, name in MEASURE_OF_KIND.items()
    }
    of_measures = {
        one.measure: _categories(f"Categories of {one.measure}", one, operation)
        for one in _recorded_as_activity(operation, force)
    }
    lists = {"seizures": ("kind", of_kinds), "activities": ("measure", of_measures)}
    return {name: (by, {code: one for code, one in some.items() if one.codes}) for name, (by, some) in lists.items()}


def reports_tallies(operation: Operation, force: str) -> bool:
    """Return whether a force reports tallies only, so that the service refuses arrests and seizures from it."""
    return force in operation.participants and operation.participants[force].reports == "tallies"


def _recorded_as_activity(operation: Operation, force: str) -> list[Measure]:
    every = reports_tallies(operation, force)
    return [measure for measure in operation.measures.values() if every or not measure.core]


def _categories(title: str, measure: Measure, operation: Operation) -> CodeList:
    codes: dict[str | date, str] = dict.fromkeys(measure.categories, "")
    if measure.category == DRUG:
        codes |= {code: CLASSES[code] for code in measure.categories if code in CLASSES}
        codes = _drugs(operation, codes)
    return CodeList(title, codes, is_open=measure.open or measure.open_below)


def _drugs(operation: Operation, codes: Codes) -> dict[str | date, str]:
    """Return codes with the known drugs and their forms as paths, under the classes of the first and the last day."""
    known = drug_list()
    first, last = operation.days.first_day, operation.days.last_day or known.known_until
    found = dict(codes)
    for drug in known.drugs.values():
        if drug.class_alone:
            continue
        for day in (first, last):
            found.setdefault(drug.path_on(day), drug.label)
            for form in drug.forms:
                found.setdefault(drug.path_on(day, form.name), f"{drug.label}: {form.name}")
    return found


def _labels(measures: Iterable[Measure]) -> Codes:
    return {one.measure: f"{one.label}, in {one.unit}" for one in measures}


def _other_forces(operation: Operation, force: str) -> Codes:
    return {one.force: one.name for one in operation.participants.values() if one.force != force}


def _days(operation: Operation) -> Codes:
    if operation.days.ends_at is None:
        return {}
    days = list(operation.days.begun_by(operation.days.ends_at))
    return dict.fromkeys(days, "") if len(days) <= MOST_DAYS else {}
