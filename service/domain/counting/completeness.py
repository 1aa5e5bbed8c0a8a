"""Which forces still owe a return, per figure. A figure is final only when every force's returns cover its measure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, groupby
from typing import NamedTuple

NONE, PARTIAL, COMPLETE, NIL, REOPENED = "none", "partial", "complete", "nil", "reopened"
DONE = (COMPLETE, NIL)
# What a force never declared in full. A reopened day was declared in full, and has an event since.
NEVER_DONE = (NONE, PARTIAL)
STATUSES = (NONE, PARTIAL, COMPLETE, NIL, REOPENED)
ONE_DAY = timedelta(days=1)


class Declaration(NamedTuple):
    """One declared return: its status, measures (empty: all), seq and time. Its status is `reopened` once outdated."""

    status: str
    measures: frozenset[str]
    seq: int
    recorded_at: datetime

    def covers(self, measure: str) -> bool:
        """Return whether this return includes the measure."""
        return not self.measures or measure in self.measures

    def reopened_by(self, last_seqs: Mapping[str, int]) -> Declaration:
        """Return this declaration, reopened if one of its measures was last changed after it. Seqs are by measure."""
        is_outdated = any(seq > self.seq for measure, seq in last_seqs.items() if self.covers(measure))
        return self._replace(status=REOPENED) if is_outdated and self.status in DONE else self


# The statuses and measures of declarations, newest first.
Said = tuple[tuple[str, frozenset[str]], ...]


class DayReturns(NamedTuple):
    """The returns that a force has declared for a day, newest first.

    Whether the day is complete depends only on `said`, and the returns of most days say the same.
    """

    declared: Sequence[Declaration]
    said: Said


UNDECLARED = DayReturns((), ())


def day_returns(declared: Sequence[Declaration]) -> DayReturns:
    """Return the returns of a day from these declarations, newest first."""
    return DayReturns(declared, tuple([one[:2] for one in declared]))


# Instead of the name of a force that owes a return in a part which the reader may not see.
OTHER_PARTS = ""

# By force and day; a day without a declaration is left out.
Declarations = Mapping[tuple[str, date], DayReturns]
# By force, in order: its days, in order, grouped by what its returns for them say; `()`: nothing is declared.
DaysBySaid = Mapping[str, Mapping[Said, Sequence[date]]]


@dataclass(frozen=True, slots=True)
class Span:
    """Days of an operation without another between them, in [day_from, day_before), and how many they are."""

    day_from: date
    day_before: date
    days: int


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A force that owes returns, and the days it owes them for. `force` is OTHER_PARTS for forces not to be named.

    `among` are all days that it owes a return for or has made one for; empty: each date is a day.
    """

    force: str
    days: tuple[date, ...]
    among: tuple[date, ...] = field(default=(), compare=False, repr=False)

    @property
    def spans(self) -> list[Span]:
        """The days as spans, in order."""
        return spans_of(self.days, self.among)


@dataclass(frozen=True, slots=True)
class OwedSpan:
    """A force that owes returns for a span of days, for these measures (empty: all that were asked for)."""

    force: str
    span: Span
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A force whose returns are overdue, for how many days, and the moment at which the first of them was due."""

    force: str
    days: int
    since: datetime


def is_overdue(status: str, due_at: datetime | None, now: datetime) -> bool:
    """Return whether a day's returns are overdue: never declared in full, although the moment they were due is past."""
    return due_at is not None and status in NEVER_DONE and now > due_at


def overdue(
    by_said: DaysBySaid,
    *,
    due: Collection[date],
    due_at: Callable[[date], datetime | None],
    measures: Sequence[str],
) -> list[Overdue]:
    """Return the forces, in the order given, whose returns for these measures are overdue.

    `due` are the days whose deadline is past; `due_at` returns the deadline of one.
    """
    found = []
    for force, days_of in by_said.items():
        missed = [
            day
            for said, days in days_of.items()
            if is_outstanding(said, measures) and day_status(said, measures) in NEVER_DONE
            for day in days
            if day in due
        ]
        if missed:
            since = due_at(min(missed))
            assert since is not None, "its deadline is past"
            found.append(Overdue(force, len(missed), since))
    return found


def days_by_said(declarations: Declarations, *, forces: Iterable[str], days: Sequence[date]) -> DaysBySaid:
    """Return these days for each of these forces, grouped by what its returns for them say."""
    found: dict[str, dict[Said, list[date]]] = {}
    for force in forces:
        days_of = found.setdefault(force, {})
        for day in days:
            days_of.setdefault(declarations.get((force, day), UNDECLARED).said, []).append(day)
    return found


def is_outstanding(said: Said, measures: Sequence[str]) -> bool:
    """Return whether a force still owes a day's return for any of these measures.

    For each measure, the newest return that covers it must be complete or nil.
    """
    return any(newest_status(said, measure) not in DONE for measure in measures)


def outstanding(by_said: DaysBySaid, *, days: Sequence[date], measures: Sequence[str]) -> list[Outstanding]:
    """Return the forces, in the order given, that owe returns for any of the measures, with the days they owe.

    `days` are all for which returns are expected.
    """
    owing, among = [], tuple(days)
    for force, days_of in by_said.items():
        owed = [some for said, some in days_of.items() if is_outstanding(said, measures)]
        if owed:
            owing.append(Outstanding(force, tuple(sorted(chain.from_iterable(owed))), among))
    return owing


def spans_of(days: Sequence[date], among: Sequence[date]) -> list[Span]:
    """Return days in order as spans: two are in one span if none of `among` lies between them.

    `among` has all of the days, in order; empty: each date is a day.
    """
    if days and len(days) == len(among):
        return [Span(days[0], days[-1] + ONE_DAY, len(days))]
    spans: list[Span] = []
    start, place = 0, bisect_left(among, days[0]) if among and days else 0
    for index, day in enumerate(days):
        following = among[place + 1] if place + 1 < len(among) else None
        if index and day != (following if among else days[index - 1] + ONE_DAY):
            spans.append(Span(days[start], days[index - 1] + ONE_DAY, index - start))
            start, place = index, bisect_left(among, day, place)
        elif index:
            place += 1
    return [*spans, Span(days[start], days[-1] + ONE_DAY, len(days) - start)] if days else []


def owed_spans(owed: Iterable[Outstanding], by_measure: Mapping[str, Sequence[Outstanding]]) -> list[OwedSpan]:
    """Return each span of days for which a force owes returns once, with the measures that it owes them for.

    `owed` has the days for any of the measures, `by_measure` those for each.
    """
    lists: dict[int, tuple[Sequence[Outstanding], list[str]]] = {}
    for measure, found in by_measure.items():
        lists.setdefault(id(found), (found, []))[1].append(measure)
    days_of: dict[str, list[tuple[frozenset[date], list[str]]]] = {}
    for found, measures in lists.values():
        for one in found:
            days_of.setdefault(one.force, []).append((frozenset(one.days), measures))
    order = list(by_measure)
    return [
        OwedSpan(one.force, span, () if len(measures) == len(order) else tuple(sorted(measures, key=order.index)))
        for one in owed
        for measures, span in _spans_by_measures(one, days_of[one.force])
    ]


def day_status(said: Said, measures: Collection[str]) -> str:
    """Return the status of a force's returns for one day: none, partial, complete, nil or reopened.

    The day is nil only if every measure's newest return is nil. One outstanding measure makes the day partial.
    """
    if not said:
        return NONE
    statuses = {newest_status(said, measure) for measure in measures}
    if statuses <= {*DONE}:
        return NIL if statuses == {NIL} else COMPLETE
    return REOPENED if REOPENED in statuses else PARTIAL


def newest_status(said: Said, measure: str) -> str | None:
    """Return the status of the newest return that covers a measure; None if none does."""
    return next((status for status, measures in said if not measures or measure in measures), None)


def _spans_by_measures(
    owed: Outstanding, owed_for: Sequence[tuple[frozenset[date], list[str]]]
) -> Iterator[tuple[list[str], Span]]:
    """Yield the spans of days for which the same measures are owed, in order, each with these measures."""
    whole = [measure for _days, measures in owed_for for measure in measures]
    if all(len(days) == len(owed.days) for days, _measures in owed_for):
        yield from ((whole, span) for span in owed.spans)
        return
    for which, run in groupby(owed.days, key=lambda day: tuple(day in days for days, _measures in owed_for)):
        of_run = tuple(run)
        measures = [one for (_days, of), is_owed in zip(owed_for, which, strict=True) if is_owed for one in of]
        yield from ((measures, span) for span in spans_of(of_run, owed.among))
