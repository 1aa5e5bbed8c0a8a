"""Totals, returns and events as tables, and responses with them as CSV or XLSX, by the Accept header."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, get_type_hints

import msgspec
from flask import Response
from msgspec.structs import fields

from service.domain.model.events import (
    DATA_CLASSES,
    FACTS,
    LINE_CLASSES,
    DuplicateReopened,
    DuplicateRuledOut,
    Event,
    EventWithdrawn,
    ReturnDeclared,
)
from service.domain.model.instants import format_optional
from service.exports.media import preferred
from service.exports.tables import Cell, Column, ExportTable, csv_text, days_text
from service.exports.workbooks import workbook
from service.spreadsheets.reading.file import XLSX
from service.usecases.querying.returns import Return, Returns

JSON = "application/json"
CSV = "text/csv"
FILES: dict[str, Any] = {CSV: {"type": "string"}, XLSX: {"type": "string", "format": "binary"}}
BETWEEN = "; "

OWED = ("force", "day_from", "day_before", "days", "measures")
RETURN = ("force", "day", "status", "seq", "declared_at", "late", "measures", "due_at", "overdue")
# Event classes with a column for each field of their data. The data of all others is JSON in the column `setup`.
IN_COLUMNS = (*FACTS, ReturnDeclared, EventWithdrawn, DuplicateRuledOut, DuplicateReopened)
IDENTITY = {"operation": str, "seq": int, "line": int, "id": str, "type": str, "force": str}
SIGNATURE = {"recorded_at": str, "recorded_by_force": str, "recorded_by_role": str}
# Columns in pence, each with the column in pounds beside it.
POUNDS = {"value_pence": "value_pounds", "amount_minor": "amount_pounds"}


def preferred_media(*others: str) -> str:
    """Return the media type that the Accept header prefers: JSON by default, a table, or one of `others`.

    Raises:
        NotAcceptable: it allows none of them.
    """
    return preferred((JSON, *others, CSV, XLSX))


def table_answer(media: str, name: str, tables: Sequence[ExportTable]) -> Response:
    """Return tables as a file of this name: all as the sheets of a workbook, or the first as CSV."""
    if media == XLSX:
        response = Response(workbook(tables), content_type=XLSX)
    else:
        response = Response(csv_text(tables[0]), content_type=f"{CSV}; charset=utf-8; header=present")
    suffix = "xlsx" if media == XLSX else "csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return response


def totals_tables(answer: dict[str, Any]) -> list[ExportTable]:
    """Return the tables of a totals answer: its figures, a sheet `about` with their context, and who owes returns.

    The sheet `outstanding` has each span of days once.
    """
    names = ("operation", "force", "day", "hour", "category")
    by = [name for name in names if name in answer["by"] or name == "category"]
    columns = [
        *map(Column, ("operation", "marking")),
        Column("as_of_seq", "whole"),
        *map(Column, ("measure", "unit", *("of_operation" if name == "operation" else name for name in by))),
        *(Column("quantity", "whole"), Column("pounds", "pounds")),
        *map(Column, ("qualifier", "display", "outstanding")),
    ]
    about = [
        ("operation", answer["operation"]),
        ("marking", answer["marking"]),
        ("imported", "yes" if answer["imported"] else "no"),
        ("as_of_seq", str(answer["as_of"]["seq"])),
        ("as_of_recorded_at", answer["as_of"]["recorded_at"]),
        ("root", answer["as_of"]["root"]),
        ("returns", answer["completeness"]["status"]),
        ("outstanding", "see the sheet outstanding" if answer["completeness"]["outstanding"] else ""),
        ("outstanding_not_listed", str(answer["completeness"].get("outstanding_not_listed", ""))),
        ("other_parts", "yes" if answer["other_parts"] else "no"),
        ("left_out", BETWEEN.join(f"{one['measure']} ({', '.join(one['units'])})" for one in answer["left_out"])),
    ]
    owed = [
        [answer["operation"], answer["marking"], answer["as_of"]["seq"], *_owed_cells(one)]
        for one in answer["completeness"]["outstanding"]
    ]
    return [
        ExportTable("totals", columns, (_figure(answer, figure, by) for figure in answer["figures"])),
        ExportTable("about", [Column("what"), Column("is")], about),
        ExportTable("outstanding", _owed_columns(), owed),
    ]


def returns_json(found: Returns) -> dict[str, Any]:
    """Return the returns as JSON: by force in publishing order, day by day, with the position they are true at."""
    due_at = found.operation.returns_due_at
    return {
        "operation": found.operation.operation,
        "imported": found.operation.imported,
        "marking": found.operation.marking,
        "returns_due_at": format_optional(due_at),
        "returns_due_hours": found.operation.returns_due_hours,
        "seq": found.seq,
        "returns": [_return_json(one) for one in found.returns],
        "next": None if found.next_after is None else f"{found.next_after.force}.{found.next_after.day}",
    }


def returns_tables(found: Returns) -> list[ExportTable]:
    """Return the table of returns: a row for each force and day, with its seq and due time.

    `late` and `overdue` are yes or no. `seq` and `declared_at` are those of the latest return; empty: there is none.
    """
    columns = [
        *map(Column, ("operation", "marking")),
        Column("as_of_seq", "whole"),
        *(Column(name, "whole" if name == "seq" else "text") for name in RETURN),
        Column("returns_due_at"),
    ]
    operation, due_at = found.operation, format_optional(found.operation.returns_due_at)
    same = (operation.operation, operation.marking, found.seq)
    # Many returns are due at one moment, and many are declared at one.
    said = cache(format_optional)
    rows = (
        [
            *same,
            *(one.force, str(one.day), one.status, one.seq, said(one.declared_at), _cell(one.late)),
            *(BETWEEN.join(one.measures), said(one.due_at), _cell(one.overdue), due_at),
        ]
        for one in found.returns
    )
    return [ExportTable("returns", columns, rows)]


def events_table(lines: Iterable[str]) -> ExportTable:
    """Return the table of a log's canonical texts: one row for each event, or for each line of a seizure."""
    columns = _event_columns()
    place_of = {column.name: place for place, column in enumerate(columns)}
    rows = (row for line in lines for row in _rows(msgspec.json.decode(line), place_of))
    return ExportTable("events", columns, rows)


def _figure(answer: dict[str, Any], figure: dict[str, Any], by: Sequence[str]) -> list[Cell]:
    return [
        *(answer["operation"], answer["marking"], answer["as_of"]["seq"], figure["measure"], figure["unit"]),
        *(figure.get(name) for name in by),
        *(figure["quantity"], figure["quantity"] if figure["unit"] == "pence" else None),
        *(figure["qualifier"], figure["display"], _outstanding(figure)),
    ]


def _outstanding(figure: dict[str, Any]) -> str:
    """Return who owes returns for a figure, with the days, in a cell: spans, and the number of days not listed."""
    spans = [f"{_debtor(one)} ({_days(one)})" for one in figure["outstanding"]]
    more = figure.get("outstanding_not_listed")
    return BETWEEN.join(
        [*spans, f"and {more} more days: see the sheet outstanding, or completeness in JSON"] if more else spans
    )


def _debtor(owed: dict[str, Any]) -> str:
    return owed["force"] or "other parts"


def _owed_cells(owed: dict[str, Any]) -> list[Any]:
    return [_cell(value) for value in ({**owed, "force": _debtor(owed)}[name] for name in OWED)]


def _days(span: dict[str, Any]) -> str:
    return days_text(date.fromisoformat(span["day_from"]), date.fromisoformat(span["day_before"]))


def _owed_columns() -> list[Column]:
    return [
        *map(Column, ("operation", "marking")),
        Column("as_of_seq", "whole"),
        *(Column(name, "whole" if name == "days" else "text") for name in OWED),
    ]


def _return_json(one: Return) -> dict[str, Any]:
    return {
        "force": one.force,
        "day": str(one.day),
        "status": one.status,
        "seq": one.seq,
        "declared_at": format_optional(one.declared_at),
        "due_at": format_optional(one.due_at),
        "late": one.late,
        "overdue": one.overdue,
        "measures": list(one.measures),
    }


@cache
def _event_columns() -> list[Column]:
    """Return the columns: those of every event, the fields of data and of lines in class order, and `setup`."""
    of_data = {"kind": str}
    for cls in (*FACTS, *LINE_CLASSES.values(), *IN_COLUMNS):
        of_data |= _types(cls)
    # Each line is a row of its own.
    of_data.pop("lines")
    of_event = {name: of_type for name, of_type in _types(Event).items() if name != "data"}
    columns = []
    for name, of_type in (IDENTITY | of_event | SIGNATURE | of_data).items():
        columns.append(Column(name, "whole" if of_type in (int, int | None) else "text"))
        columns += [Column(POUNDS[name], "pounds")] if name in POUNDS else []
    return [*columns, Column("setup")]


def _types(cls: type[Any]) -> dict[str, Any]:
    """Return the type of each field of an event class, by the field's name on the wire."""
    hints = get_type_hints(cls)
    return {one.encode_name: hints[one.name] for one in fields(cls)}


def _rows(event: dict[str, Any], place_of: Mapping[str, int]) -> Iterator[list[Cell]]:
    """Yield the rows of an event. Each type fills a few of the columns; the others are empty."""
    data, by = event.pop("data", {}), event.pop("recorded_by")
    own: list[Cell] = [None] * len(place_of)
    _fill(own, place_of, event)
    _fill(own, place_of, {f"recorded_by_{name}": value for name, value in by.items()})
    if DATA_CLASSES[event["type"]] not in IN_COLUMNS:
        _fill(own, place_of, {"line": 1, "setup": json.dumps(data)})
        yield own
        return
    for number, line in enumerate(data.get("lines", [data]), start=1):
        row = own.copy()
        _fill(row, place_of, line)
        _fill(row, place_of, {"line": number} | _pounds(line))
        yield row


def _fill(row: list[Cell], place_of: Mapping[str, int], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        row[place_of[name]] = value if isinstance(value, str) else _cell(value)


def _pounds(line: dict[str, Any]) -> dict[str, Cell]:
    """Return the amounts in pence for the columns in pounds, without foreign currency."""
    return {POUNDS[name]: line[name] for name in POUNDS if name in line and line.get("currency", "GBP") == "GBP"}


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return BETWEEN.join(json.dumps(one) if isinstance(one, dict) else str(one) for one in value)
    cell: Cell = value
    return cell
