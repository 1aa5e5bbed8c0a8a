"""Repeats: events of one force that say the same, such as an arrest that it sent by API and again in a spreadsheet.

Two people can be arrested alike, and a force tells them apart when it sends both. So only events that were sent apart
are compared, and the first of one go only with the first of the next: twelve rows that are sent twice are twelve pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest

from service.domain.duplicates.match_candidates import MatchCandidate, Pair

REPEATED = "repeated"
# Two events alike that were each sent alone may be one. More are people who were recorded one by one.
FEWEST_ONE_BY_ONE = 3

SentAlone = Callable[[Collection[MatchCandidate]], set[int]]


def repeated_pairs(groups: Iterable[Sequence[MatchCandidate]], sent_alone: SentAlone) -> set[Pair]:
    """Return the pairs in groups of standing candidates, each of one force and by seq, that say the same.

    `sent_alone` returns the seqs of those that were recorded without another event of the force. There are fewer pairs
    than candidates.
    """
    compared = [group for group in groups if _says_enough(group[0])]
    single = [one for group in compared if len(some := _single(group)) >= FEWEST_ONE_BY_ONE for one in some]
    alone = sent_alone(single) if single else set()
    return {pair for group in compared for pair in _pairs_of(_goes(group, alone)) if not _differ(pair)}


def _says_enough(one: MatchCandidate) -> bool:
    return one.incident is not None or one.day is None or any(line.role == "measured" for line in one.lines)


def _by_moment(group: Sequence[MatchCandidate]) -> list[list[MatchCandidate]]:
    found: dict[int, list[MatchCandidate]] = defaultdict(list)
    for one in group:
        found[one.first_recorded_microseconds].append(one)
    return list(found.values())


def _single(group: Sequence[MatchCandidate]) -> list[MatchCandidate]:
    return [go[0] for go in _by_moment(group) if len(go) == 1]


def _goes(group: Sequence[MatchCandidate], alone: set[int]) -> list[list[MatchCandidate]]:
    """Return the candidates by the go in which they were sent; three or more sent one by one are one go."""
    goes = _by_moment(group)
    one_by_one = [one for one in _single(group) if one.seq in alone]
    if len(one_by_one) < FEWEST_ONE_BY_ONE:
        return goes
    return [one_by_one, *(go for go in goes if len(go) > 1 or go[0].seq not in alone)]


def _pairs_of(goes: Sequence[Sequence[MatchCandidate]]) -> Iterator[Pair]:
    for chain in zip_longest(*goes):
        copies = sorted((one for one in chain if one is not None), key=_seq)
        yield from (Pair(earlier, later) for earlier, later in pairwise(copies))


def _differ(pair: Pair) -> bool:
    """Return whether both name an incident, and not the same."""
    incidents = {pair.earlier.incident, pair.later.incident} - {None}
    return len(incidents) > 1


def _seq(one: MatchCandidate) -> int:
    return one.seq
