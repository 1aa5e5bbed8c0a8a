"""Bounds: a claim that was made from a true value, however it was rounded or hidden behind a word, agrees with it."""

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
def test_a_value_that_was_rounded_or_cut_off_lies_within_what_was_printed(quantity: int, step: int) -> None:
    for printed in (quantity // step, (2 * quantity + step) // (2 * step), round(Fraction(quantity, step))):
        assert holds(bounds.printed(Printed(Fraction(printed * step), Fraction(step))), quantity)


@given(quantities, steps)
def test_a_value_further_off_than_its_last_digit_does_not(quantity: int, step: int) -> None:
    printed = bounds.printed(Printed(Fraction(quantity), Fraction(step)))
    assert not holds(printed, quantity + step)
    assert quantity < step or not holds(printed, quantity - step)


@given(quantities, st.integers(0, 10**6))
def test_a_value_lies_within_every_true_word_about_it_and_outside_every_untrue_one(quantity: int, off: int) -> None:
    below, above = Fraction(max(0, quantity - off)), Fraction(quantity + off)
    assert holds(bounds.at_least(below), quantity)
    assert holds(bounds.up_to(above), quantity)
    assert holds(bounds.more_than(below), quantity) == (below < quantity)
    assert holds(bounds.nearly(above), quantity) == (above > quantity)
    assert holds(bounds.at_least(above), quantity) == (above == quantity)


@given(quantities, st.integers(1, 10**15))
def test_about_is_within_a_tenth_of_the_number(quantity: int, number: int) -> None:
    assert holds(bounds.about(Fraction(number)), quantity) == (10 * abs(quantity - number) <= number)


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        pytest.param(bounds.printed(Printed(Fraction(179), Fraction(1))), Bounds(179, 180), id="a-count-is-itself"),
        pytest.param(
            bounds.printed(Printed(Fraction(65_000_000), Fraction(1_000_000))),
            Bounds(64_500_000, 66_000_000),
            id="65-kilograms",
        ),
        pytest.param(bounds.printed(Printed(Fraction(0), Fraction(1))), Bounds(0, 1), id="nil-is-nil"),
        pytest.param(bounds.more_than(Fraction(0)), Bounds(1), id="more-than-none"),
        pytest.param(bounds.up_to(Fraction(0)), Bounds(0, 1), id="up-to-none"),
        pytest.param(bounds.about(Fraction(5)), Bounds(5, 6), id="about-five"),
        pytest.param(bounds.about(Fraction(0)), Bounds(0, 1), id="about-none"),
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
def test_what_is_possible(claimed: Bounds, expected: Bounds) -> None:
    assert claimed == expected


@given(spans, spans)
def test_within_meets_and_above_are_what_they_say_of_single_numbers(one: Bounds, other: Bounds) -> None:
    numbers = range(200)
    here = [holds(one, number) for number in numbers]
    there = [holds(other, number) for number in numbers]
    assert one.meets(other) == any(a and b for a, b in zip(here, there, strict=True))
    assert one.within(other) == (all(b for a, b in zip(here, there, strict=True) if a) and not _longer(one, other))
    assert one.is_above(other) == (not one.meets(other) and one.least > other.least)


def _longer(one: Bounds, other: Bounds) -> bool:
    return one.before is None and other.before is not None


@given(st.lists(spans, min_size=1, max_size=5))
def test_statements_joined_are_what_they_have_in_common_or_else_all_that_any_allows(claimed: list[Bounds]) -> None:
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
