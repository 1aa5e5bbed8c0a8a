"""Tables as an XLSX workbook, one sheet each, written in bounded memory; text is never a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from service.errors import Invalid
from service.exports.tables import Column, ExportTable

# Rows are written to a temporary file one by one. Text stays text, even if it looks like a formula or a URL.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# A workbook is complete before any of it is sent, unlike CSV. This many rows of events take about 1.5 seconds.
MOST_ROWS = 10_000
# The characters of a cell.
MAX_CHARACTERS = 32_767
WIDTHS = {"text": 18, "whole": 14, "pounds": 16}
BYTES_AT_A_TIME = 64 * 1024


class WorkbookTooLong(Invalid):
    """A table has more rows than a sheet of a workbook may have."""

    code = "workbook_too_long"


def workbook(tables: Sequence[ExportTable]) -> Iterator[bytes]:
    """Return an XLSX workbook with a sheet for each table.

    The workbook is written to a temporary file before this function returns. Iterating over the result reads the file
    and removes it.

    Raises:
        WorkbookTooLong: a table has more than 10,000 rows.
    """
    with ExitStack() as on_error:
        file = on_error.enter_context(TemporaryFile())
        _write_book(file, tables)
        # From here on, _chunks closes it.
        on_error.pop_all()
    file.seek(0)
    return _chunks(file)


def require_few(rows: int) -> None:
    """Refuse a table of this many rows if a workbook may not have as many.

    Raises:
        WorkbookTooLong: there are more than 10,000.
    """
    if rows > MOST_ROWS:
        raise _too_long(f"{rows:,}")


def _too_long(found: str) -> WorkbookTooLong:
    return WorkbookTooLong(
        f"Expected at most {MOST_ROWS:,} rows in an Excel file; found {found}. Choose fewer, or use CSV, which has no "
        "limit."
    )


def _write_book(file: IO[bytes], tables: Sequence[ExportTable]) -> None:
    with Workbook(file, OPTIONS) as book:
        formats = {
            "whole": book.add_format({"num_format": "#,##0"}),
            "pounds": book.add_format({"num_format": "£#,##0.00"}),
        }
        bold = book.add_format({"bold": True})
        for table in tables:
            _write(book, table, formats, bold)


def _write(book: Workbook, table: ExportTable, formats: dict[str, Any], bold: Any) -> None:
    sheet = _sheet(book, table.name, table.columns, bold)
    if isinstance(table.rows, Sized):
        require_few(len(table.rows))
    for number, row in enumerate(table.rows, start=1):
        if number > MOST_ROWS:
            # How many a stream has is known only at its end.
            raise _too_long("more")
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if isinstance(cell, str):
                sheet.write_string(number, place, _cut(cell))
            elif cell is not None:
                value = cell / 100 if column.kind == "pounds" else cell
                sheet.write_number(number, place, value, formats.get(column.kind))


def _cut(text: str) -> str:
    """Return the text, cut to what a cell can hold with a note that it was: Excel cuts it without one."""
    if len(text) <= MAX_CHARACTERS:
        return text
    note = f" ... cut: {len(text):,} characters, of which a cell holds {MAX_CHARACTERS:,}. CSV and JSON have all."
    return text[: MAX_CHARACTERS - len(note)] + note


def _sheet(book: Workbook, name: str, columns: Sequence[Column], bold: Any) -> Worksheet:
    """Add a sheet with a frozen header row."""
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
