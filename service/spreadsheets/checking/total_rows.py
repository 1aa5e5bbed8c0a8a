"""Rows of a sheet that are no entries: totals of the rows above, and repeated headers. Sent, they would count twice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from service.spreadsheets.reading.cells import NUMBER, Cell, is_blank, milligrams, pence, whole
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import REFERENCE, Template
from service.spreadsheets.words import normalised_heading

TOTAL = re.compile(r"(?:.* )?(?:grand |sub ?|running |overall )?totals?(?: .*)?|sub ?totals?|sums?|sum of .*|overall")
IS_TOTAL = "This looks like a total of the rows above: delete the row. The service adds up the rows itself."
IS_HEADER = "This is the header again: delete the row."
NUMERIC = (whole, pence, milligrams)
# A sum of fewer rows, or a smaller one, is often equal to an entry by chance.
FEWEST_ROWS = 2
SMALLEST_SUM = 10


def total_rows(sheet: Sheet) -> dict[int, str]:
    """Return what is wrong with each row that is no entry, by row number.

    A row is a total if one of its texts says so, if a formula in it adds up cells above, or if it has no reference or
    no text while its numbers are the sums of those above it, since the last total.
    """
    if sheet.is_mapped:
        return {}
    template = sheet.template
    numbers = [one.name for one in template.columns if one.read in NUMERIC and one.name in sheet.header]
    texts = [name for name in sheet.header if name not in numbers]
    found: dict[int, str] = {}
    sums = all_sums = _Sums()
    for row, cells in sheet.rows.items():
        written = [text for name in texts if (text := _text(cells.get(name, "")))]
        entry = dict(_numbers(cells, numbers))
        if _is_header(sheet, cells):
            found[row] = IS_HEADER
        elif (
            row in sheet.sum_rows
            or any(TOTAL.fullmatch(text) for text in written)
            or ((sums.has(entry) or all_sums.has(entry)) and _has_no_entry(template, cells))
            or (sums.has(entry) and all_sums.lacks_reference(sheet, cells))
        ):
            found[row] = IS_TOTAL
            sums = _Sums()
        else:
            all_sums.add(cells, entry)
            if sums is not all_sums:
                sums.add(cells, entry)
    return found


class _Sums:
    """The sums of the numbers in rows without a total between them, by column."""

    def __init__(self) -> None:
        self.sums = defaultdict[str, Decimal](Decimal)
        self.rows: Counter[str] = Counter()
        self.have_references = True

    def add(self, cells: Mapping[str, Cell], entry: Mapping[str, Decimal]) -> None:
        self.have_references = self.have_references and not is_blank(cells.get(REFERENCE, ""))
        for name, number in entry.items():
            self.sums[name] += number
            self.rows[name] += 1

    def has(self, entry: Mapping[str, Decimal]) -> bool:
        """Return whether every number of a row is the sum of those above it, and one of them cannot be so by chance."""
        enough = any(self.rows[name] >= FEWEST_ROWS and number >= SMALLEST_SUM for name, number in entry.items())
        return enough and all(number == self.sums[name] for name, number in entry.items())

    def lacks_reference(self, sheet: Sheet, cells: Mapping[str, Cell]) -> bool:
        """Return whether a row has no reference although every row above it has one."""
        return REFERENCE in sheet.header and self.have_references and is_blank(cells.get(REFERENCE, ""))


def _has_no_entry(template: Template, cells: Mapping[str, Cell]) -> bool:
    """Return whether the cell is blank that every row of the template must have."""
    return is_blank(cells.get(template.key, "")) and all(
        is_blank(cells.get(name, "")) for name in ("occurred_at", "occurred_on", "place")
    )


def _numbers(cells: Mapping[str, Cell], names: Iterable[str]) -> Iterator[tuple[str, Decimal]]:
    for name in names:
        cell = cells.get(name, "")
        digits = repr(cell) if isinstance(cell, float) else str(cell).strip()
        if NUMBER.fullmatch(digits):
            yield name, Decimal(digits)


def _text(cell: Cell) -> str:
    return normalised_heading(cell) if isinstance(cell, str) else ""


def _is_header(sheet: Sheet, cells: Mapping[str, Cell]) -> bool:
    filled = {name: cell for name, cell in cells.items() if not is_blank(cell)}
    return len(filled) > 1 and all(cell == sheet.heading(name) for name, cell in filled.items())
