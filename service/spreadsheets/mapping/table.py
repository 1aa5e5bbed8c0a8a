"""The table in a sheet: which rows are its headings, what stands above it, and the rows below the headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank
from service.spreadsheets.reading.grid import Grid, column_letters
from service.spreadsheets.words import KnownWord, column_meant, personal_heading

ROWS_TO_SEARCH = 30
JOIN = " / "
KNOWN_WEIGHT = 3
LONGEST_HEADING = 60


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its headings by column, counted from 0, and its rows by number. Merged headings are joined by ` / `."""

    headings: Sequence[str]
    rows: Mapping[int, Sequence[Cell]]

    def index_of(self, heading: str, column: str = "") -> list[int]:
        """Return the columns with this heading, or the one with these letters if it has the heading."""
        found = [index for index, one in enumerate(self.headings) if same(one, heading)]
        return [index for index in found if not column or column_letters(index) == column.upper()]

    def cells(self, index: int) -> dict[int, Cell]:
        """Return the cells of a column by row, without blank ones."""
        return {
            row: cells[index] for row, cells in self.rows.items() if index < len(cells) and not is_blank(cells[index])
        }


def table_of(grid: Grid, header_rows: Sequence[int]) -> Table:
    """Return the table whose headings are in these rows, the last of which names the columns one by one."""
    levels = [_level(grid, row, is_last=row == header_rows[-1]) for row in header_rows]
    width = max(map(len, levels), default=0)
    headings = []
    for index in range(width):
        parts = [level[index] for level in levels if index < len(level) and level[index]]
        headings.append(JOIN.join(dict.fromkeys(parts)))
    last = max(header_rows)
    return Table(headings, {row: cells for row, cells in grid.rows.items() if row > last})


def find_header(grid: Grid) -> tuple[int, ...]:
    """Return the rows that seem to hold the headings: the one that names most columns, and groups above it."""
    scores = {row: _score(cells) for row, cells in islice(grid.rows.items(), ROWS_TO_SEARCH)}
    if not scores or max(scores.values()) <= 0:
        return ()
    header = max(scores, key=lambda row: scores[row])
    above = header - 1
    return (above, header) if _is_group_row(grid, above, header) else (header,)


def same(one: str, other: str) -> bool:
    """Return whether two headings or words are the same but for capitals and spaces."""
    return folded(one) == folded(other)


def folded(word: str) -> str:
    """Return a heading or word as it is compared."""
    return " ".join(word.casefold().split())


def written(cell: Cell) -> str:
    """Return the text of a cell as a heading or a word; whole numbers without decimals."""
    if isinstance(cell, Unreadable):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def _level(grid: Grid, row: int, *, is_last: bool) -> list[str]:
    """Return one row of headings, with merged cells filled in; a group also where a CSV file leaves it blank."""
    merged = {column: cell for (at, column), cell in grid.merged.items() if at == row}
    cells = list(grid.rows.get(row, ()))
    width = max([len(cells), *(column + 1 for column in merged)])
    names = [written(merged.get(index, cells[index] if index < len(cells) else "")) for index in range(width)]
    if is_last or merged:
        return names
    widest = max((len(one) for one in islice(grid.rows.values(), ROWS_TO_SEARCH)), default=width)
    filled: list[str] = []
    for index in range(max(width, widest)):
        name = names[index] if index < len(names) else ""
        filled.append(name or (filled[-1] if filled else ""))
    return filled


def _score(cells: Sequence[Cell]) -> int:
    names = [cell.strip() for cell in cells if isinstance(cell, str) and not is_blank(cell)]
    texts = [name for name in names if len(name) <= LONGEST_HEADING and not name[0].isdigit()]
    known = sum(isinstance(column_meant(name), KnownWord) or personal_heading(name) is not None for name in set(texts))
    others = sum(not isinstance(cell, str | Unreadable) for cell in cells)
    return KNOWN_WEIGHT * known + len(set(texts)) - others - (len(texts) == 1)


def _is_group_row(grid: Grid, above: int, header: int) -> bool:
    merged = {column: cell for (row, column), cell in grid.merged.items() if row == above}
    if merged:
        # A title is merged from the first column on; groups are several, or one that begins further right.
        return len({written(cell) for cell in merged.values()}) > 1 or 0 not in merged
    filled = [cell for cell in grid.rows.get(above, ()) if not is_blank(cell)]
    under = [cell for cell in grid.rows[header] if not is_blank(cell)]
    # A title is one cell; groups are several, but fewer than the columns.
    return 1 < len(filled) < len(under) and all(isinstance(cell, str) for cell in filled)
