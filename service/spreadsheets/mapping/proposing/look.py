"""What the columns of a table hold, as far as a proposal needs it. Columns of personal data are not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from service.domain.model.personal_data import personal_shape
from service.spreadsheets.mapping.dates import (
    NUMERIC,
    ZoneMissing,
    clock_of,
    day_of,
    moment_of,
    weekday_of,
)
from service.spreadsheets.mapping.model import (
    CASH,
    DATE,
    DAY_FIRST,
    END,
    LEAVE_OUT,
    OPEN,
    TIME,
    VALUE,
    WEIGHT,
    ColumnMapping,
    FileForm,
    targets_of,
)
from service.spreadsheets.mapping.table import JOIN, Table, same, written
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank
from service.spreadsheets.words import column_meant

# The names that a mapping has for columns of a template whose unit or form it declares.
TARGET_OF = {
    "occurred_at": DATE,
    "occurred_on": DATE,
    "day": DATE,
    "occurred_before": END,
    "weight_grams": WEIGHT,
    "value_pounds": VALUE,
    "cash_pounds": CASH,
    "amount_minor": CASH,
    "ignored": LEAVE_OUT,
}
SAMPLE, MOST_WORDS = 200, 300
LONGEST_EXAMPLE = 30
NAME = re.compile(r"[A-Z][a-z'’]+,? [A-Z][a-z'’]+|@")


@dataclass(frozen=True)
class Look:
    """What the columns of a table hold, and how they were mapped before."""

    table: Table
    form: FileForm
    template: str
    merged: Mapping[tuple[int, int], Cell]
    before: Sequence[ColumnMapping] = ()

    def cells(self, index: int) -> dict[int, Cell]:
        """Return the cells of a column that are not blank; the first of each merged area."""
        found = self.table.cells(index)
        return {row: self.merged.get((row, index), cell) for row, cell in found.items()}

    def column(self, one: ColumnMapping) -> dict[int, Cell]:
        """Return the cells of a mapped column."""
        return self.cells(self.table.index_of(one.heading, one.column)[0])

    @cached_property
    def weekdays(self) -> Mapping[int, Cell]:
        """The cells of the column of weekdays; empty if there is none."""
        columns = range(len(self.table.headings))
        return next((cells for at in columns if (cells := self.cells(at)) and all_are(cells.values(), weekday_of)), {})

    @cached_property
    def first_day(self) -> date | None:
        """A day of the table, for words whose meaning depends on it; None if none is certain."""
        for index in range(len(self.table.headings)):
            for cell in list(self.cells(index).values())[:1]:
                try:
                    return day_of(cell, DAY_FIRST)
                except ValueError:
                    continue
        return None

    def lacks_zone(self, one: ColumnMapping) -> bool:
        """Return whether a column has a time without a zone beside it."""
        for cell in self.column(one).values():
            try:
                if one.to == TIME:
                    if clock_of(cell).zone is None:
                        return True
                else:
                    moment_of(cell, one.order if one.order != OPEN else DAY_FIRST, "")
            except ZoneMissing:
                return True
            except ValueError:
                continue
        return False

    def answer(self, one: ColumnMapping) -> ColumnMapping | None:
        """Return how a column was mapped before; None if it was not, or left open."""
        return next(
            (b for b in self.before if same(b.heading, one.heading) and b.column in ("", one.column) and b.to != OPEN),
            None,
        )

    def is_numeric(self, at: int) -> bool:
        """Return whether a column holds numbers."""
        return is_numeric(self.cells(at).values())

    def asked(self, heading: str, what: str, cells: Mapping[int, Cell] | None = None) -> str:
        """Return the question what a column becomes, with examples that are not personal, and the possible answers."""
        texts = [written(cell) for cell in list((cells or {}).values())[:20]]
        examples = list(dict.fromkeys(f'"{one}"' for one in texts if not _may_be_personal(one)))[:3]
        shown = f" It holds {', '.join(examples)}." if examples else ""
        meant = column_meant(last_part(heading), self.template)
        codes = getattr(meant, "candidates", ()) or getattr(meant, "nearest", ())
        perhaps = f" Perhaps {' or '.join(dict.fromkeys(TARGET_OF.get(one, one) for one in codes))}." if codes else ""
        options = ", ".join(one for one in targets_of(self.template) if one != LEAVE_OUT)
        return f'{heading}: {what}{shown}{perhaps} Write "leave out", or one of {options}.'


def _may_be_personal(text: str) -> bool:
    """Return whether a text may be personal data or long, so that it is not shown as an example."""
    return bool(personal_shape(text)) or len(text) > LONGEST_EXAMPLE or NAME.search(text) is not None


def split_heading(part: str) -> str:
    """Return a heading without what stands in brackets."""
    return re.sub(r"\s*[(\[].*?[)\]]", "", part)


def last_part(heading: str) -> str:
    """Return a heading without the groups above it."""
    return heading.rpartition(JOIN)[2]


def is_numeric(cells: Iterable[Cell]) -> bool:
    """Return whether most cells are numbers, and none is a text without a digit but for a few."""
    every = [cell for cell in cells if not is_blank(cell) and not isinstance(cell, Unreadable)]
    numbers = [
        cell
        for cell in every
        if (isinstance(cell, int | float) and not isinstance(cell, bool))
        or (
            isinstance(cell, str)
            and re.fullmatch(r"[£€$]?\s*\d[\d.,\s]*\s*[a-zA-Z£€$]{0,3}", cell.strip())
            and not NUMERIC.fullmatch(cell.strip())
        )
    ]
    return bool(every) and len(numbers) * 10 >= len(every) * 9


def all_are(cells: Iterable[Cell], read: object) -> bool:
    """Return whether a function reads every cell without an error, and there is one."""
    assert callable(read)
    some = list(cells)[:SAMPLE]
    for cell in some:
        try:
            read(cell)
        except ValueError:
            return False
    return bool(some)


def any_day(cell: Cell) -> date:
    """Return the day in a cell in either order.

    Raises:
        ValueError: it is none.
    """
    try:
        return day_of(cell, DAY_FIRST)
    except ValueError:
        return day_of(cell, "month first")


def any_moment(cell: Cell) -> str | date:
    """Return the moment or day in a cell in either order, as if it were in UTC.

    Raises:
        ValueError: it is none.
    """
    try:
        return moment_of(cell, DAY_FIRST, "UTC")
    except ValueError:
        return moment_of(cell, "month first", "UTC")
