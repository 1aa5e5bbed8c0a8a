"""The search for possible duplicates: pairs for the coordinator, and for a force its own events that are in any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.duplicates.match_candidates import EventKey, MatchCandidate, Pair
from service.domain.duplicates.pairs import (
    CERTAIN,
    LIKELY,
    certain_pairs,
    certainly_doubled,
    likely_doubled,
    likely_pairs,
)
from service.errors import Invalid
from service.projections.duplicates.standing_candidates import StandingCandidates, incident_key, place_key

NO_SUCH_POSITION = "Wanted the `next` of an answer to the same question; found no position in this list."

# A version of an event: its operation, and its seq there.
Version = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Behind what a list goes on: a pair, by its later and its earlier event, or a force's own event."""

    certainty: str
    versions: tuple[Version, ...]


class NoSuchPosition(Invalid):
    """`after` is no position in this list: it must be the `next` of an answer to the same question."""

    code = "no_such_position"


@dataclass(frozen=True, slots=True)
class Search:
    """One look through the standing match candidates of an operation and its parts, in one transaction."""

    match_candidates: StandingCandidates
    window_seconds: int
    ruled_out: set[tuple[EventKey, EventKey]]

    def pairs(self, after: Place | None) -> Iterator[Place]:
        """Yield the pairs behind a place."""
        behind = None if after is None else self._pair_at(after)
        if after is None or after.certainty == CERTAIN:
            match_candidates = self.match_candidates.by_incident(since=behind and behind.later)
            yield from self._open(CERTAIN, certain_pairs(match_candidates, after=behind))
            behind = None
        match_candidates = self.match_candidates.by_place(since=behind and self._window_before(behind.later))
        yield from self._open(LIKELY, likely_pairs(match_candidates, self._window, after=behind))

    def own_events(self, force: str, after: Place | None) -> Iterator[Place]:
        """Yield a force's own events that are in a pair, each once, behind a place. A certain one is not likely too."""
        behind = None if after is None else self._own_at(after, force)
        shared = self.match_candidates.by_incident(force=force)
        certain = list(certainly_doubled(shared, lambda one: one.force == force, self._is_ruled_out))
        if after is None or after.certainty == CERTAIN:
            key = ("",) if behind is None else incident_key(behind)
            yield from (_place(CERTAIN, one) for one in certain if incident_key(one) > key)
            behind = None
        known = {(one.operation, one.seq) for one in certain}
        yield from (_place(LIKELY, one) for one in self._own_likely(force, behind, known))

    def _own_likely(self, force: str, behind: MatchCandidate | None, known: set[Version]) -> Iterator[MatchCandidate]:
        key = ("",) if behind is None else place_key(behind)

        def wanted(one: MatchCandidate) -> bool:
            return one.force == force and place_key(one) > key and (one.operation, one.seq) not in known

        match_candidates = self.match_candidates.by_place(since=behind and self._window_before(behind))
        return likely_doubled(match_candidates, wanted, self._is_settled, self._window)

    @property
    def _window(self) -> int:
        return self.window_seconds * 1_000_000

    def _open(self, certainty: str, pairs: Iterator[Pair]) -> Iterator[Place]:
        is_closed = self._is_ruled_out if certainty == CERTAIN else self._is_settled
        return (_place(certainty, pair.later, pair.earlier) for pair in pairs if not is_closed(pair))

    def _is_ruled_out(self, pair: Pair) -> bool:
        return pair.event_keys in self.ruled_out

    def _is_settled(self, pair: Pair) -> bool:
        """Return whether a likely pair is ruled out, or shown as a certain one."""
        return pair.is_certain or self._is_ruled_out(pair)

    def _pair_at(self, place: Place) -> Pair:
        found = self._candidates_at(place)
        if len(found) != 2:  # noqa: PLR2004 - a pair
            raise NoSuchPosition(NO_SUCH_POSITION, pointer="/after")
        return Pair(later=found[0], earlier=found[1])

    def _own_at(self, place: Place, force: str) -> MatchCandidate:
        """Return the force's event at a place. By one of another force it could find out where and when that was."""
        found = self._candidates_at(place)
        if [one.force for one in found] != [force]:
            raise NoSuchPosition(NO_SUCH_POSITION, pointer="/after")
        return found[0]

    def _candidates_at(self, place: Place) -> list[MatchCandidate]:
        """Return the match candidates at a place that can be in a list of this certainty."""
        found = [self.match_candidates.at(*version) for version in place.versions]
        return [
            one
            for one in found
            if one is not None and (one.place if place.certainty == LIKELY else one.incident) is not None
        ]

    def _window_before(self, one: MatchCandidate) -> MatchCandidate:
        return one._replace(occurred_microseconds=one.occurred_microseconds - self._window)


def _place(certainty: str, *match_candidates: MatchCandidate) -> Place:
    return Place(certainty, tuple((one.operation, one.seq) for one in match_candidates))
