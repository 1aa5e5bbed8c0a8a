"""The moments and days in the cells of a row: checked against the days of the operation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from service.domain.model.instants import parse_instant
from service.spreadsheets.checking.allowed import Allowed
from service.spreadsheets.reading.cells import Cell, shown
from service.spreadsheets.templates import DAY, LAST_DAY, CellError, Template

START, END = "/occurred_at", "/data/occurred_before"
DAYS = ("/occurred_on", DAY, LAST_DAY)
IN_THE_FUTURE = "Expected a moment that is not in the future."
# A machine's clock can be wrong by hours or by its time zone. Closer to now, the service decides by its own clock.
SURELY_LATER = timedelta(days=1)


def wrong_days(
    template: Template,
    cells: Mapping[str, Cell],
    values: Mapping[str, Any],
    row: int,
    *,
    allowed: Allowed,
    now: datetime,
) -> list[CellError]:
    """Return the errors of a row whose moments or days are not those of the operation, or are in the future.

    `values` are the cells that could be read, by JSON pointer.
    """
    errors = []
    start = parse_instant(values[START]) if START in values else None
    for column in template.columns:
        if column.pointer not in values:
            continue
        detail = ""
        if column.pointer == START and start is not None:
            detail = _of_start(start, allowed, now)
        elif column.pointer == END:
            detail = _of_end(parse_instant(values[END]), start, allowed)
        elif column.pointer in DAYS and not allowed.days.includes(date.fromisoformat(values[column.pointer])):
            detail = f"Expected a day of {allowed.operation}: {allowed.span}."
        if detail:
            errors.append(CellError(row, column.name, detail, shown(cells[column.name])))
    return errors


def _of_start(start: datetime, allowed: Allowed, now: datetime) -> str:
    if allowed.days.day_of(start) is None:
        return f"Expected a moment within the days of {allowed.operation}: {allowed.span}."
    return IN_THE_FUTURE if start > now + SURELY_LATER else ""


def _of_end(end: datetime, start: datetime | None, allowed: Allowed) -> str:
    if start is not None and end <= start:
        return "Expected an end after the start."
    last = allowed.days.ends_at
    return f"Expected an end within the days of {allowed.operation}: {allowed.span}." if last and end > last else ""
