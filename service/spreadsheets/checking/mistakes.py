"""The mistakes in a spreadsheet as lines for a person and as a table: all of them, or the first ones and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import CellError

MOST_LISTED = 100
KINDS_LISTED = 20
CODES_LISTED = 60
COLUMNS = ("sheet", "row", "column", "found", "problem", "advice", "allowed")


@dataclass(frozen=True, slots=True)
class SheetMistake:
    """An error in a spreadsheet, with its sheet."""

    sheet: Sheet
    error: CellError

    @property
    def column(self) -> str:
        """The heading of the column as it stands in the file; empty if the error is in no single column."""
        return self.sheet.heading(self.error.column, self.error.row)

    def __str__(self) -> str:
        return f"{self.sheet.place(self.error.row, self.error.column)}: {self.error}"


def in_order(sheets: Iterable[Sheet], errors: Mapping[str, Iterable[CellError]]) -> list[SheetMistake]:
    """Return the errors, given by the name of the sheet, in the order of the sheets, rows and columns."""
    return [
        SheetMistake(sheet, error) for sheet in sheets for error in sorted(errors.get(sheet.name, ()), key=sheet.order)
    ]


def lines(mistakes: Sequence[SheetMistake], most: int = MOST_LISTED) -> Iterator[str]:
    """Yield a line for each mistake, for `most` at most; then a summary of all of them, and the allowed codes."""
    yield from map(str, mistakes[:most])
    if len(mistakes) > most:
        yield from _summary(mistakes, len(mistakes) - most)
    lists = {(one.column, one.error.allowed): None for one in mistakes if one.error.allowed}
    for column, (what, codes) in lists:
        more = f" and {len(codes) - CODES_LISTED} more" if len(codes) > CODES_LISTED else ""
        yield f"Codes for {column} ({what}): {', '.join(codes[:CODES_LISTED])}{more}."


def rows_of(mistakes: Iterable[SheetMistake]) -> Iterator[tuple[str, ...]]:
    """Yield all mistakes as rows of a table with these COLUMNS."""
    for one in mistakes:
        error = one.error
        place = one.sheet.name, str(error.row), one.column
        yield (*place, error.found, error.detail, error.hint, "; ".join(error.allowed.codes if error.allowed else ()))


def _summary(mistakes: Sequence[SheetMistake], more: int) -> Iterator[str]:
    kinds = Counter((one.sheet.name, one.column, one.error.detail) for one in mistakes)
    first: dict[tuple[str, str, str], SheetMistake] = {}
    for one in mistakes:
        first.setdefault((one.sheet.name, one.column, one.error.detail), one)
    yield f"... and {more:,} more. All {len(mistakes):,} errors by kind, with the first row of each:"
    for kind, times in kinds.most_common(KINDS_LISTED):
        one = first[kind]
        place = one.sheet.place(one.error.row, one.error.column)
        yield f"  {times:,} times, first in {place}: {one.error.detail}"
    if len(kinds) > KINDS_LISTED:
        rest = sum(times for _kind, times in kinds.most_common()[KINDS_LISTED:])
        yield f"  {rest:,} errors of {len(kinds) - KINDS_LISTED:,} other kinds"
