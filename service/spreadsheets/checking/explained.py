"""Errors that point into an event, in the words of the spreadsheet that the event was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from service.domain.model.vocabulary import MAX_LINES, MAX_QUANTITY
from service.errors import FieldError
from service.spreadsheets.checking.days import IN_THE_FUTURE
from service.spreadsheets.reading.cells import Read, is_blank, milligrams, pence, shown
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import BLANK, CATEGORY_OF, CellError, SheetColumn, column_at

REQUIRED, UNKNOWN, LINES = "This field is required.", "Unknown field.", "/data/lines"
FOUND = re.compile(r"; found (?:[\d.]+|null|true|false|a \w+)\.$")
BOUNDS = re.compile(r"Expected a whole number from (?P<least>[\d,]+) to")
# A fact has one of these.
MOMENT, DAY = "occurred_at", "occurred_on"
POUNDS, OTHER_MONEY = "cash_pounds", ("currency", "amount_minor")
SCALES: dict[Read, int] = {pence: 100, milligrams: 1_000}
# What the service says of moments, which are not as they stand in the cell.
REWORDED = {"in_the_future": IN_THE_FUTURE}


def explained(sheet: Sheet, rows: Sequence[int], errors: Iterable[FieldError], code: str = "") -> list[CellError]:
    """Return errors that point into the event made from these rows as errors in rows and columns of the sheet.

    `code` is the code of the service's error, if it is one. A cell has one error: the first.
    """
    found: dict[tuple[int, str], CellError] = {}
    for error in errors:
        one = _explained(sheet, rows, FieldError(error.pointer, REWORDED.get(code, error.detail)))
        found.setdefault((one.row, one.column), one)
    return list(found.values())


def about_columns(sheet: Sheet, errors: Iterable[CellError]) -> list[CellError]:
    """Return the errors with one error for the header in place of those in a column that the sheet does not have.

    Errors in a column that the header has twice, or under another name, are left out: the header's error says so.
    """
    duplicate = {one.heading for one in sheet.header_problems if one.heading in sheet.header}
    renamed = {column for one in sheet.header_problems for column in one.meant}
    kept: list[CellError] = []
    missing: dict[str, CellError] = {}
    for error in errors:
        if error.column in duplicate:
            continue
        if not error.column or error.column in sheet.header:
            kept.append(error)
        elif error.column not in renamed:
            detail = f"The column {error.column} is missing: add it. {error.detail.removeprefix(BLANK)}"
            missing.setdefault(error.column, CellError(sheet.header_row, "", detail))
    return [*missing.values(), *kept]


def _explained(sheet: Sheet, rows: Sequence[int], error: FieldError) -> CellError:
    index, name = column_at(sheet.template, error.pointer)
    row = rows[index] if index < len(rows) else rows[0]
    if error.pointer == LINES:
        return CellError(row, "reference", f"Expected at most {MAX_LINES} rows with one reference.", f"{len(rows)}")
    cells = sheet.rows.get(row, {})
    if name in OTHER_MONEY and not _filled(sheet, row, OTHER_MONEY):
        name = POUNDS
    if name == MOMENT and MOMENT not in sheet.header and DAY in sheet.header:
        name = DAY
    column = next((one for one in sheet.template.columns if one.name == name), None)
    if column is None:
        return CellError(row, name, _in_headings(sheet, error.detail))
    cell, kind = cells.get(name, ""), str(cells.get("kind", ""))
    if error.detail == UNKNOWN:
        return CellError(row, name, f"A row of kind {kind} has nothing in this column: empty the cell.", shown(cell))
    if is_blank(cell) and error.detail.startswith((REQUIRED, "Expected")):
        return CellError(row, name, f"{BLANK}Fill in {_described(sheet, column, kind)}.")
    detail = _in_headings(sheet, _scaled(column, error.detail))
    return CellError(
        row, name, detail, shown(cell) if detail.startswith("Expected") and "; found" not in detail else ""
    )


def _described(sheet: Sheet, column: SheetColumn, kind: str) -> str:
    if column.name == MOMENT and DAY in sheet.header:
        return f"{column.description}; or {sheet.heading(DAY)}, if only the day is known"
    if column.name == DAY:
        return "the day on which it happened: 2023-01-17"
    if column.pointer == "/data/category" and kind in CATEGORY_OF:
        return f"the {CATEGORY_OF[kind]}, or unstated if it is not known"
    return column.description


def _filled(sheet: Sheet, row: int, names: Iterable[str]) -> bool:
    return any(not is_blank(sheet.rows.get(row, {}).get(name, "")) for name in names)


def _scaled(column: SheetColumn, detail: str) -> str:
    """Return an error with bounds in the unit of the cell, without the value found, which is in another unit."""
    bounds = BOUNDS.match(detail)
    if bounds is None or column.read not in SCALES:
        return FOUND.sub(".", detail)
    most = Decimal(MAX_QUANTITY) / SCALES[column.read]
    return f"Expected a number above 0 and at most {most:,}."


def _in_headings(sheet: Sheet, detail: str) -> str:
    """Return an error with the sheet's headings in place of the names of wire fields."""
    for column in sheet.template.columns:
        wire = column.pointer.rpartition("/")[2]
        if "_" in wire:
            detail = re.sub(rf"\b{wire}\b", sheet.heading(column.name), detail)
    return detail
