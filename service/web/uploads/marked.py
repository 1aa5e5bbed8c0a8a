"""A copy of an upload with the cells marked that need to be fixed: filled, with a note that says how."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from service.spreadsheets.reading.cells import Unreadable, is_blank
from service.spreadsheets.reading.file import ZIP
from service.spreadsheets.reading.grid import Grid
from service.web.uploads.cells import WrongCell

FILL = PatternFill("solid", fgColor="F8C9C9")
AUTHOR = "Operation record"
# What XML, and so a workbook, cannot hold.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOTE_WIDTH, NOTE_HEIGHT = 320, 120


def marked_copy(body: bytes, grids: Sequence[Grid], wrong: Sequence[WrongCell]) -> bytes:
    """Return the workbook with each wrong cell filled and noted. A CSV file becomes a workbook of texts.

    Formulas of a workbook stay as they are; a text is never made a formula.
    """
    book = load_workbook(BytesIO(body), keep_links=False) if body.startswith(ZIP) else _of_texts(grids)
    pages = {page.title: page for page in book.worksheets}
    only = book.worksheets[0]
    notes: dict[tuple[str, int, int], list[str]] = {}
    for one in wrong:
        notes.setdefault((one.sheet, one.row, (one.column or 0) + 1), []).append(one.alone)
    for (sheet, row, column), messages in notes.items():
        _mark(pages.get(sheet, only), row, column, "\n".join(messages))
    stored = BytesIO()
    book.save(stored)
    return stored.getvalue()


def _mark(page: Worksheet, row: int, column: int, text: str) -> None:
    cell = page.cell(row, column)
    if isinstance(cell, MergedCell):
        area = next(one for one in page.merged_cells.ranges if cell.coordinate in one)
        cell = page.cell(area.min_row, area.min_col)
    assert isinstance(cell, Cell)
    cell.fill = FILL
    cell.comment = Comment(_in_xml(text), AUTHOR, height=NOTE_HEIGHT, width=NOTE_WIDTH)


def _in_xml(text: str) -> str:
    return NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _of_texts(grids: Sequence[Grid]) -> Workbook:
    book = Workbook()
    page = book.worksheets[0]
    for row, cells in grids[0].rows.items():
        for column, value in enumerate(cells, start=1):
            if isinstance(value, Unreadable) or is_blank(value):
                continue
            cell = page.cell(row, column, _in_xml(str(value)))
            # Excel runs a formula; the file only had a text that looks like one.
            cell.data_type = "s"
    return book
