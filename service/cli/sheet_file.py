"""Reading a spreadsheet: CSV, or the first sheet of an XLSX workbook; its header, and its rows with their numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from service.cli.sheet_cells import Cell
from service.errors import Invalid


class NotASpreadsheet(Invalid):
    """The file is no CSV in UTF-8 and no XLSX workbook, or has no header."""

    code = "not_a_spreadsheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header, and by the number that a spreadsheet program shows beside it, each row that is not blank."""

    header: list[str]
    rows: dict[int, dict[str, Cell]]


def read_sheet(path: Path) -> Sheet:
    """Return the rows of a file whose name ends in .csv or .xlsx.

    Raises:
        NotASpreadsheet: it is neither, has no header, or a row is longer than the header.
    """
    header: list[str] | None = None
    rows: dict[int, dict[str, Cell]] = {}
    for number, cells in enumerate(_rows(path), start=1):
        if all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        if header is None:
            header = [str(cell).strip() for cell in cells]
            while header and not header[-1]:
                header.pop()
            continue
        if any(cell != "" for cell in cells[len(header) :]):
            raise NotASpreadsheet(f"{path.name}, row {number}: a cell stands behind the last column of the header.")
        rows[number] = dict(zip(header, cells, strict=False))
    if header is None:
        raise NotASpreadsheet(f"{path.name}: there is no header.")
    return Sheet(header, rows)


def _rows(path: Path) -> Iterator[Sequence[Cell]]:
    if path.suffix.lower() == ".csv":
        return _csv_rows(path)
    if path.suffix.lower() == ".xlsx":
        return _xlsx_rows(path)
    raise NotASpreadsheet(f"{path.name}: wanted a file whose name ends in .csv or .xlsx.")


def _csv_rows(path: Path) -> Iterator[Sequence[Cell]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file, strict=True)
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotASpreadsheet(f"{path.name}: no CSV in UTF-8 ({error}). In Excel: save as CSV UTF-8.") from error


def _xlsx_rows(path: Path) -> Iterator[Sequence[Cell]]:
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield from book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise NotASpreadsheet(f"{path.name}: no XLSX workbook ({error}).") from error
