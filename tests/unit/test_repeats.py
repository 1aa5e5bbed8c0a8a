"""What one force sent twice: the first of one go with the first of the next, and nothing within a go."""

import pytest

from service.domain.duplicates.match_candidates import MatchCandidate
from service.domain.duplicates.repeats import repeated_pairs


def candidate(seq: int, recorded: int, **fields: object) -> MatchCandidate:
    row = {"operation": "live", "party": "surrey", "force": "surrey", "type": "arrest.recorded", "place": "m25"}
    row |= {"incident": None, "occurred_microseconds": 0, "categories": "knife", "said": "knife|exact||1"} | fields
    return MatchCandidate(seq=seq, first_seq=seq, first_recorded_microseconds=recorded, **row)  # type: ignore[arg-type]


def sent(*goes: int) -> list[MatchCandidate]:
    """Return candidates that were recorded in goes of these sizes."""
    moments = [moment for moment, size in enumerate(goes, start=1) for _ in range(size)]
    return [candidate(seq, moment) for seq, moment in enumerate(moments, start=1)]


@pytest.mark.parametrize(
    ("goes", "alone", "expected"),
    [
        ((12,), [], []),
        ((1, 1), [1, 2], [(1, 2)]),
        ((1, 1, 1), [1, 2, 3], []),
        ((1, 1, 1), [1], [(1, 2), (2, 3)]),
        ((2, 2), [], [(1, 3), (2, 4)]),
        ((1, 3), [1], [(1, 2)]),
        ((1, 1, 1, 2), [1, 2, 3], [(1, 4), (2, 5)]),
        ((1, 1, 1, 1), [1, 2, 3], [(1, 4)]),
    ],
)
def test_pairs_are_of_one_go_with_the_next(goes: tuple[int, ...], alone: list[int], expected: list[tuple[int, int]]):
    found = repeated_pairs([sent(*goes)], lambda some: {one.seq for one in some} & set(alone))
    assert sorted((pair.earlier.seq, pair.later.seq) for pair in found) == expected


def test_two_incidents_are_two_events():
    group = [candidate(1, 1, incident="x"), candidate(2, 2, incident="y"), candidate(3, 3)]
    found = repeated_pairs([group], lambda _some: set())
    assert [(pair.earlier.seq, pair.later.seq) for pair in found] == [(2, 3)]


def test_many_goes_take_fewer_pairs_than_events():
    assert len(repeated_pairs([sent(*[2] * 5_000)], lambda _some: set())) == 9_998
