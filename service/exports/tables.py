"""Tables for spreadsheets, and their CSV form, with a byte order mark for Excel and guards against formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Literal

from service.domain.model.days import ONE_DAY

Cell = str | int | None

BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet may read as the start of a formula. Source: OWASP, CSV Injection.
FORMULA_STARTS = frozenset("=+-@\t\r")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
ROWS_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Column:
    """A column. The cells of a `pounds` column are in pence and are written as pounds."""

    name: str
    kind: Literal["text", "whole", "pounds"] = "text"


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A named table. Its rows may be a stream, which can be read only once."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def csv_text(table: ExportTable) -> Iterator[str]:
    """Yield a table as CSV (RFC 4180), in chunks of rows."""
    buffer = StringIO()
    buffer.write(BYTE_ORDER_MARK)
    writer = csv.writer(buffer)
    writer.writerow([column.name for column in table.columns])
    in_pounds = [place for place, column in enumerate(table.columns) if column.kind == "pounds"]
    for number, row in enumerate(table.rows, start=1):
        writer.writerow(_csv_row(row, in_pounds))
        if number % ROWS_AT_A_TIME == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def guarded(text: str) -> str:
    """Return the text, with an apostrophe in front if a spreadsheet could read it as a formula.

    The apostrophe changes the text, so numbers such as -5 are left unchanged.
    """
    return f"'{text}" if text[:1] in FORMULA_STARTS and not PLAIN_NUMBER.fullmatch(text) else text


def days_text(first: date, before: date) -> str:
    """Return a span of days for a cell: one day, or the first and the last: `2023-01-16 to 2023-01-18`."""
    last = before - ONE_DAY
    return str(first) if first == last else f"{first} to {last}"


def _csv_row(row: Sequence[Cell], in_pounds: Sequence[int]) -> list[Cell]:
    """Return the cells of a row as they are written; `in_pounds` are the places of the columns in pounds."""
    # Most cells of events are empty: a row has the columns of every type.
    cells = [
        guarded(cell) if cell is not None and isinstance(cell, str) and cell[:1] in FORMULA_STARTS else cell
        for cell in row
    ]
    for place in in_pounds:
        pence = cells[place]
        if isinstance(pence, int):
            cells[place] = f"{pence // 100}.{pence % 100:02}"
    return cells


def _drained(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
