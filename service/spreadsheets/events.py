"""The events of a spreadsheet: read and check the rows, join the rows of one seizure, and identify each event."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from service.errors import FieldError, RecordError
from service.spreadsheets.cells import Cell, Unreadable, shown, text
from service.spreadsheets.sheets import Sheet, place_of
from service.spreadsheets.templates import (
    CORRECTION_REASON,
    COUNT,
    REFERENCE,
    CellError,
    Template,
    column_at,
    event_of,
    read_row,
)
from service.wire.checked import load_event

ANY_ID = str(UUID(int=0))
# The prefix that names a sheet contains no further colon.
IDENTITY_BY_CONTENT = re.compile(r"(?:sheet:[^:]*:)?content:")


@dataclass(frozen=True, slots=True)
class SheetEvent:
    """An event of a spreadsheet, before it has an id: the numbers of its rows, and its identity within the file.

    `identity` is the reference if there is one; for a return, what the return covers; otherwise the content, with a
    number that distinguishes events of equal content. `content` is a digest; `content_without_count` is the digest of
    the same event from a file that leaves out each count of 1. `correction_reason` is sent only with a correction.
    """

    rows: tuple[int, ...]
    body: dict[str, Any]
    identity: str
    content: str
    content_without_count: str
    correction_reason: str | None = None

    @property
    def has_lasting_identity(self) -> bool:
        """Whether the event can still be recognised after its content has changed."""
        return IDENTITY_BY_CONTENT.match(self.identity) is None

    def within(self, prefix: str) -> SheetEvent:
        """Return the event with a prefix to its identity, for a file of several sheets."""
        return replace(self, identity=prefix + self.identity)


@dataclass(slots=True)
class _EventRows:
    numbers: list[int] = field(default_factory=list)
    values: list[Mapping[str, Any]] = field(default_factory=list)


def sheet_events(sheet: Sheet, force: str) -> tuple[list[SheetEvent], list[CellError]]:
    """Return the events of a sheet in its order, and the errors in its cells, ordered by row."""
    template = sheet.template
    errors = [CellError(number, "", problem) for number, problem in sheet.problems.items()]
    groups: dict[str, _EventRows] = {}
    for number, cells in sheet.rows.items():
        values, wrong = read_row(template, cells, number)
        name, wrong_name = _reference(cells, number)
        errors += [*wrong, *wrong_name]
        group = groups.setdefault(name or f"row {number}", _EventRows())
        errors += _conflicts_with_first(template, group, values, number)
        group.numbers.append(number)
        group.values.append(values)
    bad_rows = {error.row for error in errors}
    events, seen = [], Counter[str]()
    for name, group in groups.items():
        if not bad_rows.isdisjoint(group.numbers):
            continue
        body = event_of(template, group.values, force)
        errors += cell_errors(template, group.numbers, _errors_of(body))
        content = _digest(body)
        seen[content] += 1
        identity, without_count = _identity(template, name, body, content, seen), _digest(_without_count(body))
        reason = group.values[0].get(CORRECTION_REASON.pointer)
        events.append(SheetEvent(tuple(group.numbers), body, identity, content, without_count, reason))
    return events, sorted(errors, key=lambda error: (error.row, error.column))


def repeated_references(sheets: Iterable[tuple[Sheet, Iterable[SheetEvent]]]) -> list[tuple[str, CellError]]:
    """Return an error, with its sheet, for each reference that an earlier sheet of the same template has too."""
    errors = []
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    for sheet, events in sheets:
        for event in events:
            if not event.identity.startswith("reference:"):
                continue
            name, row = seen.setdefault((sheet.template.name, event.identity), (sheet.name, event.rows[0]))
            if name != sheet.name:
                detail = f"{place_of(name, row)} already has this reference."
                errors.append((sheet.name, CellError(event.rows[0], REFERENCE, detail)))
    return errors


def cell_errors(template: Template, rows: Iterable[int], errors: Iterable[FieldError]) -> list[CellError]:
    """Return errors that point into an event as errors of the rows and columns that the event was made from."""
    numbers = list(rows)
    found = []
    for error in errors:
        index, column = column_at(template, error.pointer)
        found.append(CellError(numbers[index] if index < len(numbers) else numbers[0], column, error.detail))
    return found


def _reference(cells: Mapping[str, Cell], number: int) -> tuple[str, list[CellError]]:
    cell = cells.get(REFERENCE, "")
    if isinstance(cell, Unreadable):
        return "", [CellError(number, REFERENCE, cell.problem)]
    try:
        reference = text(cell)
    except ValueError as error:
        return "", [CellError(number, REFERENCE, f"{error} Found {shown(cell)}.")]
    return f"reference:{reference}" if reference else "", []


def _conflicts_with_first(
    template: Template, group: _EventRows, values: Mapping[str, Any], number: int
) -> list[CellError]:
    """Return the errors of a further row with the same reference: it must be another line of the same seizure."""
    if not group.numbers:
        return []
    first = group.numbers[0]
    if not template.lines:
        return [CellError(number, REFERENCE, f"Row {first} already has this reference.")]
    differing = [
        pointer
        for pointer, value in values.items()
        if not pointer.startswith("/data/") and group.values[0].get(pointer) != value
    ]
    return [
        CellError(number, column_at(template, pointer)[1], f"Differs from row {first}, which has the same reference.")
        for pointer in differing
    ]


def _errors_of(body: dict[str, Any]) -> list[FieldError]:
    try:
        load_event({**body, "id": ANY_ID})
    except RecordError as error:
        return error.errors or [FieldError("", error.detail)]
    return []


def _digest(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _without_count(body: dict[str, Any]) -> dict[str, Any]:
    def without(part: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in part.items() if (name, value) != (COUNT.name, 1)}

    data = without(body["data"])
    return {**body, "data": data | {"lines": [without(line) for line in data["lines"]]} if "lines" in data else data}


def _identity(template: Template, name: str, body: dict[str, Any], content: str, seen: Counter[str]) -> str:
    if name.startswith("reference:"):
        return name
    if template.replaced_by_newer:
        data = body["data"]
        return f"return:{data.get('day')}:{','.join(sorted(data.get('measures', ())))}"
    return f"content:{content}:{seen[content]}"
