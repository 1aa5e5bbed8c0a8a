"""The sheets of a file that are read: those that a person sees and whose header is a template's. The rest is named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import NamedTuple

from service.errors import Invalid
from service.spreadsheets.headers import (
    ColumnLeftOut,
    HeaderProblem,
    expected_header,
    has_personal_heading,
    read_header,
    resembles_template,
)
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank, shown
from service.spreadsheets.reading.grid import Grid, NotASpreadsheet, RowPart, column_letters
from service.spreadsheets.templates import CellError, NoSuchTemplate, Template

# A header below a title is looked for in so many rows.
ROWS_TO_SEARCH = 20
# A row of fewer cells may be one of a list of columns.
FEWEST_NAMES = 3
RANGES_TO_NAME = 20
# Columns of which a row of a mapped file can have several, each a part of the row.
OF_PARTS = (
    "count",
    "quantity",
    "weight_grams",
    "plants",
    "tablets",
    "wraps",
    "value_pounds",
    "cash_pounds",
    "amount_minor",
    "reason",
    "kind",
    "category",
    "measure",
)


class NoSuchSheet(Invalid):
    """A sheet chosen with --sheet is not in the file."""

    code = "no_such_sheet"


class HiddenCells(Invalid):
    """A sheet with rows to send is hidden, or has hidden rows or columns."""

    code = "hidden_cells"


class LeftOut(NamedTuple):
    """A sheet that is not read, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a template: its columns, and the cells of each row by column; `problems` are rows that cannot be read.

    The name is empty for a CSV file. `header` are the template columns that the sheet has, and the column `force`, in
    the order of the file. `headings` are their headings as they stand in the file, where these differ.
    `header_problems` are what is wrong with the header in row `header_row`. `sum_rows` are rows in which a
    formula adds up the cells above it. Columns in `left_out` are never read. With `is_mapped`, it was made
    by a mapping, which has dealt with the sums.
    """

    name: str
    template: Template
    header: Sequence[str]
    rows: Mapping[int, Mapping[str, Cell]]
    problems: Mapping[int, str]
    headings: Mapping[str, str] = field(default_factory=dict)
    header_row: int = 1
    header_problems: Sequence[HeaderProblem] = ()
    left_out: Sequence[ColumnLeftOut] = ()
    sum_rows: frozenset[int] = frozenset()
    is_mapped: bool = False

    def heading(self, column: str, row: int = 0) -> str:
        """Return the heading of a template column as it stands in the file; that of its part for a part of a row."""
        return row.heading if isinstance(row, RowPart) and column in OF_PARTS else self.headings.get(column, column)

    def place(self, row: int, column: str = "") -> str:
        """Return where a row or a cell is, in words, with the heading of its column as it stands in the file."""
        return place_of(self.name, row, self.heading(column, row))

    def order(self, error: CellError) -> tuple[int, int]:
        """Return what errors are ordered by: row, then column; first those in no single column."""
        return error.row, self.header.index(error.column) + 1 if error.column in self.header else 0


def choose_sheets(
    file: str, grids: Sequence[Grid], chosen: Collection[str] = (), *, include_hidden: bool = False
) -> tuple[list[Sheet], list[LeftOut]]:
    """Return the sheets to read, and those left out. With `chosen`, only sheets of these names are read.

    Raises:
        NoSuchSheet: a chosen sheet is not in the file.
        NotASpreadsheet: the file has no row.
        NoSuchTemplate: no sheet has the header of a template, or one has most of it.
        HiddenCells: something to send is hidden, and `include_hidden` is not set.
    """
    refuse_unknown(file, grids, chosen)
    left_out = [LeftOut(grid.name, "it was not chosen") for grid in grids if chosen and grid.name not in chosen]
    candidates = [grid for grid in grids if not chosen or grid.name in chosen]
    if not any(grid.rows or grid.problems for grid in candidates):
        raise NotASpreadsheet(f"{file}: expected a header; found no row.")
    meant = []
    for grid in candidates:
        why = _why_not(grid)
        # A file of one sheet, and a sheet that was chosen, are meant to be read: say what is wrong with the header.
        if why and not chosen and len(candidates) > 1:
            left_out.append(LeftOut(grid.name, why))
        else:
            meant.append(grid)
    if not meant:
        found = "; ".join(f"{grid.name}: {_described(grid)}" for grid in candidates)
        raise NoSuchTemplate(f"{file}: no sheet has the header of a template. Found {found}. {expected_header()}")
    if not include_hidden:
        refuse_hidden(file, meant)
    return [_sheet(file, grid) for grid in meant], left_out


def place_of(sheet: str, row: int, column: str = "") -> str:
    """Return where a cell or row is, in words: `sheet Arrests, row 2, count`."""
    return ", ".join([*([f"sheet {sheet}"] if sheet else []), f"row {row}", *([column] if column else [])])


def refuse_unknown(file: str, grids: Sequence[Grid], chosen: Iterable[str]) -> None:
    """Refuse the choice of a sheet that the file does not have.

    Raises:
        NoSuchSheet: naming it.
    """
    names = [grid.name for grid in grids if grid.name]
    unknown = [name for name in chosen if name not in names]
    if unknown and not names:
        raise NoSuchSheet(f"{file} is a CSV file, which has no sheets: leave out --sheet.")
    if unknown:
        raise NoSuchSheet(f"{file} has no sheet {unknown[0]!r}. It has: {', '.join(names)}.")


def _why_not(grid: Grid) -> str:
    """Return why a sheet is not one of a template's; empty if it is."""
    if not grid.rows:
        return "it is empty"
    number, header = _header(grid)
    if resembles_template(header):
        return ""
    below = {row: _names(grid.rows[row]) for row in islice(grid.rows, 1, ROWS_TO_SEARCH)}
    found = next(
        (row for row, names in below.items() if len(names) >= FEWEST_NAMES and resembles_template(names)), None
    )
    if found is not None:
        raise NoSuchTemplate(
            f"{place_of(grid.name, found)} is the header of a template, but is not the first row that is filled in. "
            f"Delete the rows above it, from row {number}."
        )
    return "its header is that of no template"


def _sheet(file: str, grid: Grid) -> Sheet:
    if not grid.rows:
        raise NotASpreadsheet(f"{file}: expected a header in sheet {grid.name}; found no row.")
    number, names = _header(grid)
    where = f"sheet {grid.name}: " if grid.name else ""
    unreadable = next((cell for cell in grid.rows[number] if isinstance(cell, Unreadable)), None)
    if unreadable is not None:
        raise NoSuchTemplate(f"{place_of(grid.name, number)} is the header: {unreadable.problem}")
    try:
        header = read_header(names)
    except NoSuchTemplate as error:
        raise NoSuchTemplate(f"{where}{error.detail}") from error
    rows: dict[int, dict[str, Cell]] = {}
    problems = dict(grid.problems)
    for row, cells in grid.rows.items():
        stray = next((index for index, cell in enumerate(cells) if not is_blank(cell) and not _at(names, index)), None)
        if stray is not None:
            problems[row] = _stray(stray, cells[stray], names)
        elif row != number:
            # Cells of other columns are not looked at.
            rows[row] = {name: cells[at] if at < len(cells) else "" for at, name in header.columns.items()}
    return Sheet(
        grid.name,
        header.template,
        list(header.columns.values()),
        rows,
        problems,
        header.headings,
        number,
        header.problems,
        header.left_out,
        grid.sum_rows,
    )


def _stray(index: int, cell: Cell, names: Iterable[str]) -> str:
    held = "is filled in" if has_personal_heading(names) else f"holds {shown(cell)}"
    problem = cell.problem if isinstance(cell, Unreadable) else f"its cell {held}: empty or move the cell."
    return f"column {column_letters(index)} has no name in the header, and {problem}"


def refuse_hidden(file: str, grids: Sequence[Grid]) -> None:
    """Refuse sheets that are hidden or have hidden rows or columns.

    Raises:
        HiddenCells: naming them.
    """
    found = [problem for grid in grids for problem in _hidden(grid)]
    if found:
        raise HiddenCells(
            f"{file}: {'; '.join(found)}. Show or delete what is hidden, or use --include-hidden to send it too"
            f"{', or --sheet to choose other sheets' if len(grids) > 1 else ''}."
        )


def _hidden(grid: Grid) -> list[str]:
    if grid.is_hidden:
        return [f"sheet {grid.name} is hidden"]
    rows = [row for row in (*grid.rows, *grid.problems) if row in grid.hidden_rows]
    filled = {index for cells in grid.rows.values() for index, cell in enumerate(cells) if not is_blank(cell)}
    columns = [column_letters(index) for index in sorted(filled & grid.hidden_columns)]
    return [
        *([f"sheet {grid.name} has hidden rows ({_ranges(sorted(rows))})"] if rows else []),
        *([f"sheet {grid.name} has hidden columns ({', '.join(columns)})"] if columns else []),
    ]


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers in order as ranges: `3-5, 9`."""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda one: one[1] - one[0])]
    names = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return ", ".join(names[:RANGES_TO_NAME]) + (", ..." if len(names) > RANGES_TO_NAME else "")


def _header(grid: Grid) -> tuple[int, list[str]]:
    """Return the first row that is not blank, as names, without blank ones at its end."""
    number, cells = next(iter(grid.rows.items()))
    return number, _names(cells)


def _names(cells: Iterable[Cell]) -> list[str]:
    names = ["" if isinstance(cell, Unreadable) else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _at(header: Sequence[str], index: int) -> str:
    return header[index] if index < len(header) else ""


def _described(grid: Grid) -> str:
    if not grid.rows:
        return "empty"
    return ", ".join(repr(name) for name in _header(grid)[1][:10] if name) or "no readable header"
