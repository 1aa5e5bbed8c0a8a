"""The events of a spreadsheet: read and check the rows, join the rows of one seizure, and identify each event."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, get_args
from uuid import UUID

from service.domain.model.vocabulary import CorrectionReason
from service.errors import FieldError, RecordError
from service.spreadsheets.cells import Cell, Unreadable, shown, text
from service.spreadsheets.sheets import Sheet, place_of
from service.spreadsheets.templates import (
    CORRECTED,
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

ANY_ID, ANY_REASON = str(UUID(int=0)), "other"
# The prefix that names a sheet contains no further colon.
IDENTITY_BY_CONTENT = re.compile(r"(?:sheet:[^:]*:)?content:")

# 4.50E+02, as spreadsheet programs write a number of many digits, or a reference such as 45E1. Nobody types the sign.
SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?E[+-][0-9]{2,}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SheetEvent:
    """An event of a spreadsheet, before it has an id: the numbers of its rows, and its identity within the file.

    `identity` is the event that it corrects or withdraws if a column names one, otherwise the reference if there is
    one; for a return, what the return covers; otherwise the content, with a number that distinguishes events of equal
    content. `content` is a digest; `content_without_count` is the digest of the same event from a file that leaves out
    each count of 1. `correction_reason` is sent only with a correction. `corrects` is the id that a column names.
    """

    rows: tuple[int, ...]
    body: dict[str, Any]
    identity: str
    content: str
    content_without_count: str
    correction_reason: str | None = None
    corrects: str | None = None

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
        corrects, reason = (group.values[0].get(pointer) for pointer in (CORRECTED, CORRECTION_REASON.pointer))
        errors += cell_errors(template, group.numbers, _errors_of(template, body, corrects, reason))
        content, without_count = (_digest(one, corrects) for one in (body, _without_count(body)))
        seen[content] += 1
        identity = _identity(template, name, body, content, seen)
        if corrects is not None:
            identity = f"{'withdraws' if template.withdraws else 'corrects'}:{corrects}"
        events.append(SheetEvent(tuple(group.numbers), body, identity, content, without_count, reason, corrects))
    return events, sorted(errors, key=lambda error: (error.row, error.column))


def repeated_references(sheets: Iterable[tuple[Sheet, Iterable[SheetEvent]]]) -> list[tuple[str, CellError]]:
    """Return an error, with its sheet, for each reference that an earlier sheet of the same template has too.

    So it is for each event that an earlier row of any sheet already corrects or withdraws.
    """
    errors = []
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    for sheet, events in sheets:
        for event in events:
            own = sheet.name, event.rows[0]
            if event.corrects is not None:
                first = seen.setdefault(("", event.corrects), own)
                found = f"already corrects or withdraws this event.{_one_reference(sheet.template)}"
            elif event.identity.startswith("reference:"):
                first = seen.setdefault((sheet.template.name, event.identity), own)
                found = "already has this reference."
            else:
                continue
            if first != own:
                column = REFERENCE if event.corrects is None else column_at(sheet.template, CORRECTED)[1]
                errors.append((sheet.name, CellError(own[1], column, f"{place_of(*first)} {found}")))
    return errors


def _one_reference(template: Template) -> str:
    return " Give all rows of one seizure the same reference." if template.lines else ""


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
    if SHORTENED.fullmatch(reference):
        problem = (
            f"{reference} is a number as a spreadsheet program shortens it, so its digits may be lost. Format the "
            "column as text, and write the reference in full again."
        )
        return "", [CellError(number, REFERENCE, problem)]
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


def _errors_of(template: Template, body: dict[str, Any], corrects: str | None, reason: str | None) -> list[FieldError]:
    """Return what is wrong with an event. Whether the event that it corrects is recorded, only the service knows."""
    errors, named = [], {}
    if template.withdraws or corrects is not None:
        named = {"corrects": ANY_ID, "correction_reason": reason or ANY_REASON}
        if corrects is None:
            errors.append(FieldError(CORRECTED, "withdraws is blank: write the id or seq of the event to withdraw."))
        if reason is None:
            blank = f"{CORRECTION_REASON.name} is blank: write one of {', '.join(get_args(CorrectionReason))}."
            errors.append(FieldError(CORRECTION_REASON.pointer, blank))
    try:
        load_event({**body, **named, "id": ANY_ID})
    except RecordError as error:
        errors += error.errors or [FieldError("", error.detail)]
    return errors


def _digest(body: dict[str, Any], corrects: str | None) -> str:
    named = {} if corrects is None else {"corrects": corrects}
    return sha256(json.dumps(body | named, sort_keys=True).encode()).hexdigest()


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
