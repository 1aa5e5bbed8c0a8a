"""One pass finds the same pairs as comparing every event with every other."""

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.duplicates.lines import COMPARED_ROLES, AmountBounds, Line, bounds_of
from service.domain.duplicates.match_candidates import DayExtent, MatchCandidate, Pair, categories_of, shared_categories
from service.domain.duplicates.pairs import _Shelf, certain_pairs, likely_pairs
from service.domain.model.events import CashLine, DrugLine, PhoneLine, WeaponLine
from tests.factories.reports import ArrestRecordedFactory, SeizureRecordedFactory

WINDOW = 3
# The days of each log by the midnight before them: nights over two dates, whole days, and a long weekend.
DAYS = {
    "whole": {0: DayExtent(1, 4), 3: DayExtent(4, 7), 6: DayExtent(7, 9)},
    "east": {0: DayExtent(0, 3), 3: DayExtent(3, 6), 6: DayExtent(6, 9)},
    "west": {0: DayExtent(2, 8)},
}
SAID = ("", "100", "103", "110", "200")
PATHS = ("drug/a", "drug/a/cocaine", "drug/b", "phone", "weapon/bladed/knife")


def candidate(seq: int, force: str, moment: int = 0, categories: str = "knife", **fields: object) -> MatchCandidate:
    row = {"operation": "whole", "party": force, "first_seq": seq, "type": "arrest.recorded"} | fields
    row = {"place": "m25", "incident": None} | row
    return MatchCandidate(seq=seq, force=force, occurred_microseconds=moment, categories=categories, **row)


@st.composite
def logs(draw: st.DrawFn) -> list[MatchCandidate]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("surrey", "kent", "btp")),
                st.integers(0, 8),
                st.sets(st.sampled_from(PATHS), min_size=1, max_size=3),
                st.sampled_from(("arrest.recorded", "seizure.recorded")),
                st.sampled_from(("m25", "a406")),
                st.sampled_from(("x", "y", None)),
                st.sampled_from((None, None, "east", "west")),
                st.sampled_from((False, False, True)),
                st.sampled_from(SAID),
                st.sampled_from(("exact", "exact", "about", "at_least", "under")),
            ),
            max_size=24,
        )
    )
    found = []
    for seq, (force, moment, paths, wire_type, place, incident, part, is_day_only, *amount) in enumerate(rows, start=1):
        log = {"operation": part, "party": f"part:{part}"} if part else {}
        own = {"type": wire_type, "place": place, "incident": incident, "said": said_of(sorted(paths), *amount)} | log
        days = DAYS[part or "whole"]
        midnight = max(start for start in days if start <= moment)
        when = (midnight, days[midnight]) if is_day_only else (moment, None)
        found.append(candidate(seq, force, when[0], ",".join(sorted(paths)), day=when[1], **own))
    return found


def said_of(paths: list[str], amount: str, qualifier: str) -> str:
    """Return the text of lines of these paths, of which every second one has the amount."""
    field = {True: "count", False: "weight_milligrams"}
    stated = [
        f"{field[path[0] != 'd']}={amount}" if amount and index % 2 == 0 else "" for index, path in enumerate(paths)
    ]
    return ";".join(f"{path}|{qualifier}|{said}|" for path, said in zip(paths, stated, strict=True))


def by_place(rows: list[MatchCandidate]) -> list[MatchCandidate]:
    return sorted(rows, key=lambda one: (one.type, one.place, one.occurred_microseconds, one.operation, one.seq))


def by_incident(rows: list[MatchCandidate]) -> list[MatchCandidate]:
    return sorted(
        (row for row in rows if row.incident), key=lambda one: (one.incident, one.type, one.operation, one.seq)
    )


def every_pair(rows: list[MatchCandidate]) -> list[Pair]:
    pairs = [Pair(one, other) for one in rows for other in rows if one.seq < other.seq and one.type == other.type]
    return [pair for pair in pairs if pair.earlier.party != pair.later.party]


def is_near(one: MatchCandidate, other: MatchCandidate) -> bool:
    if one.day is None and other.day is None:
        return abs(one.occurred_microseconds - other.occurred_microseconds) <= WINDOW
    (starts, ends), (other_starts, other_ends) = (
        version.day or (version.occurred_microseconds, version.occurred_microseconds + 1) for version in (one, other)
    )
    return starts < other_ends and other_starts < ends


def first_near(later: MatchCandidate) -> int:
    """Return the start of the first day that has not ended when the later event of a pair happened, or its window."""
    moment = later.occurred_microseconds
    return min(moment - WINDOW, *(start for days in DAYS.values() for start, day in days.items() if day.ends > moment))


def is_likely(pair: Pair) -> bool:
    one, other = pair
    return (
        is_near(one, other)
        and one.place == other.place
        and any(are_related(mine, theirs) for mine in one.lines for theirs in other.lines)
    )


def are_related(one: Line, other: Line) -> bool:
    if not shared_categories([one.path], [other.path]) or (one.role, other.role) not in COMPARED_ROLES:
        return False
    if not one.amounts or not other.amounts:
        return True
    return bounds_of(one.amounts[0].value, one.qualifier).is_close_to(
        bounds_of(other.amounts[0].value, other.qualifier)
    )


def seqs(pairs: list[Pair]) -> list[tuple[int, ...]]:
    return sorted(tuple(sorted((pair.earlier.seq, pair.later.seq))) for pair in pairs)


@given(logs())
def test_likely_pairs_are_those_found_by_comparing_all_with_all(rows: list[MatchCandidate]):
    found = list(likely_pairs(by_place(rows), WINDOW))
    assert seqs(found) == seqs([pair for pair in every_pair(rows) if is_likely(pair)])


@given(logs())
def test_certain_pairs_are_those_of_one_incident_and_type(rows: list[MatchCandidate]):
    found = list(certain_pairs(by_incident(rows)))
    together = [
        pair for pair in every_pair(rows) if pair.earlier.incident and pair.earlier.incident == pair.later.incident
    ]
    assert seqs(found) == seqs(together)


@given(logs(), st.integers(0, 30))
def test_a_list_continued_after_any_pair_equals_the_rest_of_the_whole_list(rows: list[MatchCandidate], index: int):
    likely, certain = list(likely_pairs(by_place(rows), WINDOW)), list(certain_pairs(by_incident(rows)))
    if index < len(likely):
        later = likely[index].later
        key = (later.type, later.place, first_near(later))
        tail = [row for row in by_place(rows) if (row.type, row.place, row.occurred_microseconds) >= key]
        assert list(likely_pairs(tail, WINDOW, after=likely[index])) == likely[index + 1 :]
    if index < len(certain):
        later = certain[index].later
        tail = [row for row in by_incident(rows) if (row.incident, row.type) >= (later.incident, later.type)]
        assert list(certain_pairs(tail, after=certain[index])) == certain[index + 1 :]


@given(logs())
def test_a_list_continues_after_a_pair_whose_later_event_was_replaced(rows: list[MatchCandidate]):
    whole = list(likely_pairs(by_place(rows), WINDOW))
    for index, pair in enumerate(whole):
        left = [row for row in by_place(rows) if row is not pair.later]
        following = [other for other in whole[index + 1 :] if pair.later not in other]
        rest = list(likely_pairs(left, WINDOW, after=pair))
        assert [one for one in rest if one in following] == following


def test_the_window_includes_both_ends():
    at = [
        candidate(1, "surrey", 0),
        candidate(2, "kent", WINDOW),
        candidate(3, "btp", 2 * WINDOW + 1),
    ]
    assert seqs(list(likely_pairs(at, WINDOW))) == [(1, 2)]


def test_a_day_and_a_moment_of_it_are_a_pair_whichever_comes_first_in_the_log():
    day = candidate(1, "surrey", 0, day=DayExtent(0, 9))
    at = [day, candidate(2, "kent", 0), candidate(3, "kent", 8), candidate(4, "kent", 9)]
    assert seqs(list(likely_pairs(at, WINDOW))) == [(1, 2), (1, 3)]
    assert seqs(list(likely_pairs([at[1], day, *at[2:]], WINDOW))) == [(1, 2), (1, 3)]


def test_a_moment_of_the_early_morning_is_in_the_night_before_not_in_the_next():
    nights = [candidate(1, "surrey", 0, day=DayExtent(4, 14)), candidate(3, "surrey", 10, day=DayExtent(14, 24))]
    at = sorted([*nights, candidate(2, "kent", 12)], key=lambda one: one.occurred_microseconds)
    assert seqs(list(likely_pairs(at, WINDOW))) == [(1, 2)]


def test_events_of_a_day_do_not_make_moments_pair_beyond_the_window():
    day = candidate(1, "surrey", 0, "phone", day=DayExtent(0, 90))
    rows = [day, candidate(2, "surrey", 1), candidate(3, "kent", 9)]
    assert list(likely_pairs(rows, WINDOW)) == []


def test_many_events_of_one_day_without_pairs_take_linear_time():
    days = [candidate(seq, "surrey", 0, "phone", day=DayExtent(0, 90_000)) for seq in range(1, 15_001)]
    moments = [candidate(seq, ("surrey", "kent")[seq % 2], seq * (WINDOW + 1)) for seq in range(15_001, 30_001)]
    assert list(likely_pairs([*days, *moments], WINDOW)) == []


def test_many_events_of_one_force_at_one_moment_take_linear_time():
    crowd = [candidate(seq, "surrey") for seq in range(1, 30_001)]
    assert list(likely_pairs(crowd, WINDOW)) == []


def test_the_first_pairs_of_an_endless_input_are_yielded_at_once():
    def crowd() -> Iterator[MatchCandidate]:
        return (candidate(seq, ("surrey", "kent")[seq % 2], incident="x") for seq in range(1, 10**9))

    assert len(list(islice(certain_pairs(crowd()), 100))) == 100


@pytest.mark.parametrize("amounts", ["far apart", "close", "beside"])
def test_ten_thousand_seizures_at_one_place_and_hour_take_few_steps(amounts: str, monkeypatch: pytest.MonkeyPatch):
    """Half of one force and half of another, all of one category, where no amount is close to one of the other."""
    visited = 0

    def counted(shelf: _Shelf, amount: AmountBounds) -> list[AmountBounds]:
        nonlocal visited
        visited += len(found := close_to(shelf, amount))
        return found

    close_to = _Shelf.close_to
    monkeypatch.setattr(_Shelf, "close_to", counted)

    def said(seq: int) -> str:
        amount = {"far apart": 1_000 * 2 ** (seq % 2) + seq // 50, "close": 100_000 * 2 ** (seq % 2) + seq}
        line = f"cash/GBP|exact|amount_minor={amount.get(amounts, 2**40 * 2 ** (seq % 2))}|"
        return f"{line};phone|exact|count=1|" if amounts == "beside" else line

    rows = [
        candidate(seq, ("surrey", "kent")[seq % 2], seq, "cash/GBP,phone", type="seizure.recorded", said=said(seq))
        for seq in range(10_000)
    ]
    last = candidate(10_000, "kent", 10_000, "phone", type="seizure.recorded", said="cash/GBP|exact|amount_minor=1|")
    assert list(likely_pairs([*rows, last], len(rows))) == []
    assert visited == 0


class CountingForce(str):
    """A force that counts comparisons with others."""

    __slots__ = ()
    comparisons: ClassVar[int] = 0

    def __eq__(self, other: object) -> bool:
        CountingForce.comparisons += 1
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        CountingForce.comparisons += 1
        return super().__ne__(other)

    __hash__ = str.__hash__


@pytest.mark.parametrize("mine", ["drug/a/heroin", "drug/b", "phone"])
def test_a_busy_place_without_pairs_costs_a_few_comparisons_per_event(mine: str):
    forces, categories = (CountingForce("surrey"), CountingForce("kent")), (mine, "drug/a/cocaine")
    rows = [candidate(seq, forces[seq % 2], seq, categories[seq % 2]) for seq in range(2_000)]
    CountingForce.comparisons = 0
    assert list(likely_pairs(rows, len(rows))) == []
    assert CountingForce.comparisons < 2 * len(rows)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (["drug/a/cocaine"], ["drug/a/cocaine", "phone"], ["drug/a/cocaine"]),
        (["drug/a"], ["drug/a/cocaine"], ["drug/a", "drug/a/cocaine"]),
        (["drug/a/cocaine"], ["drug/a/heroin"], []),
        (["knife"], ["weapon"], []),
    ],
)
def test_categories_are_shared_if_one_equals_or_lies_beneath_the_other(
    one: list[str], other: list[str], shared: list[str]
):
    assert shared_categories(one, other) == shared
    assert shared_categories(other, one) == shared


def test_the_categories_of_an_event_are_those_of_its_lines():
    lines = (
        *(WeaponLine(weapon="bladed/knife"), DrugLine(drug="a/cocaine"), CashLine(currency="GBP", amount_minor=1)),
        *(PhoneLine(), PhoneLine(count=2)),
    )
    assert categories_of(SeizureRecordedFactory(lines=lines).data) == [
        *("cash/GBP", "drug/a/cocaine", "phone", "weapon/bladed/knife")
    ]
    assert categories_of(ArrestRecordedFactory(reason="drugs").data) == ["drugs"]
