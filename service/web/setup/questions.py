"""What a coordinator is asked about an operation, read into the fields of the service's requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.domain.model.days import ONE_DAY, OperatingDays, london_midnight
from service.domain.model.vocabulary import MARKINGS
from service.errors import RecordError
from service.web.setup.codes import category_of, code_of, measure_code_of, proposed_key
from service.web.setup.rows import DAYS, Values, fields_of_days, read_days, read_forces
from service.web.site.typed import FormReader, fields_of_moment, wire

Row = dict[str, Any]

PERSONAL = "Names must not be personal data, like a person’s name, number plate or postcode"
# The words for an error of the service, by its code; then those by the field that it points at.
WORDS = {
    "operation_exists": "Short name must be one that no other operation has. Choose another",
    "credential_limited": "Short name must be one that your credential covers",
    "looks_personal": PERSONAL,
    "already_joined": "Force must be one that does not take part yet",
    "residual_not_imported": "Kind must be another: only an imported operation can have it",
    "already_a_part": "Part must be one that is not accepted yet",
    "not_a_part": "Part must be an operation that named this one when it was opened, which was after this one if "
    "another force leads it",
    "contains_itself": "It must be another operation, which neither is nor contains this one",
    "amends_nothing": "Change something first. Nothing is changed yet",
    "operation_is_closed": "The operation is closed already",
    "not_closed": "The operation is open already",
    "days_unclear": "Days must be in order, each must end after it starts, and two cannot start on the same date",
}
FIELD_WORDS = {
    "name": "Name must have letters, digits and plain punctuation only, at most 120 characters",
    "key": "Short name must have small letters, digits and hyphens only, at most 64 characters",
    "places": "Each place must be different, and have at most 64 characters",
    "part_of": "Whole must be the short name of another operation",
    "hours": "Hours must be a whole number from 0 to 720",
    "label": "Name must have letters, digits and plain punctuation only, at most 120 characters",
    "unit": "Unit must be a short word, such as dogs or hours",
    "categories": "Each category must be different, and begin with one that the measure has, if it has any",
}
POINTERS = {
    "/operation": "key",
    "/name": "name",
    "/days": "windows",
    "/starts_at": "first-day",
    "/ends_at": "last-day",
    "/places": "places",
    "/part_of": "part_of",
    "/part": "part",
    "/forces": "force-1",
    "/force": "force",
    "/kind": "kind",
    "/returns_due_hours": "hours",
    "/returns_due_at": "due-day",
    "/measure": "label",
    "/label": "label",
    "/unit": "unit",
    "/categories": "categories",
    "/marking": "marking",
}
MOST_HOURS = 720


def read_opening(typed: FormReader, values: Values, forces: Mapping[str, Any], lead: str) -> Row:
    """Return the request that opens an operation, without its id."""
    name = typed.required("name", "Enter the name of the operation")
    days = read_period(typed, values)
    first = typed.day("first-day", "First day")
    return {
        "operation": code_of(typed.get("key")) or proposed_key(name, first),
        "name": name,
        "lead_force": lead,
        **days,
        **read_deadline(typed),
        "forces": read_forces(typed, values, forces),
        "places": read_places(typed),
        "part_of": [code_of(one) for one in typed.lines("part_of")],
        "marking": typed.choice("marking", MARKINGS, "Choose the marking"),
    }


def read_period(typed: FormReader, values: Values) -> Row:
    """Return the days of an operation: from midnight to midnight in London, or with hours of their own."""
    windows = read_days(typed, values)
    if windows:
        return {"days": windows}
    first, last = typed.day("first-day", "First day"), typed.day("last-day", "Last day")
    if first is None:
        typed.wrong("first-day", "Enter the first day")
        return {}
    if last is not None and last < first:
        typed.wrong("last-day", "Last day must be the first day or a day after it")
    return {
        "starts_at": wire(london_midnight(first)),
        "ends_at": None if last is None else wire(london_midnight(last + ONE_DAY)),
    }


def read_deadline(typed: FormReader) -> Row:
    """Return by when returns are due."""
    return {
        "returns_due_at": wire(typed.moment("due", "Deadline")),
        "returns_due_hours": typed.number("hours", "Hours", most=MOST_HOURS),
    }


def read_places(typed: FormReader) -> list[str]:
    """Return the codes of the places, one of each."""
    return list(dict.fromkeys(filter(None, map(code_of, typed.lines("places")))))


def read_measure(typed: FormReader) -> Row:
    """Return the request for a new measure, or for further categories of a known one, without its id."""
    label = typed.required("label", "Enter what is counted")
    return {
        "measure": measure_code_of(label),
        "label": label,
        "unit": typed.required("unit", "Enter the unit, such as dogs or hours"),
        "categories": list(dict.fromkeys(filter(None, map(category_of, typed.lines("categories"))))),
    }


def fields_of_period(days: OperatingDays) -> Values:
    """Return the fields of an operation's days."""
    if days.windows:
        return fields_of_days(days)
    first, last = days.first_day, days.last_day
    return {DAYS: "0", "first-day": f"{first}", "last-day": "" if last is None else f"{last}"}


def fields_of_deadline(due_at: datetime | None, hours: int | None) -> Values:
    """Return the fields of the deadline. The end of a day is 11:59pm: people misread midnight."""
    return fields_of_moment("due", due_at) | {"hours": "" if hours is None else str(hours)}


def is_same_period(days: OperatingDays, asked: Row) -> bool:
    """Return whether the request names the days that the operation has."""
    if days.windows:
        return asked.get("days") == [{"from": wire(one.starts_at), "before": wire(one.ends_at)} for one in days.windows]
    return (asked.get("starts_at"), asked.get("ends_at")) == (wire(days.starts_at), wire(days.ends_at))


def refuse(typed: FormReader, error: RecordError) -> None:
    """Add what the service says against a form, at the fields that it names."""
    if "seq" in error.members and error.code == "standing_event_outside":
        seq = error.members["seq"]
        typed.wrong("first-day", f"Days must include event {seq}, or it must be corrected or withdrawn first")
        return
    typed.refused(error, POINTERS, WORDS | FIELD_WORDS)
