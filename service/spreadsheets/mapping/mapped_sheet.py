"""The rows of one mapped sheet: sums are checked and left out, and every other row becomes rows of the template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from service.plurals import counted
from service.spreadsheets.headers import ColumnLeftOut, has_personal_heading
from service.spreadsheets.mapping.columns import Cells, RowLeftOut, RowReader, parts_of
from service.spreadsheets.mapping.grouping import grouped, with_references
from service.spreadsheets.mapping.model import FORCE, LEAVE_OUT, SUM, ColumnMapping, FileForm, SheetMapping
from service.spreadsheets.mapping.positions import check_complete, check_forces, positions
from service.spreadsheets.mapping.sums import check_sum_rows, looks_like_sum, sum_column_problem, total_word_in
from service.spreadsheets.mapping.table import JOIN, folded, same, table_of, written
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank, shown
from service.spreadsheets.reading.csv_files import wrong_width
from service.spreadsheets.reading.grid import Grid, RowPart, column_letters
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import TEMPLATES
from service.spreadsheets.words import personal_heading

MOST_NAMED = 20
# What belongs to a line of a seizure, so that a part with a kind of its own does not take it from its row.
OF_LINE = ("kind", "category", "acquired", "currency", "qualifier", "count")


@dataclass(frozen=True, slots=True)
class Sending:
    """How a mapping is applied: the name of its file, the form of the mapped file, who sends it, and notes for them."""

    name: str
    form: FileForm
    force: str
    notes: list[str]


def mapped_sheet(mapping: SheetMapping, grid: Grid, sending: Sending) -> Sheet:
    """Return the sheet of a template that a mapping makes of a grid; what is left out is added to the notes.

    Raises:
        MappingDoesNotFit: the columns are not those of the mapping.
    """
    return _MappedSheet(mapping, grid, sending).sheet()


class _MappedSheet:
    def __init__(self, mapping: SheetMapping, grid: Grid, sending: Sending) -> None:
        self.mapping, self.grid, self.name, self.force = mapping, grid, sending.name, sending.force
        self.notes = sending.notes
        self.table = table_of(grid, mapping.header_rows)
        self.where = f"Sheet {grid.name}: " if grid.name else ""
        check_complete(self.name, mapping)
        check_forces(self.name, mapping, self.force)
        self.at = positions(self.name, mapping, self.table)
        self.reader = RowReader(self.name, mapping, sending.form, self.table, self.at, grid.merged)
        self.problems: dict[int, str] = dict(grid.problems)
        self.left_out = Counter[str]()

    def sheet(self) -> Sheet:
        rows = self._data_rows()
        self._check_shapes(rows)
        made: dict[int, Cells] = {}
        for row in rows:
            if row not in self.problems:
                made |= self._row(row)
        with_references(made, self.reader)
        made = grouped(made, self.reader, self.problems)
        for why, number in self.left_out.items():
            self.notes.append(f"{self.where or 'The file: '}{counted(number, 'row')} left out: {why}.")
        template = TEMPLATES[self.mapping.template]
        used = {name for cells in made.values() for name in cells}
        header = [name for name in template.names() if name in used]
        headings = {name: one.heading for one in reversed(self.mapping.columns) for name in _template_names(one.to)}
        return Sheet(
            self.grid.name,
            template,
            header,
            made,
            self.problems,
            headings,
            max(self.mapping.header_rows),
            left_out=[
                ColumnLeftOut(one.heading or column_letters(at), _what(one))
                for one, at in self.at.items()
                if one.to == LEAVE_OUT
            ],
            is_mapped=True,
        )

    def _read(self, row: int) -> list[Cell]:
        """Return the cells of a row in the columns that are read: those that are left out never are."""
        cells = self.table.rows[row]
        return [cells[at] for one, at in self.at.items() if one.to != LEAVE_OUT and at < len(cells)]

    def _data_rows(self) -> list[int]:
        """Return the rows that hold data: without sums, which are checked, repeated headings, and text below."""
        rows = [row for row in self.table.rows if any(not is_blank(cell) for cell in self._read(row))]
        below = self._text_below(rows)
        headings = [row for row in rows if self._repeats_headings(row)]
        sums = [row for row in rows if self._is_sum(row) and row not in below]
        self._note(below if self.mapping.text_below == LEAVE_OUT else (), "text below the table")
        self._note(headings, "headings repeated")
        data = [row for row in rows if row not in {*below, *headings, *sums}]
        amounts = self._numbers([*data, *sums])
        for one in check_sum_rows(amounts, data, sums):
            if one.problem:
                self.problems[one.row] = one.problem
        self._note(sums, "sums of other rows, which add up" if not self.problems else "sums of other rows")
        self._check_undeclared(data, amounts)
        return data

    def _text_below(self, rows: Sequence[int]) -> set[int]:
        if len([one for one in self.mapping.columns if one.to != LEAVE_OUT]) == 1:
            return set()
        found: list[int] = []
        for row in reversed(rows):
            filled = [cell for cell in self.table.rows[row] if not is_blank(cell)]
            if len(filled) != 1 or not isinstance(filled[0], str) or self._is_sum(row) or len(rows) == len(found) + 1:
                break
            found.append(row)
        if self.mapping.text_below != LEAVE_OUT:
            for row in found:
                self.problems[row] = (
                    "Only one cell is filled in. If it is a note below the table, write "
                    f'text_below = "leave out" in {self.name}; otherwise fill in the row.'
                )
        return set(found)

    def _repeats_headings(self, row: int) -> bool:
        cells = self.table.rows[row]
        pairs = [
            (written(cells[at]), one.heading) for one, at in self.at.items() if one.to != LEAVE_OUT and at < len(cells)
        ]
        return all(same(word, heading.split(JOIN)[-1]) or same(word, heading) for word, heading in pairs)

    def _is_sum(self, row: int) -> bool:
        cells = self.table.rows[row]
        for one, at in self.at.items():
            words = self.mapping.sum_rows.get(one.heading)
            if words is None:
                continue
            if folded(written(cells[at]) if at < len(cells) else "") in map(folded, words):
                return True
        return False

    def _numbers(self, rows: Sequence[int]) -> dict[str, dict[int, Decimal]]:
        found: dict[str, dict[int, Decimal]] = {}
        for one in self.at:
            if one.to == SUM or one in self.mapping.amounts():
                found[one.name] = {}
                for row in rows:
                    cell = self.reader.cell(one, row)
                    if is_blank(cell):
                        continue
                    try:
                        found[one.name][row] = self.reader.number(one, row)
                    except ValueError as error:
                        if isinstance(cell, Unreadable) or one.to == SUM:
                            self.problems[row] = f"{one.name}: {error}"
        return found

    def _check_undeclared(self, data: Sequence[int], amounts: Mapping[str, Mapping[int, Decimal]]) -> None:
        """Refuse rows that look like sums and are not declared: they would count a second time."""
        labels = [one for one in self.at if one.to not in (SUM, LEAVE_OUT) and one.name not in amounts]
        filled = {row: sum(not is_blank(self._own(one, row)) for one in labels) for row in data}
        for index, row in enumerate(data):
            if row in self.mapping.not_sum_rows:
                continue
            word = total_word_in([self._own(one, row) for one in labels])
            why = f"it says {word!r}" if word else looks_like_sum(amounts, filled, data, index)
            if row in self.grid.sum_rows:
                why = "a formula in it adds up cells above it"
            if why:
                before = data[index - 1] if index else row
                self.problems[row] = (
                    f"The row looks like a sum, which would count twice: {why}. If it is one, write"
                    f"{self._sum_row_line(row, before, labels, word)} below [sheets.sum_rows] in {self.name}; "
                    f"if not, write not_sum_rows = [{row}] below [[sheets]]."
                )

    def _sum_row_line(self, row: int, before: int, labels: Sequence[ColumnMapping], word: str) -> str:
        """Return the line of a mapping that makes a row a sum: its word, or the blank cell that other rows fill."""
        for one in labels:
            mine, other = written(self._own(one, row)), written(self._own(one, before))
            if (word and mine == word) or (not word and not mine and other):
                return f' "{one.heading}" = ["{mine}"]'
        return " a heading and the word that shows it"

    def _own(self, column: ColumnMapping, row: int) -> Cell:
        """Return a cell as it is in the file, not filled down."""
        cells = self.table.rows[row]
        return cells[self.at[column]] if self.at[column] < len(cells) else ""

    def _check_shapes(self, rows: Sequence[int]) -> None:
        """Check what shows in several cells: sums beside their parts, weekdays, rows that are too short."""
        for row in rows:
            problem = self.reader.weekday_problem(row) or self._sum_beside(row) or self._too_short(row)
            if problem:
                self.problems.setdefault(row, problem)

    def _sum_beside(self, row: int) -> str:
        for one in self.mapping.to(SUM):
            cell = self.reader.cell(one, row)
            if is_blank(cell):
                continue
            try:
                parts = {
                    part.heading: self._number(part, row) for part in self.mapping.columns if self._is_part(one, part)
                }
                problem = sum_column_problem(self.reader.number(one, row), parts)
            except ValueError as error:
                problem = str(error)
            if problem:
                return f"{one.heading}: {problem}"
        return ""

    def _is_part(self, total: ColumnMapping, column: ColumnMapping) -> bool:
        return column is not total and any(same(column.heading, heading) for heading in total.of)

    def _number(self, column: ColumnMapping, row: int) -> Decimal:
        return Decimal() if is_blank(self.reader.cell(column, row)) else self.reader.number(column, row)

    def _too_short(self, row: int) -> str:
        separator, cells = self.reader.form.separator, self.table.rows[row]
        if not separator or len(cells) >= len(self.table.headings):
            return ""
        width, is_personal = len(self.table.headings), has_personal_heading(self.table.headings)
        return wrong_width([written(cell) for cell in cells], width, separator, is_personal=is_personal)

    def _row(self, row: int) -> Mapping[int, Cells]:
        """Return the rows of the template that a row becomes: none, one, or one for each part with an amount."""
        try:
            problem = self._other_force(row)
            made = {} if problem else self._parts(row, self.reader.shared(row))
        except RowLeftOut as why:
            self.left_out[f"{why}, as the mapping says"] += 1
            return {}
        if problem:
            self.problems[row] = problem
        elif not made:
            self.left_out["they have no amount to send"] += 1
        return made

    def _parts(self, row: int, shared: Cells) -> dict[int, Cells]:
        parts = list(parts_of(self.mapping))
        made: dict[int, Cells] = {}
        for sets, columns in parts:
            amounts: Cells = {}
            for column in columns:
                amounts |= self.reader.amount(column, row)
            # A row without any column of amounts counts as one; one whose amounts are all blank or 0 does not.
            if columns and not amounts and (sets or len(parts) > 1 or self._is_counted(columns)):
                continue
            base = {name: cell for name, cell in shared.items() if "kind" not in sets or name not in OF_LINE}
            own = {name: value for name, value in sets.items() if name not in ("date", "period")}
            made[RowPart(row, columns[0].heading) if sets else row] = {
                **base,
                **self.reader.when_set(sets),
                **own,
                **amounts,
            }
        return made

    def _is_counted(self, columns: Sequence[ColumnMapping]) -> bool:
        return any(one.to in ("count", "quantity") for one in columns)

    def _other_force(self, row: int) -> str:
        """Return what is wrong with the force of a row; empty if it is the sender's.

        Raises:
            RowLeftOut: it is another's, and the mapping leaves such rows out.
        """
        column, cell = self.reader.first(FORCE, row)
        if column is None:
            return ""
        try:
            code = self.reader.word(column, cell)
        except ValueError as error:
            return f"{column.heading}: {error}"
        if code == self.force:
            return ""
        if code and column.other_forces == LEAVE_OUT:
            raise RowLeftOut(f"{column.heading} is {written(cell)}")
        return (
            f"{column.heading}: the row is of {shown(cell)}, but you send as {self.force}. Rows of other forces are "
            f'never sent as yours. Delete them, or write other_forces = "leave out" for this column in {self.name}.'
        )

    def _note(self, rows: Collection[int], why: str) -> None:
        if rows:
            named = ", ".join(str(row) for row in sorted(rows)[:MOST_NAMED]) + (
                ", ..." if len(rows) > MOST_NAMED else ""
            )
            self.notes.append(f"{self.where or 'The file: '}left out {why}: row{'s' * (len(rows) > 1)} {named}.")


def _what(column: ColumnMapping) -> str:
    """Return what is in a column that is left out, as far as its heading says it."""
    personal = personal_heading(column.heading.rpartition(JOIN)[2])
    return "as the mapping says" if personal is None else personal.what


def _template_names(target: str) -> Sequence[str]:
    return {
        "date": ("occurred_at", "occurred_on", "day"),
        "date and time": ("occurred_at", "occurred_on"),
        "period": ("occurred_at", "occurred_before"),
        "end": ("occurred_before",),
        "weight": ("weight_grams",),
        "amount": ("weight_grams", "count", "plants", "tablets", "wraps"),
        "value": ("value_pounds",),
        "cash": ("cash_pounds", "amount_minor"),
        "item": ("kind", "category"),
    }.get(target, () if target in (SUM, FORCE, LEAVE_OUT, "time", "weekday", "unit") else (target,))
