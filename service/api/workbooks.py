"""Tables as an XLSX workbook: one sheet each, numbers as numbers, texts never as formulas, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from service.api.tables import Column, Table

# Rows go to a temporary file as they come. A text is a text, even if it looks like a formula or an address.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# A sheet holds 1,048,576 rows; what goes beyond is continued on another.
MOST_ROWS = 1_000_000
WIDTHS = {"text": 18, "whole": 14, "pounds": 16}
BYTES_AT_A_TIME = 64 * 1024


def workbook(tables: Sequence[Table], *, most_rows: int = MOST_ROWS) -> Iterator[bytes]:
    """Return an XLSX workbook with a sheet for each table, or several where it has more than `most_rows` rows.

    It is complete, in a temporary file, before this returns; iterating over the answer reads and removes it.
    """
    file = TemporaryFile()  # noqa: SIM115 - it is closed by whoever has read it
    with Workbook(file, OPTIONS) as book:
        look = {
            "whole": book.add_format({"num_format": "#,##0"}),
            "pounds": book.add_format({"num_format": "£#,##0.00"}),
        }
        bold = book.add_format({"bold": True})
        for table in tables:
            _write(book, table, look, bold, most_rows)
    file.seek(0)
    return _chunks(file)


def _write(book: Workbook, table: Table, look: dict[str, Any], bold: Any, most_rows: int) -> None:
    sheet = _sheet(book, table.name, table.columns, bold)
    number = 0
    for index, row in enumerate(table.rows):
        if index and index % most_rows == 0:
            sheet = _sheet(book, f"{table.name} {index // most_rows + 1}", table.columns, bold)
            number = 0
        number += 1
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if isinstance(cell, str):
                sheet.write_string(number, place, cell)
            elif cell is not None:
                value = cell / 100 if column.kind == "pounds" else cell
                sheet.write_number(number, place, value, look.get(column.kind))


def _sheet(book: Workbook, name: str, columns: Sequence[Column], bold: Any) -> Worksheet:
    """Begin a sheet whose header stays in view."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, WIDTHS[column.kind])
        sheet.write_string(0, place, column.name, bold)
    return sheet


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(BYTES_AT_A_TIME):
            yield chunk
