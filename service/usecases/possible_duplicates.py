"""Possible duplicates: events of two forces that may be one. The coordinator sees pairs, a force its own events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from service.access.credentials import Credential
from service.db import Database
from service.domain.duplicates import CERTAIN, LIKELY, certain_pairs, certainly_doubled, likely_doubled, likely_pairs
from service.domain.events import RecordedEvent
from service.domain.evidence import GROUNDS, Evidence, evidence_of
from service.domain.operation import Operation
from service.domain.sightings import Pair, Sighting
from service.errors import Forbidden, Invalid
from service.eventlog import read
from service.eventlog.head import Head
from service.projections.ruled_out import pairs_ruled_out
from service.projections.sightings import sighting_at, standing_by_incident, standing_by_place
from service.usecases.visibility import coordinates, visible

DEFAULT_WINDOW_MINUTES = 30


class WindowNotYours(Forbidden):
    """Only the coordinator chooses the window: by trying several, a force could find out when another's event was."""

    code = "window_not_yours"


class NoSuchPosition(Invalid):
    """`after` is no position in this list: it must be the `next` of an answer to the same question."""

    code = "no_such_position"


@dataclass(frozen=True, slots=True)
class Position:
    """Behind what a list goes on: a pair, by the seqs of its later and earlier event, or a force's own event."""

    certainty: str
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """A pair, and what speaks for it. `events` are those of the two that the caller may read."""

    certainty: str
    evidence: Evidence
    events: tuple[RecordedEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicates:
    """Some possible duplicates, certain ones first; `next_after` continues behind them, None at the end."""

    operation: Operation
    head: Head
    window_minutes: int
    found: tuple[PossibleDuplicate, ...]
    next_after: Position | None


def possible_duplicates(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    window_minutes: int | None,
    after: Position | None,
    limit: int,
) -> PossibleDuplicates:
    """Return at most `limit` possible duplicates that nothing has settled; a force's own events are each shown once.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        WindowNotYours, NoSuchPosition: by what is asked.
    """
    with database.snapshot() as connection:
        head, state = visible(connection, operation, credential)
        own = None if coordinates(credential, state) else credential.force
        if own is not None and window_minutes is not None:
            raise WindowNotYours("Only the coordinator chooses the window.", pointer="/window_minutes")
        minutes = DEFAULT_WINDOW_MINUTES if window_minutes is None else window_minutes
        search = _Search(connection, head, minutes * 60, pairs_ruled_out(connection, head))
        positions = search.pairs(after) if own is None else search.own_events(own, after)
        some = list(islice(positions, limit + 1))
        return PossibleDuplicates(
            operation=state,
            head=head,
            window_minutes=minutes,
            found=tuple(search.shown(some[:limit])),
            next_after=some[limit - 1] if len(some) > limit else None,
        )


@dataclass(frozen=True, slots=True)
class _Search:
    """One look through the standing sightings of an operation, in one snapshot."""

    connection: sa.Connection
    head: Head
    window_seconds: int
    ruled_out: set[tuple[int, int]]

    def pairs(self, after: Position | None) -> Iterator[Position]:
        """Yield the pairs behind a position."""
        behind = None if after is None else self._pair_at(after)
        if after is None or after.certainty == CERTAIN:
            sightings = standing_by_incident(self.connection, self.head, since=behind and behind.later)
            yield from self._open(CERTAIN, certain_pairs(sightings, after=behind))
            behind = None
        sightings = standing_by_place(self.connection, self.head, since=behind and self._window_before(behind.later))
        yield from self._open(LIKELY, likely_pairs(sightings, self._window, after=behind))

    def own_events(self, force: str, after: Position | None) -> Iterator[Position]:
        """Yield a force's own events that are in a pair, by certainty and seq, behind a position."""
        if after is not None and len(after.seqs) != 1:
            raise NoSuchPosition("There is no such position in this list.", pointer="/after")
        certain = set(certainly_doubled(standing_by_incident(self.connection, self.head), force, self._is_ruled_out))
        likely = likely_doubled(standing_by_place(self.connection, self.head), force, self._is_settled, self._window)
        found = [(CERTAIN, seq) for seq in sorted(certain)] + [(LIKELY, seq) for seq in sorted(set(likely) - certain)]
        behind = ("", 0) if after is None else (after.certainty, after.seqs[0])
        yield from (Position(certainty, (seq,)) for certainty, seq in found if (certainty, seq) > behind)

    def shown(self, positions: list[Position]) -> Iterator[PossibleDuplicate]:
        """Yield what stands at these positions, the event recorded first ahead of the other."""
        seqs = {seq for position in positions for seq in position.seqs}
        recorded = read.events_at(self.connection, self.head.operation, seqs)
        for position in positions:
            events = tuple(recorded[seq] for seq in sorted(position.seqs))
            evidence = (
                evidence_of(events[0].event, events[1].event, window_seconds=self.window_seconds)
                if len(events) > 1
                else Evidence(same=GROUNDS[position.certainty])
            )
            yield PossibleDuplicate(certainty=position.certainty, evidence=evidence, events=events)

    @property
    def _window(self) -> int:
        return self.window_seconds * 1_000_000

    def _open(self, certainty: str, pairs: Iterator[Pair]) -> Iterator[Position]:
        is_closed = self._is_ruled_out if certainty == CERTAIN else self._is_settled
        for pair in pairs:
            if not is_closed(pair):
                yield Position(certainty, (pair.later.seq, pair.earlier.seq))

    def _is_ruled_out(self, pair: Pair) -> bool:
        return pair.fact_seqs in self.ruled_out

    def _is_settled(self, pair: Pair) -> bool:
        """Return whether a likely pair is ruled out, or shown as a certain one."""
        is_certain = pair.later.incident is not None and pair.later.incident == pair.earlier.incident
        return is_certain or self._is_ruled_out(pair)

    def _pair_at(self, position: Position) -> Pair:
        found = [sighting_at(self.connection, self.head, seq) for seq in position.seqs]
        known = [one for one in found if one is not None and (position.certainty == LIKELY or one.incident is not None)]
        if len(known) != 2:  # noqa: PLR2004 - a pair
            raise NoSuchPosition("There is no such position in this list.", pointer="/after")
        return Pair(later=known[0], earlier=known[1])

    def _window_before(self, one: Sighting) -> Sighting:
        return one._replace(occurred_microseconds=one.occurred_microseconds - self._window)
