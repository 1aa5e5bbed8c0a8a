"""The events of a spreadsheet: read and check the rows, join the rows of one seizure, and identify each event."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, get_args
from uuid import UUID

from service.domain.model.vocabulary import CorrectionReason
from service.errors import FieldError, RecordError
from service.spreadsheets.checking.allowed import Allowed
from service.spreadsheets.checking.codes import Vocabularies
from service.spreadsheets.checking.days import wrong_days
from service.spreadsheets.checking.explained import about_columns, explained
from service.spreadsheets.checking.own_force import wrong_force
from service.spreadsheets.checking.total_rows import total_rows
from service.spreadsheets.reading.cells import Cell, Unreadable, shown, text
from service.spreadsheets.reading.grid import MappedCode
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
WHEN = ("/occurred_at", "/occurred_on")
INSTEAD = {"occurred_at": "occurred_on", "occurred_on": "occurred_at"}
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


class _Checks(NamedTuple):
    """What the rows of a sheet are checked against."""

    allowed: Allowed
    codes: Vocabularies
    now: datetime


@dataclass(slots=True)
class _EventRows:
    """The rows of an event with the values that could be read, and the errors found in them."""

    numbers: list[int] = field(default_factory=list)
    values: list[Mapping[str, Any]] = field(default_factory=list)
    wrong: list[CellError] = field(default_factory=list)

    def add(self, number: int, values: Mapping[str, Any], wrong: Iterable[CellError]) -> None:
        self.numbers.append(number)
        self.values.append(values)
        self.wrong += wrong

    def dated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a further row with the day of the first one, which it need not repeat."""
        first = self.values[0] if self.values else {}
        return {**{pointer: first[pointer] for pointer in WHEN if pointer in first}, **values}

    def decided(self, errors: Iterable[CellError]) -> list[CellError]:
        """Return errors of the event without those that follow from cells in error, or may do so."""
        cells = {(error.row, error.column) for error in self.wrong}
        # Whether the moment is missing cannot be decided without the day, and the reverse.
        cells |= {(row, other) for row, column in cells if (other := INSTEAD.get(column))}
        return [
            error
            for error in errors
            if (error.row, error.column) not in cells and not (self.wrong and not error.column)
        ]


def sheet_events(sheet: Sheet, allowed: Allowed, now: datetime) -> tuple[list[SheetEvent], list[CellError]]:
    """Return the valid events of a sheet in its order, and every error in its header and cells, ordered by row.

    A cell in error hides no other error of its row or event, except those that cannot be decided without it. Codes and
    days are those of the operation, and no event may be after `now`.
    """
    template, force = sheet.template, allowed.force
    checks = _Checks(allowed, Vocabularies(allowed), now)
    no_entries = total_rows(sheet)
    errors = [CellError(sheet.header_row, "", one.problem) for one in sheet.header_problems]
    errors += [CellError(number, "", problem) for number, problem in {**sheet.problems, **no_entries}.items()]
    groups = _grouped(sheet, no_entries, checks)
    events, seen = [], Counter[str]()
    for key, group in groups.items():
        body = event_of(template, group.values, force)
        corrects, reason = (group.values[0].get(pointer) for pointer in (CORRECTED, CORRECTION_REASON.pointer))
        invalid = explained(sheet, group.numbers, _errors_of(template, body, corrects, reason))
        errors += [*group.wrong, *_with_codes(sheet, group.decided(invalid), checks.codes)]
        if invalid or group.wrong:
            continue
        content, without_count = (_digest(one, corrects) for one in (body, _without_count(body)))
        seen[content] += 1
        identity = _identity(template, str(key), body, content, seen)
        if corrects is not None:
            identity = f"{'withdraws' if template.withdraws else 'corrects'}:{corrects}"
        events.append(SheetEvent(tuple(group.numbers), body, identity, content, without_count, reason, corrects))
    return events, sorted(about_columns(sheet, errors), key=sheet.order)


def _grouped(sheet: Sheet, no_entries: Container[int], checks: _Checks) -> dict[str | int, _EventRows]:
    """Return the rows of each event, by its reference or row, with the errors in their cells."""
    template = sheet.template
    groups: dict[str | int, _EventRows] = {}
    for number, cells in sheet.rows.items():
        if number in no_entries:
            continue
        values, wrong = read_row(template, cells, number)
        name, wrong_name = _reference(cells, number)
        wrong += [*wrong_name, *wrong_force(sheet, cells, number, checks.allowed.force)]
        if name in groups and not template.lines:
            first = groups[name].numbers[0]
            wrong.append(CellError(number, REFERENCE, f"Row {first} already has this reference."))
            name = ""
        # Parts of one row are one seizure, but different arrests.
        group = groups.setdefault(name or (int(number) if template.lines else number), _EventRows())
        wrong += checks.codes.wrong_codes(template, cells, group.dated(values), number)
        wrong += wrong_days(template, cells, values, number, allowed=checks.allowed, now=checks.now)
        wrong += _conflicts_with_first(template, group, values, number)
        wrong = [_about_mapping(cells, error) for error in wrong]
        group.add(number, _without(template, values, wrong), wrong)
    return groups


def _about_mapping(cells: Mapping[str, Cell], error: CellError) -> CellError:
    """Return the error of a code that a mapping has for a word of the file, with the word and where to correct it."""
    cell = cells.get(error.column, "")
    if not isinstance(cell, MappedCode) or not error.found:
        return error
    remedy = f"The file has {shown(cell.word)}: correct its code in {cell.mapping}."
    return replace(error, hint=f"{error.hint} {remedy}".strip())


def _with_codes(sheet: Sheet, errors: Iterable[CellError], codes: Vocabularies) -> list[CellError]:
    return [codes.with_codes(sheet.template, sheet.rows[one.row], one) for one in errors]


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


def _reference(cells: Mapping[str, Cell], number: int) -> tuple[str, list[CellError]]:
    cell = cells.get(REFERENCE, "")
    if isinstance(cell, Unreadable):
        return "", [CellError(number, REFERENCE, cell.problem)]
    try:
        reference = text(cell)
    except ValueError as error:
        return "", [CellError(number, REFERENCE, str(error), shown(cell))]
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
    """Return the errors of a further row with the same reference, which must be of the same time and place."""
    if not group.numbers:
        return []
    first = group.numbers[0]
    unknown = {error.column for error in group.wrong if error.row == first}
    differing = [
        column_at(template, pointer)[1]
        for pointer, value in values.items()
        if not pointer.startswith("/data/") and group.values[0].get(pointer) != value
    ]
    detail = f"Differs from row {first}, which has the same reference."
    return [CellError(number, column, detail) for column in differing if column not in unknown]


def _without(template: Template, values: Mapping[str, Any], wrong: Iterable[CellError]) -> dict[str, Any]:
    """Return the values of a row without those of cells in error."""
    columns = {error.column for error in wrong}
    pointers = {column.pointer for column in template.columns if column.name in columns}
    return {pointer: value for pointer, value in values.items() if pointer not in pointers}


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
        days = data.get("day") or f"{data.get('day_from')}/{data.get('day_before')}"
        return f"return:{days}:{','.join(sorted(data.get('measures', ())))}"
    return f"content:{content}:{seen[content]}"
