"""Match candidates: the type, place, moment, incident and categories by which two events may be found to be one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.domain.duplicates.lines import Line, lines_in, path_of
from service.domain.model.events import ArrestRecorded, SeizureRecorded

# The events that two forces can both count. An activity may be a sum made by the force, which no single event equals.
COMPARED = (ArrestRecorded, SeizureRecorded)

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

# Identifies an event across corrections: its operation, and the seq of its first version there.
EventKey = tuple[str, int]


class DayExtent(NamedTuple):
    """An operating day, [starts, ends) in microseconds since 1970."""

    starts: int
    ends: int


class MatchCandidate(NamedTuple):
    """A match candidate: the compared fields of one version of an arrest or seizure.

    `first_seq` is the seq of the event's first version. Two match candidates pair only if their `party` differs: the
    force, or for an event of a part the part as a whole. `categories` are joined by commas. An event without a moment
    has its operating day in `day`, and comes in order at the London midnight before it: so no moment of the day comes
    before it. `said` is the text of its lines; empty if not known. `first_recorded_microseconds` is when the event's
    first version was recorded: events that were recorded together have the same.
    """

    operation: str
    party: str
    seq: int
    first_seq: int
    force: str
    type: str
    place: str | None
    incident: str | None
    occurred_microseconds: int
    categories: str
    said: str = ""
    first_recorded_microseconds: int = 0
    day: DayExtent | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of the event, as they are compared."""
        return lines_in(self.said, self.categories)


class Pair(NamedTuple):
    """Two match candidates of different parties, in the order of the pass that found them."""

    earlier: MatchCandidate
    later: MatchCandidate

    @property
    def event_keys(self) -> tuple[EventKey, EventKey]:
        """The keys of the two events, sorted: they stay the same however often either is corrected."""
        one, other = ((version.operation, version.first_seq) for version in self)
        return (one, other) if one < other else (other, one)

    @property
    def is_certain(self) -> bool:
        """Whether both have the same incident."""
        return self.later.incident is not None and self.later.incident == self.earlier.incident


def microseconds_of(moment: datetime) -> int:
    """Return a moment in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """Return the moment of microseconds since 1970."""
    return EPOCH + microseconds * MICROSECOND


def categories_of(data: ArrestRecorded | SeizureRecorded) -> list[str]:
    """Return the category paths of an arrest or seizure, sorted and unique; those of a seizure begin with the kind."""
    if isinstance(data, ArrestRecorded):
        return [data.reason]
    return sorted({path_of(line) for line in data.lines})


def shared_categories(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """Return the paths of either that equal, lie above or lie beneath a path of the other; sorted."""
    ones, others = set(one), set(other)
    pairs = ((ones, others), (others, ones))
    return sorted({path for mine, theirs in pairs for path in mine if _is_related(path, theirs)})


def steps_above(path: str) -> list[str]:
    """Return the paths above a path, shortest first: for a/b/c, a and a/b."""
    steps = path.split("/")
    return ["/".join(steps[:length]) for length in range(1, len(steps))]


def _is_related(path: str, others: set[str]) -> bool:
    return not others.isdisjoint((path, *steps_above(path))) or any(path in steps_above(one) for one in others)
