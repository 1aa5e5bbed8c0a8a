"""Which forces still owe a return, per figure. A figure is final only when every force's returns cover its measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

NONE, PARTIAL, COMPLETE, NIL, REOPENED = "none", "partial", "complete", "nil", "reopened"
DONE = (COMPLETE, NIL)
# What a force never declared in full. A reopened day was declared in full, and has an event since.
NEVER_DONE = (NONE, PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One declared return: its status, seq, time and measures (empty: all). Its status is `reopened` once outdated."""

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
        return replace(self, status=REOPENED) if is_outdated and self.status in DONE else self


# Newest first, by force and day.
Declarations = Mapping[tuple[str, date], Sequence[Declaration]]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A force that owes returns, and the days it owes them for."""

    force: str
    days: tuple[date, ...]


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
    declarations: Declarations,
    *,
    forces: Iterable[str],
    due: Sequence[tuple[date, datetime]],
    measures: Sequence[str],
    now: datetime,
) -> list[Overdue]:
    """Return the forces, in the order given, whose returns for these measures are overdue.

    `due` has the days with a deadline, each with the moment at which its returns are due.
    """
    found = []
    for force in forces:
        missed = [
            due_at for day, due_at in due if _is_missed(declarations.get((force, day), ()), measures, due_at, now)
        ]
        if missed:
            found.append(Overdue(force, len(missed), min(missed)))
    return found


def is_outstanding(declared: Sequence[Declaration], measures: Sequence[str]) -> bool:
    """Return whether a force still owes a day's return for any of these measures.

    For each measure, the newest return that covers it must be complete or nil.
    """
    if not declared:
        return bool(measures)
    if not declared[0].measures:
        return declared[0].status not in DONE
    return any(_newest_status(declared, measure) not in DONE for measure in measures)


def outstanding(
    declarations: Declarations, *, forces: Iterable[str], days: Sequence[date], measures: Sequence[str]
) -> list[Outstanding]:
    """Return the forces, in the order given, that owe returns for any of the measures, with the days they owe."""
    owing = []
    for force in forces:
        owed = tuple(day for day in days if is_outstanding(declarations.get((force, day), ()), measures))
        if owed:
            owing.append(Outstanding(force, owed))
    return owing


def day_status(declared: Sequence[Declaration], measures: Iterable[str]) -> str:
    """Return the status of a force's returns for one day: none, partial, complete, nil or reopened.

    The day is nil only if every measure's newest return is nil. One outstanding measure makes the day partial.
    """
    if not declared:
        return NONE
    statuses = {_newest_status(declared, measure) for measure in measures}
    if statuses <= {*DONE}:
        return NIL if statuses == {NIL} else COMPLETE
    return REOPENED if REOPENED in statuses else PARTIAL


def _newest_status(declared: Sequence[Declaration], measure: str) -> str | None:
    return next((one.status for one in declared if one.covers(measure)), None)


def _is_missed(declared: Sequence[Declaration], measures: Sequence[str], due_at: datetime, now: datetime) -> bool:
    # Most days are done; `is_outstanding` finds that out faster than `day_status`.
    return is_outstanding(declared, measures) and is_overdue(day_status(declared, measures), due_at, now)
