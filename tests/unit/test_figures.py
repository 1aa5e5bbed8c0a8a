"""How qualifiers are joined, and how numbers are written."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.counting.figures import display, join, join_all
from service.domain.model.vocabulary import QUALIFIERS

A_QUALIFIER = st.sampled_from(QUALIFIERS)


@given(A_QUALIFIER, A_QUALIFIER)
def test_the_order_of_two_quantities_does_not_matter(one: str, other: str) -> None:
    assert join(one, other) == join(other, one)


@given(A_QUALIFIER, A_QUALIFIER, A_QUALIFIER)
def test_the_grouping_of_three_quantities_does_not_matter(one: str, two: str, three: str) -> None:
    assert join(join(one, two), three) == join(one, join(two, three))


@given(A_QUALIFIER)
def test_exact_leaves_the_other_qualifier_unchanged(one: str) -> None:
    assert join(one, "exact") == join("exact", one) == one


@given(A_QUALIFIER)
def test_about_stays_about(one: str) -> None:
    assert join(one, "about") == "about"


@given(A_QUALIFIER)
def test_two_equal_qualifiers_give_the_same_qualifier(one: str) -> None:
    assert join(one, one) == one


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("more_than", "at_least", "more_than"),
        ("under", "at_most", "under"),
        ("at_least", "at_most", "about"),
        ("more_than", "under", "about"),
        ("at_least", "under", "about"),
        ("more_than", "at_most", "about"),
    ],
)
def test_bounds_of_one_side_stay_a_bound_and_of_both_sides_become_about(one: str, other: str, expected: str) -> None:
    assert join(one, other) == expected


def test_an_empty_sum_is_exact() -> None:
    assert join_all([]) == "exact"


def test_the_qualifier_of_a_sum_does_not_depend_on_the_order() -> None:
    assert {join_all(order) for order in permutations(["exact", "at_least", "more_than"])} == {"more_than"}
    assert {join_all(order) for order in permutations(["exact", "at_least", "under"])} == {"about"}


@pytest.mark.parametrize(
    ("quantity", "unit", "qualifier", "expected"),
    [
        (0, "arrests", "exact", "0"),
        (1_234_567, "arrests", "exact", "1,234,567"),
        (170, "arrests", "more_than", "more than 170"),
        (170, "arrests", "at_least", "at least 170"),
        (170, "arrests", "under", "nearly 170"),
        (170, "arrests", "at_most", "up to 170"),
        (170, "arrests", "about", "about 170"),
        (570_000, "pence", "exact", "£5,700"),
        (570_005, "pence", "exact", "£5,700.05"),
        (5, "pence", "about", "about £0.05"),
        (0, "pence", "exact", "£0"),
        (0, "milligrams", "exact", "0 mg"),
        (999, "milligrams", "exact", "999 mg"),
        (1_000, "milligrams", "exact", "1 g"),
        (1_500_000, "milligrams", "exact", "1.5 kg"),
        (1_234_567, "milligrams", "exact", "1.234567 kg"),
        (100_000_000_000, "milligrams", "exact", "100,000 kg"),
    ],
)
def test_display(quantity: int, unit: str, qualifier: str, expected: str) -> None:
    assert display(quantity, unit, qualifier) == expected


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("EUR", "more than 1,250.05 EUR"), ("JPY", "more than 125,005 JPY"), ("KWD", "more than 125.005 KWD")],
)
def test_foreign_money_is_written_in_its_currency(currency: str, expected: str) -> None:
    assert display(125_005, "minor units", "more_than", currency) == expected
