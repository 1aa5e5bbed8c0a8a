"""Which forces still owe returns: for each measure the newest return that speaks of it counts."""

from datetime import UTC, date, datetime

import pytest

from service.domain.completeness import Declaration, Outstanding, is_outstanding, outstanding

RECORDED_AT = datetime(2023, 1, 20, tzinfo=UTC)


def said(status: str, *measures: str) -> Declaration:
    return Declaration(status=status, measures=frozenset(measures), seq=1, recorded_at=RECORDED_AT)


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        pytest.param([], True, id="nothing-declared"),
        pytest.param([said("partial")], True, id="partial"),
        pytest.param([said("complete")], False, id="complete"),
        pytest.param([said("nil")], False, id="nil"),
        pytest.param([said("partial"), said("complete")], True, id="taken-back"),
        pytest.param([said("complete"), said("partial")], False, id="completed-later"),
        pytest.param([said("complete", "arrests")], False, id="of-this-measure"),
        pytest.param([said("complete", "cash")], True, id="of-another-measure"),
        pytest.param([said("partial", "cash"), said("complete")], False, id="another-measure-taken-back"),
        pytest.param([said("partial", "arrests"), said("complete")], True, id="this-measure-taken-back"),
        pytest.param([said("complete"), said("partial", "arrests")], False, id="all-declared-after-one"),
    ],
)
def test_arrests_are_outstanding(newest_first: list[Declaration], *, expected: bool) -> None:
    assert is_outstanding(newest_first, ["arrests"]) is expected


def test_of_several_measures_one_that_is_owed_is_enough() -> None:
    declared = [said("nil", "arrests")]
    assert is_outstanding(declared, ["arrests", "cash"])
    assert not is_outstanding([*declared, said("complete", "cash")], ["arrests", "cash"])


def test_forces_that_owe_nothing_are_left_out_and_the_others_stand_in_the_order_given() -> None:
    monday, tuesday = date(2023, 1, 16), date(2023, 1, 17)
    declarations = {
        ("surrey", monday): [said("complete")],
        ("surrey", tuesday): [said("nil")],
        ("kent", monday): [said("partial")],
        ("essex", tuesday): [said("complete")],
    }
    owed = outstanding(
        declarations, forces=["kent", "surrey", "essex"], days=[monday, tuesday], measures=["arrests", "cash"]
    )
    assert owed == [Outstanding("kent", (monday, tuesday)), Outstanding("essex", (monday,))]


def test_where_no_day_has_begun_nothing_is_owed() -> None:
    assert outstanding({}, forces=["kent"], days=[], measures=["arrests"]) == []
