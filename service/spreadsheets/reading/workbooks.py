"""Read an XLSX workbook: every sheet, hidden or not. A cell whose value is not stored is never taken for empty."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import fromstring

from service.spreadsheets.reading.cells import Cell, Unreadable, as_typed, error_cell, is_blank
from service.spreadsheets.reading.grid import (
    MOST_COLUMNS,
    MOST_ROWS,
    Grid,
    NotASpreadsheet,
    Report,
    require_few_columns,
    too_many_rows,
)

# A workbook of 10,000 rows is about 10 MB when unpacked. A small file can be made to unpack to gigabytes.
MOST_BYTES = 200_000_000
# openpyxl keeps each in about 200 bytes. 20,000 rows of 50 columns are a million.
MOST_VALUES = 2_000_000
MOST_BYTES_IN_A_ROW = 10_000_000
# openpyxl creates every merged cell, and a whole column has 1,048,576.
MOST_MERGED_CELLS = 100_000
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Za-z$0-9]+:[A-Za-z$0-9]+)["']""")
ROW_END = re.compile(rb"</(?:\w+:)?row>")
PIECE_END = re.compile(rb"</(?:\w+:)?row>|<(?:\w+:)?mergeCell\s[^>]*>")
# A row may only have formats; a value, a text in the cell, or a formula makes it one that is filled in.
VALUE = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s>/]")
BYTES_AT_A_TIME = 1_000_000
# What openpyxl and the libraries below it raise for a damaged file.
DAMAGED = (
    BadZipFile,
    InvalidFileException,
    zlib.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    # A member of the ZIP is encrypted, or packed in a way that Python does not know.
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
NOT_CALCULATED = Unreadable(
    "the cell holds a formula without a stored result: open the file in Excel or LibreOffice and save it, "
    "or write the value."
)
# A formula whose result is an empty text has this type and no value.
EMPTY_TEXT = "str"
# A sum over cells of one column, in the sheet itself: a row with one is no entry but a total.
SUM = re.compile(
    r"\b(?:SUM|SUBTOTAL|AGGREGATE)\((?:\d+,)*\$?(?P<column>[A-Z]{1,3})\$?(?P<top>\d+):\$?(?P=column)\$?(?P<bottom>\d+)\)",
    re.IGNORECASE,
)
# What a number format quotes, escapes or puts in brackets is no part of a date or time.
LITERALS = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
TIME_OF_DAY = re.compile(r"[hs]|AM/PM", re.IGNORECASE)


def workbook_grids(name: str, body: bytes, report: Report | None = None) -> list[Grid]:
    """Return the sheets of a workbook in its order. `report` is called with the bytes that have been read.

    Raises:
        NotASpreadsheet: it is damaged, has no sheet, is too large, or merges too many cells.
        TooManyRows: it has more rows than are read. They are counted before any is kept.
    """
    try:
        with ZipFile(BytesIO(body)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_BYTES:
                raise NotASpreadsheet(
                    f"{name}: expected a workbook of at most {MOST_BYTES:,} bytes when unpacked; found {size:,}. "
                    "Split it into several files."
                )
            rows, values, merged, sheets = _sizes(name, archive)
            # Each sheet has a header.
            if rows > MOST_ROWS + sheets:
                raise too_many_rows(name, f"{rows:,}")
            if values > MOST_VALUES:
                raise NotASpreadsheet(
                    f"{name}: expected at most {MOST_VALUES:,} cells with values; found {values:,}. Send it in parts."
                )
            if merged > MOST_MERGED_CELLS:
                raise NotASpreadsheet(
                    f"{name}: expected at most {MOST_MERGED_CELLS:,} merged cells; found {merged:,}. Unmerge them."
                )
            is_uncalculated = _is_uncalculated(archive)
        grids = _grids(name, body, report, is_uncalculated=is_uncalculated)
    except DAMAGED as error:
        raise NotASpreadsheet(
            f"{name} is a damaged or incomplete XLSX workbook ({error}). Copy it again, or open it and save it again."
        ) from error
    if not grids:
        raise NotASpreadsheet(f"{name}: found no sheet. Save it as Excel Workbook (.xlsx), not as Strict Open XML.")
    return grids


def _sizes(file: str, archive: ZipFile) -> tuple[int, int, int, int]:
    """Return how many rows with values, values and merged cells all sheets have, and how many sheets there are.

    Raises:
        NotASpreadsheet: a row is far too long.
    """
    rows = values = merged = sheets = 0
    for name in archive.namelist():
        if "worksheets/" not in name or not name.endswith(".xml"):
            continue
        sheets += 1
        for text in _pieces(file, archive, name):
            in_rows = [len(VALUE.findall(row)) for row in ROW_END.split(text)[:-1]]
            rows += sum(map(bool, in_rows))
            values += sum(in_rows)
            merged += sum(_cells_in(match[1].decode()) for match in MERGED.finditer(text))
    return rows, values, merged, sheets


def _pieces(file: str, archive: ZipFile, name: str) -> Iterator[bytes]:
    """Yield the text of a sheet, in bounded memory, in pieces that end where a row or a merged area does.

    Raises:
        NotASpreadsheet: a row is far too long.
    """
    rest = b""
    with archive.open(name) as sheet:
        while read := sheet.read(BYTES_AT_A_TIME):
            text = rest + read
            end = max((match.end() for match in PIECE_END.finditer(text)), default=0)
            yield text[:end]
            rest = text[end:]
            if len(rest) > MOST_BYTES_IN_A_ROW:
                raise NotASpreadsheet(f"{file}: a row has more than {MOST_BYTES_IN_A_ROW:,} bytes. Send it in parts.")
    yield rest


def _cells_in(area: str) -> int:
    left, top, right, bottom = range_boundaries(area)
    # A range of whole columns or rows has no boundaries in the other direction.
    return ((right or 16_384) - (left or 1) + 1) * ((bottom or 1_048_576) - (top or 1) + 1)


def _is_uncalculated(archive: ZipFile) -> bool:
    """Return whether the workbook states that its formulas have not been calculated since they were written.

    Programs that write formulas without calculating them store no result, or 0, and ask for this calculation.
    """
    parts = [name for name in archive.namelist() if name.rpartition("/")[2] == "workbook.xml"]
    settings = [one for name in parts for one in fromstring(archive.read(name)).iter() if one.tag.endswith("}calcPr")]
    return any(
        one.get("fullCalcOnLoad") in ("1", "true") or one.get("calcCompleted") in ("0", "false") for one in settings
    )


def _grids(name: str, body: bytes, report: Report | None, *, is_uncalculated: bool) -> list[Grid]:
    book = _load(body, report, values=False)
    formulas = {
        sheet.title: {place: str(cell.value) for place, cell in sheet._cells.items() if cell.data_type == "f"}  # noqa: SLF001 - see _cells
        for sheet in book.worksheets
    }
    if any(formulas.values()):
        # With values, openpyxl does not say which of them are results of formulas, so it reads the file twice.
        del book
        book = _load(body, report, values=True)
    return [_grid(name, sheet, formulas[sheet.title], is_uncalculated=is_uncalculated) for sheet in book.worksheets]


class _Watched(BytesIO):
    """A file in memory that reports how much of it has been read."""

    def __init__(self, body: bytes, report: Report | None) -> None:
        super().__init__(body)
        self.size = len(body)
        self.report = report

    def read(self, size: int | None = -1, /) -> bytes:
        if self.report is not None:
            self.report(self.tell(), self.size)
        return super().read(size)


def _load(body: bytes, report: Report | None, *, values: bool) -> Workbook:
    with warnings.catch_warnings():
        # It warns of what it does not keep, such as images and validation rules. Here nothing is written back.
        warnings.simplefilter("ignore")
        return load_workbook(_Watched(body, report), data_only=values, keep_links=False)


def _grid(file: str, sheet: Worksheet, formulas: Mapping[tuple[int, int], str], *, is_uncalculated: bool) -> Grid:
    cells: dict[int, dict[int, Cell]] = {}
    # The public iterators create every cell up to the last one that has a format, which can be in row 1,048,576.
    for (row, column), stored in sheet._cells.items():  # noqa: SLF001
        is_formula = (row, column) in formulas
        cell = NOT_CALCULATED if is_formula and is_uncalculated else _cell(stored, is_formula=is_formula)
        if not is_blank(cell):
            require_few_columns(file, row, column)
            cells.setdefault(row, {})[column - 1] = cell
    shown: dict[tuple[int, int], Cell] = {}
    for merged in sheet.merged_cells.ranges:
        first = cells.get(merged.min_row, {}).get(merged.min_col - 1, "")
        if not is_blank(first):
            columns = range(merged.min_col - 1, merged.max_col)
            shown |= {(row, column): first for row in range(merged.min_row, merged.max_row + 1) for column in columns}
        problem = Unreadable(f"the cell is one of the merged cells {merged.coord}: unmerge them and fill in each cell.")
        for row in range(merged.min_row, merged.max_row + 1):
            if row in cells:
                cells[row] |= dict.fromkeys(range(merged.min_col - 1, merged.max_col), problem)
    return Grid(
        sheet.title,
        {row: _in_order(cells[row]) for row in sorted(cells)},
        is_hidden=sheet.sheet_state != "visible",
        hidden_rows=frozenset(row for row, dimension in sheet.row_dimensions.items() if dimension.hidden),
        hidden_columns=frozenset(
            column
            for dimension in sheet.column_dimensions.values()
            if dimension.hidden
            # Further ones are not read, and the width of a file can be any number.
            for column in range((dimension.min or 1) - 1, min(dimension.max or 0, MOST_COLUMNS))
        ),
        sum_rows=frozenset(row for (row, _column), formula in formulas.items() if _adds_up_above(formula, row)),
        merged=shown,
    )


def _adds_up_above(formula: str, row: int) -> bool:
    found = SUM.search(formula)
    return found is not None and int(found["top"]) < int(found["bottom"]) < row


def _in_order(cells: Mapping[int, Cell]) -> list[Cell]:
    return [cells.get(column, "") for column in range(max(cells) + 1)]


def _cell(stored: Any, *, is_formula: bool) -> Cell:
    value, data_type = stored.value, stored.data_type
    if value is None:
        return _without_value(data_type, is_formula=is_formula)
    if data_type == "s":
        return as_typed(str(value))
    if data_type == "e":
        return error_cell(str(value))
    if data_type not in ("n", "b", "d"):
        return _unexpected(data_type)
    # A day without a time is stored like midnight of that day; only the format tells them apart.
    is_day = isinstance(value, datetime) and value.time() == time() and not _shows_time(stored)
    return value.date() if is_day else value  # type: ignore[no-any-return]


def _without_value(data_type: str, *, is_formula: bool) -> Cell:
    if data_type == EMPTY_TEXT:
        return ""
    if is_formula:
        return NOT_CALCULATED
    return "" if data_type in ("n", "inlineStr") else _unexpected(data_type)


def _unexpected(data_type: str) -> Unreadable:
    return Unreadable(f"the cell has the unexpected type {data_type!r}: type its value again.")


def _shows_time(stored: Any) -> bool:
    return TIME_OF_DAY.search(LITERALS.sub("", stored.number_format)) is not None
