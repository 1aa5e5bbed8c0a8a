"""What is read from a file before it is known what it means: grids of cells, one for each sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.errors import Invalid
from service.spreadsheets.cells import Cell


class NotASpreadsheet(Invalid):
    """The file is neither CSV in UTF-8 nor an XLSX workbook, is damaged or protected, or holds no row."""

    code = "not_a_spreadsheet"


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as stored: its rows that are not blank, by the row number that a spreadsheet program shows.

    `problems` are rows whose cells cannot be assigned to columns. Columns are counted from 0. The name is empty for a
    CSV file.
    """

    name: str
    rows: Mapping[int, list[Cell]]
    problems: Mapping[int, str] = field(default_factory=dict)
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def column_letters(index: int) -> str:
    """Return the letters of a column, counted from 0: A, B, ... Z, AA."""
    letters = ""
    while index >= 0:
        index, letter = divmod(index, 26)
        letters = chr(ord("A") + letter) + letters
        index -= 1
    return letters
