"""The search for possible duplicates among match candidates: those of all forces, or of one force alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.duplicates.match_candidates import EventKey, MatchCandidate, Pair
from service.domain.duplicates.pairs import CERTAIN, LIKELY, certain_pairs, likely_pairs
from service.errors import Invalid
from service.projections.duplicates.standing_candidates import StandingCandidates

UNKNOWN_CURSOR = "Expected the `next` of an answer to the same query; found no cursor of this list."

# A version of an event: its operation, and its seq there.
Version = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """The key of a listed pair, by its later and earlier events; also the pagination cursor."""

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
