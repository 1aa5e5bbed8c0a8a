"""Read a spreadsheet, a CSV file or the first sheet of an XLSX workbook: its header, and its rows by number."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from service.errors import Invalid
from service.spreadsheets.cells import Cell


class NotASpreadsheet(Invalid):
    """The file is neither CSV in UTF-8 nor an XLSX workbook, has no header, or has a row longer than its header."""

    code = "not_a_spreadsheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header, and every row that is not blank, by the row number that a spreadsheet program shows."""

    header: list[str]
    rows: dict[int, dict[str, Cell]]


def read_sheet(path: Path) -> Sheet:
    """Return the rows of a file whose name ends in .csv or .xlsx.

    Raises:
        NotASpreadsheet: the file is neither, has no header, or has a row longer than the header.
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
            raise NotASpreadsheet(f"{path.name}, row {number}: a cell is beyond the last column of the header.")
        rows[number] = dict(zip(header, cells, strict=False))
    if header is None:
        raise NotASpreadsheet(f"{path.name}: expected a header; found no row.")
    return Sheet(header, rows)


def _rows(path: Path) -> Iterator[Sequence[Cell]]:
    if path.suffix.lower() == ".csv":
        return _csv_rows(path)
    if path.suffix.lower() == ".xlsx":
        return _xlsx_rows(path)
    raise NotASpreadsheet(f"{path.name}: expected a file name that ends in .csv or .xlsx.")


def _csv_rows(path: Path) -> Iterator[Sequence[Cell]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file, strict=True)
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotASpreadsheet(f"{path.name}: not CSV in UTF-8 ({error}). In Excel, save as CSV UTF-8.") from error


def _xlsx_rows(path: Path) -> Iterator[Sequence[Cell]]:
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield from book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise NotASpreadsheet(f"{path.name}: not an XLSX workbook ({error}).") from error
