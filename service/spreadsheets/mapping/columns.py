"""The cells of one row of a force's own file, converted to the columns of a template as the mapping says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from service.domain.model.days import london_midnight
from service.domain.model.instants import format_instant
from service.spreadsheets.mapping import units
from service.spreadsheets.mapping.dates import (
    CalendarPeriod,
    clock_of,
    day_of,
    moment_of,
    period_of,
    weekday_of,
    wire,
)
from service.spreadsheets.mapping.model import (
    AMOUNT,
    AMOUNTS,
    CASH,
    COUNTS,
    CURRENCY_COLUMN,
    DATE,
    DATE_AND_TIME,
    END,
    FILL_DOWN,
    ITEM,
    LEAVE_OUT,
    NOTHING,
    ONE,
    PERIOD,
    REFUSE,
    TIME,
    UNIT,
    VALUE,
    WEEKDAY,
    WEIGHT,
    WITH_WORDS,
    ZERO,
    ColumnMapping,
    FileForm,
    SheetMapping,
)
from service.spreadsheets.mapping.table import Table, folded, written
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank, shown
from service.spreadsheets.reading.grid import MappedCode
from service.spreadsheets.templates import TEMPLATES, Template

AT, ON, BEFORE = "occurred_at", "occurred_on", "occurred_before"
# The template columns of amounts that have another name in a mapping. An amount whose unit stands beside it is reported
# as a weight if it cannot be read.
AMOUNT_COLUMNS = {WEIGHT: "weight_grams", VALUE: "value_pounds", CASH: "cash_pounds", AMOUNT: "weight_grams"}
Cells = dict[str, Cell]
MergedCells = Mapping[tuple[int, int], Cell]


class RowLeftOut(Exception):
    """The mapping says that rows like this one are left out; its text says why."""


@dataclass(frozen=True)
class RowReader:
    """Reads the rows of one table. `at` are the positions of the mapped columns."""

    name: str
    mapping: SheetMapping
    form: FileForm
    table: Table
    at: Mapping[ColumnMapping, int]
    merged: MergedCells

    @cached_property
    def template(self) -> Template:
        """The template that the rows become."""
        return TEMPLATES[self.mapping.template]

    @cached_property
    def words(self) -> Mapping[int, Mapping[str, str]]:
        """The words of each column, by its position, as they are compared."""
        return {at: {folded(word): code for word, code in one.words.items()} for one, at in self.at.items()}

    @cached_property
    def filled(self) -> Mapping[int, Mapping[int, Cell]]:
        """The cells of the columns that are filled down, by position and row."""
        return {at: self._filled_down(at) for one, at in self.at.items() if one.blank == FILL_DOWN}

    def cell(self, column: ColumnMapping, row: int) -> Cell:
        """Return the cell of a column in a row; one that is filled down has the value above it if it is blank."""
        at = self.at[column]
        if column.blank == FILL_DOWN:
            return self.filled[at].get(row, "")
        cells = self.table.rows[row]
        return cells[at] if at < len(cells) else ""

    def first(self, target: str, row: int) -> tuple[ColumnMapping | None, Cell]:
        """Return the column that becomes this and its cell; None and a blank cell if there is none."""
        column = next(iter(self.mapping.to(target)), None)
        return (None, "") if column is None else (column, self.cell(column, row))

    def shared(self, row: int) -> Cells:
        """Return what all parts of a row have in common: when, and every column with words or text.

        Raises:
            RowLeftOut: the mapping leaves out rows with one of its words.
        """
        cells: Cells = {**self.when(row)}
        for column in self.mapping.columns:
            if (column.to in WITH_WORDS and column.to in self.template.names()) or column.to == ITEM:
                cells |= self._coded(column, self.cell(column, row))
            elif column.to in self.template.names() and column.to not in AMOUNTS:
                cells[column.to] = self.cell(column, row)
        return {**self._constants(), **cells}

    def word(self, column: ColumnMapping, cell: Cell) -> str:
        """Return the code that the mapping has for the word in a cell; empty for a blank one that has no code.

        Raises:
            ValueError: the cell cannot be read, or its word is not in the mapping.
            RowLeftOut: the mapping leaves out rows with this word.
        """
        word = written(_readable(cell))
        code = self.words[self.at[column]].get(folded(word))
        if code == LEAVE_OUT:
            raise RowLeftOut(f"{column.heading} is {word}")
        if code is None and word:
            raise ValueError(
                f"{shown(cell)} is not among the words of this column in {self.name}. Write there which code it stands "
                f"for, or run oprecord map again with --again, which adds it as a question."
            )
        return code or ""

    def when(self, row: int) -> Cells:
        """Return the cells of a template that say when: the moment, the day, or the period."""
        set_here = {name: self.mapping.constants[name] for name in (DATE, PERIOD) if name in self.mapping.constants}
        cells = self.when_set(set_here) if set_here else {}
        return cells | self._in_cell(AT, lambda: self._when(row)) | self._in_cell(BEFORE, lambda: self._end(row))

    def when_set(self, sets: Mapping[str, str]) -> Cells:
        """Return the cells for a day or period that a constant or a column sets."""
        if DATE in sets:
            return self._in_cell(self._day_column, lambda: self._on(day_of(sets[DATE], "")))
        return self._in_cell(AT, lambda: _between(period_of(sets[PERIOD]))) if PERIOD in sets else {}

    def amount(self, column: ColumnMapping, row: int) -> Cells:
        """Return the cells of a template for an amount: none if the cell is blank or 0 and nothing is sent for it."""
        cell = self.cell(column, row)
        name = AMOUNT_COLUMNS.get(column.to, column.to)
        if is_blank(cell):
            return self._blank(column, name)
        try:
            found = self._converted(column, cell, row, name)
        except ValueError as error:
            return {name: Unreadable(str(error))}
        # A quantity of 0 in the activities template declares that there were none.
        is_nothing = column.to != "quantity" and all(one == "0" for key, one in found.items() if key != "currency")
        return {} if is_nothing else found

    def number(self, column: ColumnMapping, row: int) -> Decimal:
        """Return the number in a cell of amounts.

        Raises:
            ValueError: it has none.
        """
        unit = column.unit.removesuffix(" minor")
        return units.number(self.cell(column, row), self.form, "" if unit == CURRENCY_COLUMN else unit)

    def weekday_problem(self, row: int) -> str:
        """Return what is wrong with the weekday beside the date; empty if nothing is."""
        column, cell = self.first(WEEKDAY, row)
        dates = next((one for one in self.mapping.columns if one.to in (DATE, DATE_AND_TIME)), None)
        if column is None or dates is None or is_blank(cell):
            return ""
        try:
            day = _day_in(self.cell(dates, row), dates)
            if weekday_of(cell) == day.weekday():
                return ""
        except ValueError as error:
            return str(error)
        return f"{day} is a {day:%A}, but the row says {shown(cell)}. Correct one of them, or the order in the mapping."

    def _unit_of(self, row: int) -> str:
        column, cell = self.first(UNIT, row)
        if column is None:
            raise ValueError(f'No column says the unit of this amount. Write to = "unit" for it in {self.name}.')
        return self.word(column, cell)

    def _coded(self, column: ColumnMapping, cell: Cell) -> Cells:
        first = "kind" if column.to == ITEM else column.to
        try:
            code = self.word(column, cell)
        except ValueError as error:
            return {first: Unreadable(str(error))}
        if column.blank == REFUSE and not code:
            remedy = f'Fill it in, or write blank = "fill down" or "nothing" for this column in {self.name}.'
            return {first: Unreadable(f"The cell is blank. {remedy}")}
        word = written(cell)
        names = ("kind", "category") if column.to == ITEM else (column.to,)
        parts = code.split(" ", maxsplit=1) if column.to == ITEM else [code]
        return {name: MappedCode(part, word, self.name) for name, part in zip(names, parts, strict=False)}

    def _constants(self) -> Cells:
        return {name: value for name, value in self.mapping.constants.items() if name not in (DATE, PERIOD)}

    @cached_property
    def _day_column(self) -> str:
        return "day" if self.template.replaced_by_newer else ON

    def _on(self, day: date) -> Cells:
        return {self._day_column: str(day)}

    def _when(self, row: int) -> Cells:
        period, cell = self.first(PERIOD, row)
        if period is not None and not is_blank(cell):
            return _between(period_of(_readable(cell)))
        both, cell = self.first(DATE_AND_TIME, row)
        if both is not None and not is_blank(cell):
            found = moment_of(_readable(cell), both.order, self.mapping.zone, both.stored_dates)
            return self._on(found) if isinstance(found, date) else {AT: found}
        dates, cell = self.first(DATE, row)
        if dates is None or is_blank(cell):
            return {}
        day = day_of(_readable(cell), dates.order, dates.stored_dates)
        times, clock = self.first(TIME, row)
        if times is None or is_blank(clock):
            return self._on(day)
        return {AT: wire(day, clock_of(_readable(clock)), self.mapping.zone)}

    def _end(self, row: int) -> Cells:
        column, cell = self.first(END, row)
        if column is None or is_blank(cell):
            return {}
        found = moment_of(_readable(cell), column.order, self.mapping.zone, column.stored_dates)
        # A day that ends a period is inside it.
        return {BEFORE: _between(period_of(str(found)))[BEFORE] if isinstance(found, date) else found}

    def _in_cell(self, name: str, read: Callable[[], Cells]) -> Cells:
        try:
            return read()
        except ValueError as error:
            return {name if name in self.template.names() else self._day_column: Unreadable(str(error))}

    def _blank(self, column: ColumnMapping, name: str) -> Cells:
        if column.blank == ONE and column.to in COUNTS:
            return {name: "1"}
        if column.blank == ZERO and column.to == "quantity":
            return {name: "0"}
        if column.blank in (NOTHING, ZERO):
            return {}
        if column.to == "count" and self.template.lines and not column.sets:
            # Some kinds of lines have no count; the template refuses a blank one of the others.
            return {name: ""}
        if column.to in ("count", "quantity") or column.sets or column.blank in (REFUSE, ONE):
            options = '"nothing", "zero" or "one"' if column.to in ("count", "quantity") else '"nothing"'
            return {name: Unreadable(f"The cell is blank. Fill it in, or write blank = {options} in {self.name}.")}
        return {}

    def _converted(self, column: ColumnMapping, cell: Cell, row: int, name: str) -> Cells:
        cell = _readable(cell)
        if column.to == AMOUNT:
            return dict([units.measured(cell, self.form, self._unit_of(row))])
        if column.to == WEIGHT:
            return {name: units.grams(cell, self.form, column.unit)}
        if column.to == CASH and column.unit not in units.PENCE_IN:
            return self._foreign(column, cell, row)
        if column.to in (CASH, VALUE):
            return {name: units.pounds(cell, self.form, column.unit)}
        return {name: units.whole(cell, self.form)}

    def _foreign(self, column: ColumnMapping, cell: Cell, row: int) -> Cells:
        unit = column.unit
        if unit.startswith(CURRENCY_COLUMN):
            other, found = self.first("currency", row)
            if other is None:
                raise ValueError('The unit is that of the currency column, but no column has to = "currency".')
            unit = unit.replace(CURRENCY_COLUMN, self.word(other, found))
        if unit.split(" ")[0] in ("", "GBP"):
            pence = unit.endswith(" minor")
            return {"cash_pounds": units.pounds(cell, self.form, "pence" if pence else "pounds"), "currency": ""}
        return {"currency": unit.split(" ")[0], "amount_minor": units.minor_units(cell, self.form, unit)}

    def _filled_down(self, at: int) -> Mapping[int, Cell]:
        found: dict[int, Cell] = {}
        last: Cell = ""
        for row, cells in self.table.rows.items():
            cell = self.merged.get((row, at), cells[at] if at < len(cells) else "")
            last = last if is_blank(cell) else cell
            found[row] = last
        return found


def _readable(cell: Cell) -> Cell:
    if isinstance(cell, Unreadable):
        raise ValueError(cell.problem)  # noqa: TRY004 - a cell that cannot be read is a wrong value
    return cell


def _day_in(cell: Cell, column: ColumnMapping) -> date:
    """Return the day of a cell that may have a time too."""
    found = moment_of(_readable(cell), column.order, "UTC", column.stored_dates)
    return found if isinstance(found, date) else date.fromisoformat(found[:10])


def _between(period: CalendarPeriod) -> Cells:
    return {AT: format_instant(london_midnight(period.first)), BEFORE: format_instant(london_midnight(period.before))}


def parts_of(mapping: SheetMapping) -> Iterator[tuple[Mapping[str, str], Sequence[ColumnMapping]]]:
    """Yield the parts of a row: what their columns set, and the columns of amounts; first one that sets nothing."""
    groups: dict[tuple[tuple[str, str], ...], list[ColumnMapping]] = {}
    for column in mapping.amounts():
        groups.setdefault(tuple(sorted(column.sets.items())), []).append(column)
    if not groups:
        yield {}, ()
    for key in sorted(groups, key=bool):
        yield dict(key), groups[key]
