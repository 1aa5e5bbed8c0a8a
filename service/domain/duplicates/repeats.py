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

    `sent_alone` returns the seqs of those that were recorded without another event of the force. Their number is less
    than that of the candidates.
    """
    return {pair for group in groups for pair in _pairs_of(group, sent_alone) if not _differ(pair)}


def _pairs_of(group: Sequence[MatchCandidate], sent_alone: SentAlone) -> Iterator[Pair]:
    if group[0].day is not None and not any(line.role == "measured" for line in group[0].lines):
        return
    for chain in zip_longest(*_goes(group, sent_alone)):
        copies = [one for one in chain if one is not None]
        yield from (Pair(earlier, later) for earlier, later in pairwise(sorted(copies, key=_seq)))


def _goes(group: Sequence[MatchCandidate], sent_alone: SentAlone) -> list[list[MatchCandidate]]:
    """Return the candidates by the go in which they were sent; three or more sent one by one are one go."""
    by_moment: dict[int, list[MatchCandidate]] = defaultdict(list)
    for one in group:
        by_moment[one.first_recorded_microseconds].append(one)
    goes = list(by_moment.values())
    single = [go[0] for go in goes if len(go) == 1]
    if len(single) < FEWEST_ONE_BY_ONE:
        return goes
    alone = sent_alone(single)
    one_by_one = [one for one in single if one.seq in alone]
    if len(one_by_one) < FEWEST_ONE_BY_ONE:
        return goes
    return [one_by_one, *(go for go in goes if len(go) > 1 or go[0].seq not in alone)]


def _differ(pair: Pair) -> bool:
    """Return whether both name an incident, and not the same."""
    incidents = {pair.earlier.incident, pair.later.incident} - {None}
    return len(incidents) > 1


def _seq(one: MatchCandidate) -> int:
    return one.seq
