"""The search for possible duplicates: pairs for the coordinator; for a force, its events that are in a pair."""

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

UNKNOWN_CURSOR = "Expected the `next` of an answer to the same query; found no cursor of this list."

# A version of an event: its operation, and its seq there.
Version = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """The key of a listed pair, by its later and earlier events, or of a force's event; also the pagination cursor."""

    certainty: str
    versions: tuple[Version, ...]


class NoSuchPosition(Invalid):
    """`after` is not a cursor of this list: it must be the `next` of an answer to the same query."""

    code = "no_such_position"


@dataclass(frozen=True, slots=True)
class DuplicateSearch:
    """A search through the standing match candidates of an operation and its parts, in one transaction."""

    match_candidates: StandingCandidates
    window_seconds: int
    ruled_out: set[tuple[EventKey, EventKey]]

    def pairs(self, after: DuplicateKey | None) -> Iterator[DuplicateKey]:
        """Yield the pairs after a cursor."""
        last = None if after is None else self._pair_at(after)
        if after is None or after.certainty == CERTAIN:
            match_candidates = self.match_candidates.by_incident(since=last and last.later)
            yield from self._listed(CERTAIN, certain_pairs(match_candidates, after=last))
            last = None
        match_candidates = self.match_candidates.by_place(since=last and self._first_near(last.later))
        yield from self._listed(LIKELY, likely_pairs(match_candidates, self._window, after=last))

    def events_of(self, force: str, after: DuplicateKey | None) -> Iterator[DuplicateKey]:
        """Yield a force's events that are in a pair, after a cursor. A certain one is not repeated as likely."""
        last = None if after is None else self._event_at(after, force)
        shared = self.match_candidates.by_incident(force=force)
        certain = list(certainly_doubled(shared, lambda one: one.force == force, self._is_ruled_out))
        if after is None or after.certainty == CERTAIN:
            key = ("",) if last is None else incident_key(last)
            yield from (_key(CERTAIN, one) for one in certain if incident_key(one) > key)
            last = None
        known = {(one.operation, one.seq) for one in certain}
        yield from (_key(LIKELY, one) for one in self._likely_of(force, last, known))

    def _likely_of(self, force: str, last: MatchCandidate | None, known: set[Version]) -> Iterator[MatchCandidate]:
        key = ("",) if last is None else place_key(last)

        def is_listed(one: MatchCandidate) -> bool:
            return one.force == force and place_key(one) > key and (one.operation, one.seq) not in known

        match_candidates = self.match_candidates.by_place(since=last and self._first_near(last))
        return likely_doubled(match_candidates, is_listed, self._is_not_likely, self._window)

    @property
    def _window(self) -> int:
        return self.window_seconds * 1_000_000

    def _listed(self, certainty: str, pairs: Iterator[Pair]) -> Iterator[DuplicateKey]:
        is_excluded = self._is_ruled_out if certainty == CERTAIN else self._is_not_likely
        return (_key(certainty, pair.later, pair.earlier) for pair in pairs if not is_excluded(pair))

    def _is_ruled_out(self, pair: Pair) -> bool:
        return pair.event_keys in self.ruled_out

    def _is_not_likely(self, pair: Pair) -> bool:
        """Return whether a pair is ruled out, or listed as certain."""
        return pair.is_certain or self._is_ruled_out(pair)

    def _pair_at(self, cursor: DuplicateKey) -> Pair:
        found = self._candidates_at(cursor)
        if len(found) != 2:  # noqa: PLR2004 - a pair
            raise NoSuchPosition(UNKNOWN_CURSOR, pointer="/after")
        return Pair(later=found[0], earlier=found[1])

    def _event_at(self, cursor: DuplicateKey, force: str) -> MatchCandidate:
        """Return the event of a cursor, which must be the force's: another's would reveal where and when that was."""
        found = self._candidates_at(cursor)
        if [one.force for one in found] != [force]:
            raise NoSuchPosition(UNKNOWN_CURSOR, pointer="/after")
        return found[0]

    def _candidates_at(self, cursor: DuplicateKey) -> list[MatchCandidate]:
        """Return the match candidates of a cursor that can be in a list of its certainty."""
        found = [self.match_candidates.at(*version) for version in cursor.versions]
        return [
            one
            for one in found
            if one is not None and (one.place if cursor.certainty == LIKELY else one.incident) is not None
        ]

    def _first_near(self, one: MatchCandidate) -> MatchCandidate:
        return self.match_candidates.first_near(one, self._window)


def _key(certainty: str, *match_candidates: MatchCandidate) -> DuplicateKey:
    return DuplicateKey(certainty, tuple((one.operation, one.seq) for one in match_candidates))
