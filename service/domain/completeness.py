"""Who still owes a return, figure by figure. A figure is final only if every force's returns speak of its measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

NONE, PARTIAL, COMPLETE, NIL, REOPENED = "none", "partial", "complete", "nil", "reopened"
DONE = (COMPLETE, NIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What one return said, when, and of which measures (none: of all); reopened once it no longer holds."""

    status: str
    measures: frozenset[str]
    seq: int
    recorded_at: datetime

    def speaks_of(self, measure: str) -> bool:
        """Return whether this return is about the measure."""
        return not self.measures or measure in self.measures

    def reopened_by(self, last_seqs: Mapping[str, int]) -> Declaration:
        """Return this declaration as it stands once these measures were last touched at these seqs."""
        touched = any(seq > self.seq for measure, seq in last_seqs.items() if self.speaks_of(measure))
        return replace(self, status=REOPENED) if touched and self.status in DONE else self


# Newest first, by force and day.
Declarations = Mapping[tuple[str, date], Sequence[Declaration]]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A force that owes returns, and for which days."""

    force: str
    days: tuple[date, ...]


def is_outstanding(declared: Sequence[Declaration], measures: Sequence[str]) -> bool:
    """Return whether a force still owes a day's return for any of these measures.

    For each measure the newest return that speaks of it counts, and it must say complete or nil.
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
    """Return what a force's returns for one day come to: none, partial, complete, nil or reopened.

    It is nil only where every measure's newest return says nil; one measure that is owed makes the day partial.
    """
    if not declared:
        return NONE
    statuses = {_newest_status(declared, measure) for measure in measures}
    if statuses <= {*DONE}:
        return NIL if statuses == {NIL} else COMPLETE
    return REOPENED if REOPENED in statuses else PARTIAL


def _newest_status(declared: Sequence[Declaration], measure: str) -> str | None:
    return next((one.status for one in declared if one.speaks_of(measure)), None)
