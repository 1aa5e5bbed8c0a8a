"""What an arrest or seizure says, as one text, and how the amounts of two compare."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.duplicates.lines import UNBOUNDED, AmountBounds, Line, StatedAmount, bounds_of, lines_in, text_of
from service.domain.duplicates.ranking import AMOUNTS, amounts_compared
from service.domain.model.events import (
    AmmunitionLine,
    CashLine,
    DrugLine,
    OtherPropertyLine,
    PhoneLine,
    VehicleLine,
    WeaponLine,
)
from tests.factories.reports import ArrestRecordedFactory, SeizureRecordedFactory


def test_the_text_of_a_seizure_holds_all_that_its_lines_say_in_any_order():
    lines = (
        *(WeaponLine(weapon="bladed/knife", acquired="seized"), AmmunitionLine(rounds=5), PhoneLine(count=2)),
        *(DrugLine(drug="a/cocaine", weight_milligrams=7, wraps=3, qualifier="about"), DrugLine(drug="unstated")),
        *(VehicleLine(ground="motoring"), CashLine(currency="GBP", amount_minor=9), OtherPropertyLine(property="dog")),
    )
    text = text_of(SeizureRecordedFactory(lines=lines).data)
    assert text == text_of(SeizureRecordedFactory(lines=lines[::-1]).data)
    assert text.split(";") == [
        *("ammunition|exact|rounds=5|", "cash/GBP|exact|amount_minor=9|"),
        *("drug/a/cocaine|about|weight_milligrams=7,wraps=3|", "drug/unstated|exact||", "other/dog|exact|count=1|"),
        *("phone|exact|count=2|", "vehicle/motoring|exact|count=1|", "weapon/bladed/knife|exact|count=1|seized"),
    ]
    assert [(line.path, line.role) for line in lines_in(text, "")][1:4] == [
        *(("cash/GBP", "measured"), ("drug/a/cocaine", "measured"), ("drug/unstated", "beside")),
    ]


def test_the_count_of_an_arrest_is_no_amount_that_decides():
    text = text_of(ArrestRecordedFactory(reason="violence/emergency_worker", count=3).data)
    (line,) = lines_in(text, "")
    assert line == Line("violence/emergency_worker", "plain", "exact", (), 3)
    assert line.main is None


def test_without_a_text_each_category_is_a_line_without_an_amount():
    assert [line.path for line in lines_in("", "cash/GBP,phone")] == ["cash/GBP", "phone"]


@pytest.mark.parametrize(
    ("one", "other", "are_close"),
    [
        ((100, "exact"), (95, "exact"), True),
        ((100, "exact"), (94, "exact"), False),
        ((0, "exact"), (0, "exact"), True),
        ((0, "exact"), (1, "exact"), False),
        ((100, "about"), (115, "exact"), True),
        ((100, "about"), (117, "exact"), False),
        ((100, "at_least"), (10**12, "exact"), True),
        ((100, "more_than"), (90, "exact"), False),
        ((100, "at_most"), (1, "exact"), True),
        ((100, "under"), (107, "exact"), False),
    ],
)
def test_amounts_are_close_if_the_smaller_is_at_least_95_percent_of_the_larger(
    one: tuple[int, str],
    other: tuple[int, str],
    are_close: bool,  # noqa: FBT001 - a parameter of the test
):
    assert bounds_of(*one).is_close_to(bounds_of(*other)) is are_close
    assert bounds_of(*other).is_close_to(bounds_of(*one)) is are_close


@given(st.integers(0, 2**53), st.integers(0, 2**53), st.sampled_from(("exact", "about", "at_least", "under")))
def test_both_bounds_rise_with_the_amount(one: int, other: int, qualifier: str):
    low, high = (bounds_of(value, qualifier) for value in sorted((one, other)))
    assert low <= high
    assert low.greatest <= high.greatest
    assert low.greatest <= UNBOUNDED
    assert isinstance(low, AmountBounds)


def line(path: str, role: str = "plain", **amounts: int) -> Line:
    return Line(path, role, "exact", tuple(StatedAmount(*one) for one in amounts.items()))  # type: ignore[arg-type]


CASH, MORE_CASH = (line("cash/GBP", amount_minor=value) for value in (100, 103))


@pytest.mark.parametrize(
    ("one", "other", "compared"),
    [
        ([CASH], [CASH], "same"),
        ([CASH], [MORE_CASH], "close"),
        ([CASH, line("phone", count=1)], [CASH, line("phone", count=2)], "different"),
        ([CASH, line("drug/a")], [CASH, line("drug/a/heroin", wraps=3)], "same"),
        ([line("phone", count=1)], [line("phone", count=1)], "count"),
        ([line("drug/a")], [line("drug/a", wraps=3)], "missing"),
        ([line("drug/a", tablets=9)], [line("drug/a", wraps=3)], "missing"),
        ([line("drug/a")], [line("drug/a/heroin")], "none"),
        ([line("drug/a", wraps=3), CASH], [line("drug/a", wraps=9), line("drug/a", wraps=3)], "same"),
    ],
)
def test_how_the_amounts_of_two_events_compare(one: list[Line], other: list[Line], compared: str):
    assert amounts_compared(one, other) == compared
    assert compared in AMOUNTS
