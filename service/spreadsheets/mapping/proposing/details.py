"""Propose the unit, date order, words and blanks of a column; what its cells do not settle is an open question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from service.domain.model.personal_data import personal_shape
from service.plurals import counted
from service.spreadsheets.mapping.dates import (
    order_of,
    were_swapped,
)
from service.spreadsheets.mapping.model import (
    AMOUNTS,
    CASH,
    DATE,
    DATE_AND_TIME,
    END,
    FORCE,
    LEAVE_OUT,
    MONEY,
    NOTHING,
    OPEN,
    PERIOD,
    VALUE,
    WEIGHT,
    WITH_WORDS,
    ColumnMapping,
)
from service.spreadsheets.mapping.proposing.look import (
    MOST_WORDS,
    Look,
)
from service.spreadsheets.mapping.proposing.suggest import about_codes, suggestion, unit_of
from service.spreadsheets.mapping.table import folded, written
from service.spreadsheets.reading.cells import Cell, Unreadable

STREET = re.compile(r"\b\d+[a-z]?\s+\w+|\b(?:street|road|avenue|close|flat|lane|drive)\b", re.IGNORECASE)


class Details:
    """Proposes the details of the columns of a table."""

    def __init__(self, look: Look) -> None:
        self.look = look

    def finished(self, at: int, one: ColumnMapping, known: set[str]) -> ColumnMapping:
        """Return a column with its unit, order, words and blanks."""
        remarks, cells = dict(one.remarks), self.look.cells(at)
        if one.to in (LEAVE_OUT, OPEN):
            return one
        unit, order, stored, blank = one.unit, one.order, one.stored_dates, one.blank
        if one.to in (WEIGHT, *MONEY) and unit in ("", OPEN):
            unit = self._unit(one, cells, known, remarks)
        if one.to in (DATE, DATE_AND_TIME, END) and not order:
            order = self._order(one, cells, remarks)
        if one.to in (DATE, DATE_AND_TIME) and not stored and were_swapped(cells.values()):
            stored = OPEN
            remarks["stored_dates"] = (
                f"{one.heading}: some dates are stored as dates, others stayed text: a program has perhaps exchanged "
                "day and month of those that it could read. Compare one with its source, then write "
                '"as shown" or "swapped".'
            )
        if one.to == FORCE and not one.other_forces:
            one = replace(one, other_forces=self._other_forces(one, cells, remarks))
        if not blank:
            blank = self._blank(at, one, cells, remarks)
        words = self._words(one, cells, remarks) if one.to in WITH_WORDS else {}
        if one.to in WITH_WORDS and cells and not words:
            why = f"it has more than {MOST_WORDS} different texts, too many to be words for codes. What is in it?"
            return replace(one, to=OPEN, remarks={"to": self.look.asked(one.heading, why, cells)})
        return replace(one, unit=unit, order=order, stored_dates=stored, blank=blank, words=words, remarks=remarks)

    def _unit(self, one: ColumnMapping, cells: Mapping[int, Cell], known: set[str], remarks: dict[str, str]) -> str:
        if one.to == CASH and "currency" in known:
            remarks["unit"] = 'The column of currencies says it. "currency column minor" if the amounts are in cents.'
            return "currency column"
        found = unit_of(one.to, one.heading)
        if found != OPEN:
            remarks["unit"] = "The heading says it."
            return found
        options = {
            WEIGHT: '"g", "kg", "mg", "tonne", "oz" or "lb"',
            VALUE: '"pounds", "pence" or "thousand pounds" (other money: to = "leave out")',
            CASH: '"pounds", "pence", "thousand pounds", a currency such as "EUR", or "EUR minor" for cents',
        }[one.to]
        examples = ", ".join(written(cell) for cell in list(cells.values())[:3])
        remarks["unit"] = f"{one.heading}: in which unit are its amounts, such as {examples}? Write {options}."
        return OPEN

    def _order(self, one: ColumnMapping, cells: Mapping[int, Cell], remarks: dict[str, str]) -> str:
        found = order_of(cells, self.look.weekdays)
        if found is None:
            return ""
        if found.order:
            remarks["order"] = f"Settled: {found.why}."
            return found.order
        remarks["order"] = f'{one.heading}: {found.why}. Write "day first" or "month first".'
        return OPEN

    def _other_forces(self, one: ColumnMapping, cells: Mapping[int, Cell], remarks: dict[str, str]) -> str:
        names = list(dict.fromkeys(written(cell) for cell in cells.values()))
        if len(names) == 1:
            return "refuse"
        remarks["other_forces"] = (
            f"{one.heading}: the rows are of {len(names)} forces. Rows of another force are never sent as yours. "
            'Write "leave out" to leave them out, or "refuse" to stop at them.'
        )
        return OPEN

    def _blank(self, at: int, one: ColumnMapping, cells: Mapping[int, Cell], remarks: dict[str, str]) -> str:
        blanks = len(self.look.table.rows) - len(cells)
        has_merged = any((row, at) in self.look.merged for row in self.look.table.rows)
        if one.to == "quantity" or (one.to == "count" and not one.sets):
            if not blanks or self.look.template == "seizures":
                return ""
            options = '"nothing" (not known: nothing is sent), "zero" (there were none), "one" or "refuse"'
            remarks["blank"] = f"{one.heading}: what do blank cells ({blanks:,}) mean? Write {options}."
            return OPEN
        if one.to in AMOUNTS:
            remarks["blank"] = "A blank cell or a 0 sends nothing."
            return NOTHING if one.sets else ""
        if (blanks or has_merged) and one.to in (DATE, DATE_AND_TIME, "place", "reason", "kind", "reference", PERIOD):
            remarks["blank"] = (
                f'{one.heading}: some cells are blank or merged. Write "fill down" if they repeat the cell above, '
                '"nothing" if it is not known, or "refuse".'
            )
            return OPEN
        return ""

    def _words(self, one: ColumnMapping, cells: Mapping[int, Cell], remarks: dict[str, str]) -> dict[str, str]:
        """Return each word of a column with its code, the most frequent first."""
        times_by_word = Counter(written(cell) for cell in cells.values() if not isinstance(cell, Unreadable))
        answers = self._answered_words(one)
        if len(times_by_word) > MOST_WORDS:
            return {}
        kind, measure = self._context(one)
        remarks["words"] = about_codes(one.to, kind)
        if LEAVE_OUT not in answers.values():
            remarks["words"] += ' Rows with a word that has the code "leave out" are not sent.'
        found: dict[str, str] = {}
        for word, times in times_by_word.most_common():
            found[word] = answers.get(folded(word), OPEN)
            if found[word] != OPEN:
                continue
            suggested = suggestion(one.to, word, kind=kind, measure=measure, day=self.look.first_day)
            is_address = one.to == "place" and (STREET.search(word) or personal_shape(word))
            found[word] = OPEN if is_address else suggested.code
            if found[word] == OPEN:
                maybe = (
                    f" Perhaps {' or '.join(suggested.candidates[:4])}."
                    if suggested.candidates and not is_address
                    else ""
                )
                why = (
                    " It looks like an address, which must not be sent: write the town or borough."
                    if is_address
                    else ""
                )
                rows = counted(times, "row")
                remarks[f"words.{word}"] = f'{one.heading}: which code is "{word}" ({rows})?{maybe}{why}'
        return found

    def _context(self, one: ColumnMapping) -> tuple[str, str]:
        """Return the kind and the measure that the words of a category belong to, as far as the heading shows."""
        heading = folded(one.heading)
        if self.look.template == "activities":
            return "", "arrests" if one.to == "category" and any(
                word in heading for word in ("offence", "reason")
            ) else ""
        kinds = {"drug": "drug", "substance": "drug", "weapon": "weapon", "ground": "vehicle", "power": "vehicle"}
        return next((kind for word, kind in kinds.items() if word in heading), ""), ""

    def _answered_words(self, one: ColumnMapping) -> dict[str, str]:
        before = self.look.answer(one)
        return {folded(word): code for word, code in before.words.items() if code != OPEN} if before else {}
