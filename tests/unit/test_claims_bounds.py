"""Bounds: a claim made from a true value agrees with it, however the value was rounded or qualified."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims import bounds
from service.domain.claims.bounds import Bounds, Printed, describe, joined, summed

quantities = st.integers(0, 10**15)
steps = st.integers(0, 12).map(lambda places: 10**places)
spans = st.builds(
    lambda least, width: Bounds(least, None if width is None else least + width),
    st.integers(0, 50),
    st.none() | st.integers(1, 50),
)


def holds(claimed: Bounds, quantity: int) -> bool:
    return Bounds(quantity, quantity + 1).within(claimed)


@given(quantities, steps)
def test_a_rounded_or_truncated_value_lies_within_the_printed_number(quantity: int, step: int) -> None:
    for printed in (quantity // step, (2 * quantity + step) // (2 * step), round(Fraction(quantity, step))):
        assert holds(bounds.printed(Printed(Fraction(printed * step), Fraction(step))), quantity)


@given(quantities, steps)
def test_a_value_further_off_than_the_last_digit_does_not(quantity: int, step: int) -> None:
    printed = bounds.printed(Printed(Fraction(quantity), Fraction(step)))
    assert not holds(printed, quantity + step)
    assert quantity < step or not holds(printed, quantity - step)


@given(quantities, st.integers(0, 10**6))
def test_a_value_lies_within_every_true_qualifier_and_outside_every_false_one(quantity: int, off: int) -> None:
    below, above = Fraction(max(0, quantity - off)), Fraction(quantity + off)
    assert holds(bounds.at_least(below), quantity)
    assert holds(bounds.up_to(above), quantity)
    assert holds(bounds.more_than(below), quantity) == (below < quantity)
    assert holds(bounds.nearly(above), quantity) == (above > quantity)
    assert holds(bounds.at_least(above), quantity) == (above == quantity)


@given(quantities, st.integers(1, 10**15))
def test_about_is_within_a_tenth_of_the_number_and_at_least_one(quantity: int, number: int) -> None:
    assert holds(bounds.about(Fraction(number)), quantity) == (10 * abs(quantity - number) <= max(10, number))


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        pytest.param(bounds.printed(Printed(Fraction(179), Fraction(1))), Bounds(179, 180), id="a-count-is-itself"),
        pytest.param(
            bounds.printed(Printed(Fraction(65_000_000), Fraction(1_000_000))),
            Bounds(64_500_000, 66_000_000),
            id="65-kilograms",
        ),
        pytest.param(bounds.printed(Printed(Fraction(0), Fraction(1))), Bounds(0, 1), id="zero-is-zero"),
        pytest.param(bounds.more_than(Fraction(0)), Bounds(1), id="more-than-zero"),
        pytest.param(bounds.up_to(Fraction(0)), Bounds(0, 1), id="up-to-zero"),
        pytest.param(bounds.about(Fraction(5)), Bounds(4, 7), id="about-five"),
        pytest.param(bounds.about(Fraction(9)), Bounds(8, 11), id="about-nine-may-be-eight"),
        pytest.param(
            bounds.about(Fraction(5_000), step=Fraction(1_000)), Bounds(4_000, 6_001), id="about-five-thousand"
        ),
        pytest.param(bounds.about(Fraction(0)), Bounds(0, 2), id="about-zero"),
        pytest.param(
            bounds.printed(Printed(Fraction(3, 2), Fraction(1, 10))), Bounds(1, 3), id="finer-than-the-smallest-unit"
        ),
        pytest.param(
            bounds.printed(Printed(Fraction(20), Fraction(1)), Printed(Fraction(30), Fraction(1))),
            Bounds(20, 31),
            id="a-range-with-both-ends",
        ),
    ],
)
def test_the_bounds_of_a_printed_number(claimed: Bounds, expected: Bounds) -> None:
    assert claimed == expected


@given(spans, spans)
def test_within_meets_and_above_hold_for_every_number(one: Bounds, other: Bounds) -> None:
    numbers = range(200)
    here = [holds(one, number) for number in numbers]
    there = [holds(other, number) for number in numbers]
    assert one.meets(other) == any(a and b for a, b in zip(here, there, strict=True))
    assert one.within(other) == (all(b for a, b in zip(here, there, strict=True) if a) and not _longer(one, other))
    assert one.is_above(other) == (not one.meets(other) and one.least > other.least)


def _longer(one: Bounds, other: Bounds) -> bool:
    return one.before is None and other.before is not None


@given(st.lists(spans, min_size=1, max_size=5))
def test_joined_bounds_are_the_intersection_or_else_the_range_of_all(claimed: list[Bounds]) -> None:
    common = [number for number in range(200) if all(holds(one, number) for one in claimed)]
    possible = common or [number for number in range(200) if any(holds(one, number) for one in claimed)]
    assert all(holds(joined(claimed), number) for number in possible)
    if common:
        assert all(holds(joined(claimed), number) == (number in common) for number in range(200))


@given(st.lists(st.tuples(spans, st.integers(0, 1_000)), max_size=6))
def test_a_sum_of_true_values_lies_within_the_sum_of_their_bounds(parts: list[tuple[Bounds, int]]) -> None:
    true = [min(max(one.least, pick), (one.before or 2_000) - 1) for one, pick in parts]
    assert holds(summed([one for one, _pick in parts]), sum(true))


@pytest.mark.parametrize(
    ("claimed", "unit", "words"),
    [
        (Bounds(179, 180), "arrests", "179"),
        (Bounds(171), "arrests", "at least 171"),
        (Bounds(0, 41), "items", "at most 40"),
        (Bounds(569_950, 570_100), "pence", "£5,699.50 to £5,700.99"),
        (Bounds(65_000_000, 65_000_001), "milligrams", "65 kg"),
    ],
)
def test_bounds_in_words(claimed: Bounds, unit: str, words: str) -> None:
    assert describe(claimed, unit) == words
