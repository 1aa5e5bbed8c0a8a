"""Which forces still owe returns: for each measure, the newest return that covers it counts."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from service.domain.counting.completeness import (
    Declaration,
    Outstanding,
    Overdue,
    day_returns,
    days_by_said,
    is_outstanding,
    is_overdue,
    outstanding,
    overdue,
)

RECORDED_AT = datetime(2023, 1, 20, tzinfo=UTC)


def declaration(status: str, *measures: str) -> Declaration:
    return Declaration(status=status, measures=frozenset(measures), seq=1, recorded_at=RECORDED_AT)


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        pytest.param([], True, id="nothing-declared"),
        pytest.param([declaration("partial")], True, id="partial"),
        pytest.param([declaration("complete")], False, id="complete"),
        pytest.param([declaration("nil")], False, id="nil"),
        pytest.param([declaration("partial"), declaration("complete")], True, id="reverted"),
        pytest.param([declaration("complete"), declaration("partial")], False, id="completed-later"),
        pytest.param([declaration("complete", "arrests")], False, id="of-this-measure"),
        pytest.param([declaration("complete", "cash")], True, id="of-another-measure"),
        pytest.param([declaration("partial", "cash"), declaration("complete")], False, id="another-measure-reverted"),
        pytest.param([declaration("partial", "arrests"), declaration("complete")], True, id="this-measure-reverted"),
        pytest.param([declaration("complete"), declaration("partial", "arrests")], False, id="all-declared-after-one"),
    ],
)
def test_arrests_are_outstanding(newest_first: list[Declaration], *, expected: bool) -> None:
    assert is_outstanding(day_returns(newest_first).said, ["arrests"]) is expected


def test_one_outstanding_measure_is_enough() -> None:
    declared = [declaration("nil", "arrests")]
    assert is_outstanding(day_returns(declared).said, ["arrests", "cash"])
    declared.append(declaration("complete", "cash"))
    assert not is_outstanding(day_returns(declared).said, ["arrests", "cash"])


def test_only_forces_that_owe_returns_are_listed_in_the_order_given() -> None:
    monday, tuesday = date(2023, 1, 16), date(2023, 1, 17)
    declarations = {
        ("surrey", monday): day_returns([declaration("complete")]),
        ("surrey", tuesday): day_returns([declaration("nil")]),
        ("kent", monday): day_returns([declaration("partial")]),
        ("essex", tuesday): day_returns([declaration("complete")]),
    }
    days = [monday, tuesday]
    by_said = days_by_said(declarations, forces=["kent", "surrey", "essex"], days=days)
    owed = outstanding(by_said, days=days, measures=["arrests", "cash"])
    assert owed == [Outstanding("kent", (monday, tuesday)), Outstanding("essex", (monday,))]


def test_no_return_is_owed_before_the_first_day() -> None:
    assert outstanding(days_by_said({}, forces=["kent"], days=[]), days=[], measures=["arrests"]) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [("none", True), ("partial", True), ("complete", False), ("nil", False), ("reopened", False)],
)
def test_a_day_that_was_never_declared_in_full_is_overdue_after_its_due_moment(status: str, *, expected: bool) -> None:
    assert is_overdue(status, RECORDED_AT, RECORDED_AT + timedelta(microseconds=1)) is expected
    assert not is_overdue(status, RECORDED_AT, RECORDED_AT)
    assert not is_overdue(status, None, RECORDED_AT)


def next_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day + 1, 12, tzinfo=UTC)


def test_overdue_forces_are_listed_once_with_their_number_of_days_and_the_first_due_moment() -> None:
    days = [date(2023, 1, day) for day in (16, 17)]
    declarations = {
        ("surrey", days[0]): day_returns([declaration("complete")]),
        ("surrey", days[1]): day_returns([declaration("reopened")]),
        ("kent", days[0]): day_returns([declaration("partial")]),
        ("essex", days[0]): day_returns([declaration("complete", "arrests")]),
        ("essex", days[1]): day_returns([declaration("nil")]),
    }
    by_said = days_by_said(declarations, forces=["kent", "surrey", "essex"], days=[*days, date(2023, 1, 18)])
    found = partial(overdue, by_said, due=days, due_at=next_noon)
    first = next_noon(days[0])
    assert found(measures=["arrests", "cash"]) == [Overdue("kent", 2, first), Overdue("essex", 1, first)]
    assert found(measures=["arrests"]) == [Overdue("kent", 2, first)]
    assert found(measures=[]) == []
