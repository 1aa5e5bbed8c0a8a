"""What is read from a file before it is known what it means: grids of cells, one for each sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from service.errors import Invalid
from service.spreadsheets.reading.cells import Cell

# Takes how much of a file has been read and how much it is, in any unit.
Report = Callable[[int, int], None]
# Twice this many rows would need more memory than many an office machine has to spare.
MOST_ROWS = 20_000
# Sheets that count by month and by offence side by side have a few hundred, by day 366.
MOST_COLUMNS = 500


class TooManyRows(Invalid):
    """The file has more rows than the command reads: send it in parts, or send the events with a program."""

    code = "too_many_rows"


def too_many_rows(file: str, found: str) -> TooManyRows:
    """Return the error for a file with too many rows; `found` is how many it has, in words."""
    return TooManyRows(
        f"{file}: expected at most {MOST_ROWS:,} rows; found {found}. Nothing was read or sent. Send it in parts: move "
        "rows to files with other names, each row to one file only. Or let a program send the events as NDJSON lines, "
        "in any number: POST /v1/operations/{operation}/batches."
    )


def require_few_columns(file: str, row: int, columns: int) -> None:
    """Refuse a row that is filled in beyond the columns that are read.

    Raises:
        NotASpreadsheet.
    """
    if columns > MOST_COLUMNS:
        raise NotASpreadsheet(
            f"{file}: expected at most {MOST_COLUMNS:,} columns, up to {column_letters(MOST_COLUMNS - 1)}; "
            f"row {row} has {columns:,}, up to {column_letters(columns - 1)}. If that cell is stray, delete it; "
            "otherwise send the sheet in parts."
        )


class NotASpreadsheet(Invalid):
    """The file is neither CSV in UTF-8 nor an XLSX workbook, is damaged or protected, or holds no row."""

    code = "not_a_spreadsheet"


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as stored: its rows that are not blank, by the row number that a spreadsheet program shows.

    `problems` are rows whose cells cannot be assigned to columns. Columns are counted from 0. The name is empty for a
    CSV file. `sum_rows` are rows in which a formula adds up cells above it. `merged` are the cells of merged areas
    by row and column: each the one at the top left, which is shown.
    """

    name: str
    rows: Mapping[int, list[Cell]]
    problems: Mapping[int, str] = field(default_factory=dict)
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    sum_rows: frozenset[int] = frozenset()
    merged: Mapping[tuple[int, int], Cell] = field(default_factory=dict)


def column_letters(index: int) -> str:
    """Return the letters of a column, counted from 0: A, B, ... Z, AA."""
    letters = ""
    while index >= 0:
        index, letter = divmod(index, 26)
        letters = chr(ord("A") + letter) + letters
        index -= 1
    return letters


class RowPart(int):
    """The number of a row, for one of several parts that the row is made into: for each of its columns of amounts.

    It is shown and ordered as the number of the row. Parts of one row are different keys. `heading` is the column's.
    """

    heading: str

    def __new__(cls, row: int, heading: str) -> Self:
        """Create the part of a row that comes from the column with this heading."""
        part = super().__new__(cls, row)
        part.heading = heading
        return part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowPart) and int(self) == int(other) and self.heading == other.heading

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((int(self), self.heading))


class MappedCode(str):
    """The code that a mapping has for a word of the file. `word` is the word, `mapping` the mapping's file name."""

    __slots__ = ("mapping", "word")
    word: str
    mapping: str

    def __new__(cls, code: str, word: str, mapping: str) -> Self:
        """Create the code of a word."""
        found = super().__new__(cls, code)
        found.word, found.mapping = word, mapping
        return found
