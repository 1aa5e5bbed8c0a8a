"""Who still owes a return, figure by figure. A figure is final only if every force's returns speak of its measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

DONE = ("complete", "nil")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one return said, of which measures (none: of all)."""

    status: str
    measures: frozenset[str]

    def speaks_of(self, measure: str) -> bool:
        """Return whether this return is about the measure."""
        return not self.measures or measure in self.measures


# Newest first, by force and day.
Declarations = Mapping[tuple[str, date], Sequence[Declaration]]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A force that owes returns, and for which days."""

    force: str
    days: tuple[date, ...]


def is_outstanding(declared: Sequence[Declaration], measures: Iterable[str]) -> bool:
    """Return whether a force still owes a day's return for any of these measures.

    For each measure the newest return that speaks of it counts, and it must say complete or nil.
    """
    if declared and not declared[0].measures:
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


def _newest_status(declared: Sequence[Declaration], measure: str) -> str | None:
    return next((one.status for one in declared if one.speaks_of(measure)), None)
