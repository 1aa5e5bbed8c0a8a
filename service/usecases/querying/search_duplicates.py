"""The search for possible duplicates among match candidates: those of all forces, or of one force alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from service.domain.duplicates.match_candidates import EventKey, MatchCandidate, Pair
from service.domain.duplicates.pairs import CERTAIN, LIKELY, certain_pairs, likely_pairs
from service.domain.duplicates.ranking import rank_of
from service.domain.duplicates.repeats import REPEATED
from service.errors import Invalid
from service.projections.duplicates.standing_candidates import StandingCandidates

UNKNOWN_CURSOR = "Expected the `next` of an answer to the same query; found no cursor of this list."

# Bounds the work of a page: this many pairs are found before the first is listed.
PAIRS_RANKED_AT_ONCE = 2_000

# A version of an event: its operation, and its seq there.
Version = tuple[str, int]
Search = Callable[[Pair | None], Iterator[Pair]]


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """The key of a listed pair, by its later and earlier events; also the pagination cursor.

    `block` are the events of the last pair before the block of pairs that it was ranked in; empty in the first block.
    """

    certainty: str
    versions: tuple[Version, ...]
    block: tuple[Version, ...] = ()


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
        """Yield the pairs after a cursor: certain ones, then repeats, then likely ones, each by rank.

        Ranking needs all that is ranked, so that of a very long list each block of `PAIRS_RANKED_AT_ONCE` is ranked by
        itself, in the order of the search.
        """
        searches = {CERTAIN: self._certain, REPEATED: self._repeated, LIKELY: self._likely}
        order = list(searches)
        for certainty in order if after is None else order[order.index(after.certainty) :]:
            cursor = after if after is not None and after.certainty == certainty else None
            yield from self._ranked(certainty, searches[certainty], cursor)

    def _ranked(self, certainty: str, search: Search, cursor: DuplicateKey | None) -> Iterator[DuplicateKey]:
        last = None if cursor is None else self._pair_at(cursor.certainty, cursor.versions)
        start = None if cursor is None or not cursor.block else self._pair_at(cursor.certainty, cursor.block)
        is_excluded = self._is_not_likely if certainty == LIKELY else self._is_ruled_out
        while True:
            block = list(islice(search(start), PAIRS_RANKED_AT_ONCE + 1))
            for pair in sorted(block[:PAIRS_RANKED_AT_ONCE], key=rank_of):
                if not is_excluded(pair) and (last is None or rank_of(pair) > rank_of(last)):
                    yield DuplicateKey(certainty, _versions(pair), () if start is None else _versions(start))
            if len(block) <= PAIRS_RANKED_AT_ONCE:
                return
            start, last = block[PAIRS_RANKED_AT_ONCE - 1], None

    def _certain(self, start: Pair | None) -> Iterator[Pair]:
        match_candidates = self.match_candidates.by_incident(since=start and start.later)
        return certain_pairs(match_candidates, after=start)

    def _repeated(self, start: Pair | None) -> Iterator[Pair]:
        """Yield the repeats, whose number is less than that of the events; in order of seq."""
        found = self.match_candidates.repeats()
        return iter(found if start is None else [pair for pair in found if _seqs(pair) > _seqs(start)])

    def _likely(self, start: Pair | None) -> Iterator[Pair]:
        since = start and self.match_candidates.first_near(start.later, self._window)
        return likely_pairs(self.match_candidates.by_place(since=since), self._window, after=start)

    @property
    def _window(self) -> int:
        return self.window_seconds * 1_000_000

    def _is_ruled_out(self, pair: Pair) -> bool:
        return pair.event_keys in self.ruled_out

    def _is_not_likely(self, pair: Pair) -> bool:
        """Return whether a pair is ruled out, or listed as certain."""
        return pair.is_certain or self._is_ruled_out(pair)

    def _pair_at(self, certainty: str, versions: Sequence[Version]) -> Pair:
        """Return the pair of these versions, standing or not, if it can be in a list of its certainty."""
        found = [one for one in (self.match_candidates.at(*version) for version in versions) if one is not None]
        if len(found) != 2 or not all(_can_be(certainty, one) for one in found):  # noqa: PLR2004 - a pair
            raise NoSuchPosition(UNKNOWN_CURSOR, pointer="/after")
        return Pair(later=found[0], earlier=found[1])


def _can_be(certainty: str, one: MatchCandidate) -> bool:
    match certainty:
        case "certain":
            return one.incident is not None
        case "likely":
            return one.place is not None
        case _:
            return True


def _versions(pair: Pair) -> tuple[Version, Version]:
    return (pair.later.operation, pair.later.seq), (pair.earlier.operation, pair.earlier.seq)


def _seqs(pair: Pair) -> tuple[int, int]:
    return pair.earlier.seq, pair.later.seq
