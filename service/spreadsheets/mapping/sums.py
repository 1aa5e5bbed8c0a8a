"""Sums in a sheet: rows and columns that are checked against their parts and left out, and rows that look like sums."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from service.spreadsheets.mapping.model import FileForm
from service.spreadsheets.mapping.table import folded, written
from service.spreadsheets.mapping.units import number, plain
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank

# "All" and "overall" are not here: they may be categories.
TOTAL_WORD = re.compile(r"(?:.* )?(?:(?:sub|grand)?[ -]?totals?)(?: .*)?:?|sum:?", re.IGNORECASE)
FEWEST_PARTS, MOST_PARTS = 2, 1_000
LARGE = 100


@dataclass(frozen=True, slots=True)
class SumRow:
    """A sum row: the problem with it, empty if it is the sum of its parts."""

    row: int
    problem: str = ""


def is_total_word(word: str) -> bool:
    """Return whether a word or heading says that it is a sum: Total, Sub-total, Grand Total, Total Camden."""
    return TOTAL_WORD.fullmatch(folded(word)) is not None


def number_or_none(cell: Cell, form: FileForm) -> Decimal | None:
    """Return the number in a cell, also one with a unit; None if it has none."""
    if isinstance(cell, Unreadable) or is_blank(cell):
        return None
    try:
        return number(cell, form)
    except ValueError:
        return None


def check_sum_rows(
    amounts: Mapping[str, Mapping[int, Decimal]], rows: Iterable[int], sums: Iterable[int]
) -> Iterator[SumRow]:
    """Yield each sum row with its problem, if it has one.

    `amounts` are the numbers by heading and row, sum rows included. A sum is that of all rows since the last sum row,
    or of all rows above; it must be the same for all columns.
    """
    every = set(sums)
    above: list[int] = []
    since: list[int] = []
    for row in sorted({*rows, *every}):
        if row not in every:
            above.append(row)
            since.append(row)
            continue
        yield SumRow(row, _sum_problem(amounts, row, [since, above] if since else [above]))
        since = []


def looks_like_sum(
    amounts: Mapping[str, Mapping[int, Decimal]], labels: Mapping[int, int], rows: Sequence[int], index: int
) -> str:
    """Return why the row at this index looks like the sum of those above it; empty if it does not.

    Each of its amounts is the sum of theirs, and it has fewer labels than they have; or it is the sum of all rows
    above. Small whole numbers add up by chance, so they need two labels less. `labels` are how many cells with a label
    each row has.
    """
    row = rows[index]
    wanted = {heading: cells[row] for heading, cells in amounts.items() if cells.get(row)}
    found = dict.fromkeys(wanted, Decimal())
    is_small = all(value < LARGE and value == int(value) for value in wanted.values())
    parts = 0
    for above in range(index - 1, max(-1, index - 1 - MOST_PARTS), -1):
        missing = labels[rows[above]] - labels[row]
        if not wanted or missing < 0:
            return ""
        values = {heading: amounts[heading].get(rows[above], Decimal()) for heading in wanted}
        parts += any(values.values())
        found = {heading: value + values[heading] for heading, value in found.items()}
        if any(found[heading] > value for heading, value in wanted.items()):
            return ""
        is_clear = missing > 1 if is_small else missing > 0 or above == 0
        if parts >= FEWEST_PARTS and found == wanted and is_clear:
            heading, value = next(iter(wanted.items()))
            return f"{heading} {plain(value)} is the sum of rows {rows[above]} to {rows[index - 1]}"
    return ""


def summed_columns(columns: Mapping[str, Mapping[int, Decimal]]) -> dict[str, tuple[str, ...]]:
    """Return the columns that are the sum of neighbours, with these. It shows in at least two rows with two parts."""
    names = list(columns)
    found: dict[str, tuple[str, ...]] = {}
    for index, name in enumerate(names):
        runs = [names[start:end] for start, end in combinations(range(len(names) + 1), 2)]
        beside = [
            run
            for run in runs
            if len(run) >= FEWEST_PARTS and index in (names.index(run[0]) - 1, names.index(run[-1]) + 1)
        ]
        for run in sorted(beside, key=len, reverse=True):
            parts = [one for one in run if one not in found]
            if len(parts) >= FEWEST_PARTS and _is_sum(columns, name, parts):
                found[name] = tuple(parts)
                break
    return found


def sum_column_problem(total: Decimal, parts: Mapping[str, Decimal]) -> str:
    """Return what is wrong with a sum beside its parts; empty if nothing is."""
    found = sum(parts.values(), Decimal())
    if total == found:
        return ""
    named = ", ".join(f"{heading} {plain(value)}" for heading, value in parts.items() if value)
    differs = f"The sum is {plain(total)}, but its parts add up to {plain(found)}"
    return f"{differs} ({named or 'all are 0'}). Correct one of them."


def total_word_in(cells: Sequence[Cell]) -> str:
    """Return the word in a row that says that it is a sum; empty if there is none."""
    words = [written(cell) for cell in cells if isinstance(cell, str)]
    return next((word for word in words if word and is_total_word(word)), "")


def _is_sum(columns: Mapping[str, Mapping[int, Decimal]], name: str, parts: Sequence[str]) -> bool:
    shown = 0
    for row, total in columns[name].items():
        values = [columns[part].get(row, Decimal()) for part in parts]
        if sum(values, Decimal()) != total:
            return False
        shown += sum(bool(value) for value in values) >= FEWEST_PARTS
    return shown >= FEWEST_PARTS


def _sum_problem(amounts: Mapping[str, Mapping[int, Decimal]], row: int, scopes: Sequence[Sequence[int]]) -> str:
    if any(not any(_differences(amounts, row, parts)) for parts in scopes):
        return ""
    parts = scopes[0]
    if not parts:
        return "This is a sum row, but no rows are above it."
    heading, total, found = next(iter(_differences(amounts, row, parts)))
    return (
        f"{heading}: the sum is {plain(total)}, but rows {parts[0]} to {parts[-1]} add up to {plain(found)}. "
        "Correct one of them."
    )


def _differences(
    amounts: Mapping[str, Mapping[int, Decimal]], row: int, parts: Sequence[int]
) -> Iterator[tuple[str, Decimal, Decimal]]:
    for heading, cells in amounts.items():
        if row in cells:
            found = sum((cells.get(part, Decimal()) for part in parts), Decimal())
            if found != cells[row]:
                yield heading, cells[row], found
