"""Rows of a form that grow by a button: the forces of an operation, and days with hours of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from service.domain.model.days import OperatingDays
from service.web.site.typed import FormReader, fields_of_moment, wire

Values = dict[str, str]

FORCES, DAYS = "forces", "windows"
# The fields of each row; the number of the row follows.
FIELDS = {FORCES: ("force", "order", "reports"), DAYS: ("start-day", "start-time", "end-day", "end-time")}
PREFIX = {FORCES: "", DAYS: "window-"}
ADDED = {FORCES: 3, DAYS: 1}
MOST = {FORCES: 200, DAYS: 60}
REPORTS = (
    ("events", "Each arrest and seizure"),
    ("tallies", "Its own totals"),
    ("nothing", "Nothing: it takes part only"),
)


class EnteredForce(NamedTuple):
    """A force as it was entered: its number in the publishing order, its key, and what it reports."""

    order: int
    force: str
    reports: str


def number_of(values: Mapping[str, str], rows: str) -> int:
    """Return how many rows the form has."""
    typed = values.get(rows, "")
    return min(int(typed), MOST[rows]) if typed.isascii() and typed.isdigit() and len(typed) <= len("999") else 0


def field(rows: str, name: str, row: int) -> str:
    """Return the name of a field in a row, from 1."""
    return f"{PREFIX[rows]}{name}-{row}" if rows == FORCES else f"{PREFIX[rows]}{row}-{name}"


def with_rows(values: Values, rows: str, number: int) -> Values:
    """Return the form with this many further rows."""
    return values | {rows: str(min(number_of(values, rows) + number, MOST[rows]))}


def without_row(values: Values, rows: str, row: int) -> Values:
    """Return the form without one row; those after it move up."""
    number = number_of(values, rows)
    if not 1 <= row <= number:
        return values
    moved = dict(values)
    for place in range(row, number):
        for name in FIELDS[rows]:
            moved[field(rows, name, place)] = values.get(field(rows, name, place + 1), "")
    for name in FIELDS[rows]:
        moved.pop(field(rows, name, number), None)
    return moved | {rows: str(number - 1)}


def with_forces(values: Values, forces: Sequence[str]) -> Values:
    """Return the form with these forces in its free rows, and in further rows; those in it already are left out."""
    number = number_of(values, FORCES)
    chosen = [values.get(field(FORCES, "force", row), "") for row in range(1, number + 1)]
    free = [row for row, force in enumerate(chosen, start=1) if not force]
    added = dict(values)
    for force in forces:
        if force in chosen:
            continue
        if not free:
            number += 1
            free = [number]
        added[field(FORCES, "force", free.pop(0))] = force
    return added | {FORCES: str(number)}


def read_forces(typed: FormReader, values: Mapping[str, str], known: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the forces in publishing order; a row without a force is left out."""
    found: list[EnteredForce] = []
    for row in range(1, number_of(values, FORCES) + 1):
        force = typed.get(field(FORCES, "force", row))
        if not force:
            continue
        name = field(FORCES, "force", row)
        if force not in known:
            typed.wrong(name, "Force must be on the list")
        elif force in [one.force for one in found]:
            typed.wrong(name, f"Force must be listed once: {known[force].name} is listed twice")
        order = typed.number(field(FORCES, "order", row), "Number in the publishing order", most=999)
        reports = typed.get(field(FORCES, "reports", row)) or "events"
        found.append(EnteredForce(row if order is None else order, force, reports))
    # Forces with the same number stay in the order in which they are listed.
    return [{"force": one.force, "reports": one.reports} for one in sorted(found, key=lambda one: one.order)]


def read_days(typed: FormReader, values: Mapping[str, str]) -> list[dict[str, str | None]]:
    """Return the days with hours of their own; a row in which nothing is typed is left out."""
    found, before = [], None
    for row in range(1, number_of(values, DAYS) + 1):
        starts_at = typed.moment(f"window-{row}-start", f"Start of day {row}")
        ends_at = typed.moment(f"window-{row}-end", f"End of day {row}")
        if starts_at is None and ends_at is None:
            continue
        if starts_at is None or ends_at is None:
            missing = "start" if starts_at is None else "end"
            typed.wrong(f"window-{row}-{missing}-day", f"Day {row} must have a start and an end")
            continue
        _check_order(typed, row, before, starts_at, ends_at)
        found.append({"from": wire(starts_at), "before": wire(ends_at)})
        before = ends_at
    return found


def fields_of_days(days: OperatingDays) -> Values:
    """Return the rows of days with hours of their own."""
    values = {DAYS: str(len(days.windows))}
    for row, window in enumerate(days.windows, start=1):
        values |= fields_of_moment(f"window-{row}-start", window.starts_at)
        values |= fields_of_moment(f"window-{row}-end", window.ends_at)
    return values


def _check_order(typed: FormReader, row: int, before: datetime | None, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        typed.wrong(f"window-{row}-end-day", f"Day {row} must end after it starts")
    elif before is not None and starts_at < before:
        typed.wrong(f"window-{row}-start-day", f"Day {row} must start after the day before it has ended")
