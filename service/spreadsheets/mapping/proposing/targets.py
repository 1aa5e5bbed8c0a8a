"""Propose what a column becomes, from its heading and from what its cells show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta

from service.spreadsheets.mapping.dates import (
    CalendarPeriod,
    clock_of,
    month_named,
    period_of,
    weekday_of,
)
from service.spreadsheets.mapping.model import (
    AMOUNTS,
    CODED,
    DATE,
    DATE_AND_TIME,
    END,
    LEAVE_OUT,
    OPEN,
    PERIOD,
    TIME,
    UNIT,
    VALUE,
    WEEKDAY,
    WEIGHT,
    ColumnMapping,
    targets_of,
)
from service.spreadsheets.mapping.proposing.look import (
    MOST_WORDS,
    SAMPLE,
    TARGET_OF,
    Look,
    all_are,
    any_day,
    any_moment,
    is_numeric,
    last_part,
    split_heading,
)
from service.spreadsheets.mapping.proposing.suggest import side_of
from service.spreadsheets.mapping.sums import is_total_word
from service.spreadsheets.mapping.table import JOIN, folded, same, written
from service.spreadsheets.reading.cells import Cell
from service.spreadsheets.reading.grid import column_letters
from service.spreadsheets.words import Ambiguous, KnownWord, Unknown, column_meant, meaning_of, personal_heading

# What a person is charged with is the reason of the arrest, while a charge elsewhere is what happened afterwards.
CHARGES = ("charge", "charges", "charge description", "offence charged", "charged with")
# Words under a heading that may mean two columns, which the question about the unit or the words settles.
SETTLED_BY_QUESTION = (WEIGHT, VALUE, "place")
# Columns of words that may be several things, of which numbers are none.
ITS_WORDS_SETTLE = {"category": {"category", "kind"}, "reference": {"reference", "count", "quantity"}}
LONGEST_MONTH = 31
UNITS = ("unit", "units", "uom", "unit of measure", "unit of measurement", "quantity unit", "weight unit", "measure")
# In any heading, such as PERP_RACE, these words mean a person.
PERSONAL_TOKENS = frozenset(
    ("sex", "gender", "race", "ethnicity", "ethnic", "dob", "surname", "forename", "lat", "lon", "nationality")
)
# What a column becomes, what it sets, and why.
Proposed = tuple[str, Mapping[str, str], str]


class Targets:
    """Proposes what the columns of a table become."""

    def __init__(self, look: Look) -> None:
        self.look = look

    def column(self, at: int) -> ColumnMapping:
        """Return a column with what it becomes; its unit, words and the like are proposed afterwards."""
        heading = self.look.table.headings[at] if at < len(self.look.table.headings) else ""
        repeated = sum(same(heading, other) for other in self.look.table.headings) > 1
        column = column_letters(at) if repeated or not heading else ""
        part = last_part(heading)
        answered = next(
            (one for one in self.look.before if same(one.heading, heading) and one.column in ("", column)), None
        )
        if answered is not None and answered.to != OPEN:
            return replace(answered, column=column, remarks={}, words={})
        personal = None if self.look.template == "arrests" and folded(part) in CHARGES else personal_heading(part)
        if personal is not None and not (personal.is_ambiguous and self._is_harmless(at, part)):
            what = f"This column holds personal data ({personal.what}): it is never read and never sent."
            if personal.action == "leave_out":
                what = f"Left out ({personal.what}): never read and never sent."
            return ColumnMapping(heading=heading, column=column, to=LEAVE_OUT, remarks={"to": what})
        if not PERSONAL_TOKENS.isdisjoint(folded(part.replace("_", " ")).split()):
            what = "Left out (an attribute of a person): never read and never sent."
            return ColumnMapping(heading=heading, column=column, to=LEAVE_OUT, remarks={"to": what})
        target, sets, why = self._target(at, heading)
        period = f'{heading}: which month or day is it? Write it as in "2023-01" or "2023-01-17".'
        return ColumnMapping(
            heading=heading, column=column, to=target, sets=sets, remarks={"to": why, "set.period": period}
        )

    def _is_harmless(self, at: int, part: str) -> bool:
        """Return whether an ambiguous heading, such as Phones or Item, has cells of the harmless kind."""
        cells = list(self.look.cells(at).values())
        if is_numeric(cells):
            return all(len(written(cell)) < len("1000") for cell in cells)
        meant = column_meant(part, self.look.template)
        return isinstance(meant, KnownWord) and len({written(cell) for cell in cells}) <= MOST_WORDS

    def _target(self, at: int, heading: str) -> Proposed:
        """Return what a column becomes, what it sets, and why."""
        cells, part = self.look.cells(at), last_part(heading)
        if not cells:
            return LEAVE_OUT, {}, "The column is empty."
        if all_are(cells.values(), weekday_of):
            return WEEKDAY, {}, "Weekdays, which are checked against the dates."
        found = self._amount(heading, cells) if is_numeric(cells.values()) else self._words_or_time(part, cells)
        return found or (
            OPEN,
            {},
            self.look.asked(heading or f"column {column_letters(at)}", "what is in this column?", cells),
        )

    def _amount(self, heading: str, cells: Mapping[int, Cell]) -> Proposed | None:
        """Return what a column of numbers becomes: an amount of its own, or one of several side by side."""
        part, group = last_part(heading), heading.rpartition(JOIN)[0]
        if month := self._month(heading):
            return month
        if isinstance(named := meaning_of("force", part), KnownWord) and self.look.template != "returns":
            about = (
                f'{part}: these seem to be the figures of {named.code}. Write "leave out" if that is not your force.'
            )
            return OPEN, {}, self.look.asked(f"{about} Otherwise", "what is in it?", cells)
        meant = self._meant(part, numeric=True)
        of_group = side_of(group, self.look.template, self.look.first_day) if group else None
        if meant in AMOUNTS and of_group is not None:
            return meant, of_group.sets, f'The group "{group}" sets what it counts.'
        side = side_of(part, self.look.template, self.look.first_day) if meant not in AMOUNTS else None
        if side is not None:
            return side.to, side.sets, self.look.asked(part, "how much of it is it?") if side.to == OPEN else ""
        if meant in (DATE, END):
            return self._when(meant, cells), {}, ""
        return (meant, {}, "") if meant and meant not in CODED else None

    def _words_or_time(self, part: str, cells: Mapping[int, Cell]) -> Proposed | None:
        if self.look.template == "seizures" and folded(split_heading(part)) in UNITS:
            return UNIT, {}, ""
        meant = self._meant(part, numeric=False)
        if meant in (DATE, END):
            return self._when(meant, cells), {}, ""
        if meant:
            return meant, {}, ""
        if self.look.template == "activities" and column_meant(part, "arrests") == KnownWord("reason"):
            return "category", {}, ""
        if folded(part) in CHARGES and self.look.template == "arrests":
            return "reason", {}, ""
        return self._by_cells(cells)

    def _by_cells(self, cells: Mapping[int, Cell]) -> Proposed | None:
        """Return what cells that are all dates or all times of day say without a known heading."""
        for target, read in ((DATE, any_moment), (TIME, clock_of)):
            if target in targets_of(self.look.template) and all_are(cells.values(), read):
                found = self._when(DATE, cells) if target == DATE else target
                return found, {}, f"All its cells are {target}s."
        return None

    def _meant(self, part: str, *, numeric: bool) -> str:
        """Return what a heading stands for; empty if that is not certain."""
        if self.look.template == "activities" and folded(part) in ("month", "period"):
            return PERIOD
        meant, stripped = (column_meant(one, self.look.template) for one in (part, split_heading(part)))
        if isinstance(meant, KnownWord):
            return TARGET_OF.get(meant.code, meant.code)
        certain = isinstance(stripped, KnownWord)
        candidates = _candidates(meant) or _candidates(stripped)
        targets = {TARGET_OF.get(one, one) for one in candidates}
        for target, rivals in ITS_WORDS_SETTLE.items():
            if target in targets and targets <= rivals and not numeric:
                return target
        if len(targets) == 1 and (targets <= set(SETTLED_BY_QUESTION) or certain):
            (target,) = targets
            return target if target not in AMOUNTS or numeric else ""
        return ""

    def _month(self, heading: str) -> Proposed | None:
        """Return the period that a heading stands for, if it is a month, a day or a year."""
        if self.look.template != "activities" or is_total_word(last_part(heading)):
            return None
        for word in dict.fromkeys((heading, heading.replace(JOIN, " "), " ".join(reversed(heading.split(JOIN))))):
            try:
                return "quantity", {PERIOD: period_written(period_of(word))}, ""
            except ValueError:
                continue
        return ("quantity", {PERIOD: OPEN}, "") if month_named(last_part(heading)) else None

    def _when(self, meant: str, cells: Mapping[int, Cell]) -> str:
        """Return whether a column holds dates, times, or both."""
        if meant == END:
            return END
        some = list(cells.values())[:SAMPLE]
        if not any(all_are([cell], any_day) or isinstance(cell, datetime) for cell in some) and any(
            all_are([cell], clock_of) for cell in some
        ):
            return TIME
        # Midnight in every row is how a program writes a day without a time.
        has_time = any(
            (isinstance(cell, datetime) and cell.time() != time())
            or (isinstance(cell, str) and ":" in cell and not all_are([cell], any_day))
            for cell in some
        )
        return DATE_AND_TIME if has_time and self.look.template != "returns" else DATE


def _candidates(meant: KnownWord | Ambiguous | Unknown) -> tuple[str, ...]:
    return (meant.code,) if isinstance(meant, KnownWord) else meant.candidates if isinstance(meant, Ambiguous) else ()


def period_written(period: CalendarPeriod) -> str:
    """Return a period as a mapping writes it; `?` for the first day of a month, which may be the month."""
    if period.before - period.first == timedelta(days=1):
        return OPEN if period.first.day == 1 else str(period.first)
    return f"{period.first:%Y-%m}" if (period.before - period.first).days <= LONGEST_MONTH else f"{period.first:%Y}"
