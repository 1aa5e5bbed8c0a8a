"""A stated number is true of every value that the record allows, and a threshold is always below the number."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.model.vocabulary import QUALIFIERS
from service.domain.statement.thresholds import StatedNumber, in_full, rounded, threshold, to_one_decimal

POUND = 100


@pytest.mark.parametrize(
    ("count", "below"),
    [
        *((179, 170), (85, 80), (46, 40), (1_660, 1_600), (230, 200), (160, 150)),
        *((0, None), (1, None), (39, None), (40, 30), (41, 40), (50, 40), (99, 90), (100, 90), (101, 100), (110, 100)),
        *((150, 100), (151, 150), (200, 150), (201, 200), (250, 200), (990, 950), (999, 990)),
        *((1_000, 900), (1_001, 1_000), (1_100, 1_000), (1_700, 1_600), (9_639, 9_600), (9_999, 9_900)),
        *((10_000, 9_000), (10_001, 10_000), (99_999, 99_000)),
        *((100_000, 99_000), (100_001, 100_000), (123_456, 123_000), (198_088, 198_000), (1_234_567, 1_230_000)),
    ],
)
def test_counts_are_rounded_down_to_a_lower_number(count, below):
    assert threshold(count, "arrests") == below


@pytest.mark.parametrize(
    ("pounds", "below"),
    [
        *((32_000, 30_000), (67_329, 67_000)),
        *((0, None), (1, None), (999, None), (1_000, None), (1_001, 1_000), (2_000, None), (5_000, None)),
        *((5_700, 5_000), (6_000, 5_000), (10_000, 5_000), (35_000, 30_000), (1_000_000, 995_000)),
    ],
)
def test_money_is_rounded_down_to_thousands_of_pounds(pounds, below):
    assert threshold(pounds * POUND, "pence") == (None if below is None else below * POUND)


def test_a_penny_over_a_thousand_pounds_is_more_than_a_thousand():
    assert threshold(100_001, "pence") == 100_000
    assert threshold(3_200_001, "pence") == 3_200_000


@pytest.mark.parametrize("unit", ["milligrams", "minor units"])
def test_weights_and_foreign_money_have_no_threshold(unit):
    assert threshold(123_456_789, unit) is None
    assert rounded(StatedNumber("more_than", 123_456_789, unit)) == StatedNumber("more_than", 123_456_789, unit)


@pytest.mark.parametrize(
    ("qualifier", "outstanding", "claimed"),
    [
        ("exact", False, StatedNumber("exact", 179, "arrests")),
        ("exact", True, StatedNumber("at_least", 179, "arrests")),
        ("at_least", True, StatedNumber("at_least", 179, "arrests")),
        ("more_than", True, StatedNumber("more_than", 179, "arrests")),
        ("about", False, StatedNumber("about", 179, "arrests")),
        ("about", True, StatedNumber("about", 179, "arrests", so_far=True)),
        ("under", True, StatedNumber("under", 179, "arrests", so_far=True)),
        ("at_most", True, StatedNumber("at_most", 179, "arrests", so_far=True)),
    ],
)
def test_while_a_return_is_outstanding_a_figure_is_a_lower_bound_or_so_far(qualifier, outstanding, claimed):
    assert in_full(179, qualifier, "arrests", is_outstanding=outstanding) == claimed


def test_at_least_zero_is_never_stated():
    assert in_full(0, "exact", "arrests", is_outstanding=True) == StatedNumber("exact", 0, "arrests", so_far=True)


@pytest.mark.parametrize(
    ("qualifier", "quantity", "claimed"),
    [
        ("exact", 179, ("more_than", 170)),
        ("at_least", 180, ("more_than", 150)),
        ("exact", 12, ("exact", 12)),
        ("at_least", 12, ("at_least", 12)),
        ("more_than", 1_200, ("more_than", 1_200)),
        ("more_than", 1_234, ("more_than", 1_200)),
        ("more_than", 12, ("more_than", 12)),
        ("about", 179, ("about", 179)),
        ("under", 200, ("under", 200)),
        ("at_most", 200, ("at_most", 200)),
    ],
)
def test_only_exact_numbers_and_lower_bounds_become_thresholds(qualifier, quantity, claimed):
    stated = rounded(StatedNumber(qualifier, quantity, "arrests"))
    assert (stated.qualifier, stated.quantity) == claimed


def test_more_than_a_sum_of_money_keeps_its_thousands():
    assert rounded(StatedNumber("more_than", 3_200_000, "pence")).quantity == 3_200_000
    assert rounded(StatedNumber("more_than", 3_212_345, "pence")).quantity == 3_200_000
    assert rounded(StatedNumber("more_than", 50_000, "pence")).quantity == 50_000


# Whether a value of the whole is allowed, by the qualifier of the recorded number; `about` allows anything.
ALLOWS = {
    "exact": lambda value, recorded: value == recorded,
    "more_than": lambda value, recorded: value > recorded,
    "at_least": lambda value, recorded: value >= recorded,
    "under": lambda value, recorded: value < recorded,
    "at_most": lambda value, recorded: value <= recorded,
    "about": lambda _value, _recorded: True,
}
UNITS = st.sampled_from(["arrests", "pence", "milligrams", "minor units"])
QUANTITIES = st.integers(0, 2_000) | st.integers(0, 10**9) | st.integers(0, 10**4).map(lambda number: number * 1_000)


@given(
    recorded=QUANTITIES,
    qualifier=st.sampled_from(QUALIFIERS),
    unit=UNITS,
    off=st.integers(-(10**6), 10**6),
    later=st.none() | st.integers(0, 10**6),
)
@example(recorded=40, qualifier="exact", unit="arrests", off=0, later=None)
@example(recorded=100_000, qualifier="exact", unit="pence", off=0, later=None)
@example(recorded=179, qualifier="exact", unit="arrests", off=0, later=1)
def test_a_stated_number_is_true_of_every_value_that_the_record_allows(recorded, qualifier, unit, off, later):
    """`later` is what outstanding returns will add; None: every return is in."""
    so_far = recorded + (0 if qualifier == "exact" else off)
    if so_far < 0 or not ALLOWS[qualifier](so_far, recorded):
        so_far = recorded + {"more_than": 1, "under": -1}.get(qualifier, 0)
    full = in_full(recorded, qualifier, unit, is_outstanding=later is not None)
    for stated in (full, rounded(full)):
        value = so_far if stated.so_far else so_far + (later or 0)
        assert ALLOWS[stated.qualifier](value, stated.quantity)
        # An estimate keeps the recorded number.
        assert stated.qualifier != "about" or (qualifier == "about" and stated.quantity == recorded)
        # While more may come, only a lower bound can be stated for the whole.
        assert later is None or stated.so_far or stated.qualifier in ("at_least", "more_than")


@given(quantity=QUANTITIES, unit=UNITS)
def test_a_threshold_is_round_and_strictly_below(quantity, unit):
    below = threshold(quantity, unit)
    if below is not None:
        assert 0 < below < quantity
        assert below % (100_000 if unit == "pence" else 10) == 0
        assert below >= quantity / 3


@given(quantity=QUANTITIES, unit=UNITS)
def test_a_number_without_a_threshold_is_given_in_full(quantity, unit):
    stated = StatedNumber("exact", quantity, unit)
    assert (rounded(stated) == stated) == (threshold(quantity, unit) is None)


@pytest.mark.parametrize(
    ("qualifier", "milligrams", "rounded"),
    [
        ("exact", 1_083_500, 1_100_000),
        ("exact", 1_050_000, 1_100_000),
        ("exact", 1_049_999, 1_000_000),
        ("exact", 999_960, 1_000_000),
        ("exact", 999, 999),
        ("about", 2_451_300, 2_500_000),
        ("at_least", 1_083_500, 1_000_000),
        ("more_than", 1_199_999, 1_100_000),
        ("under", 1_000_001, 1_100_000),
        ("at_most", 1_100_000, 1_100_000),
        ("exact", 0, 0),
    ],
)
def test_a_weight_is_shown_to_one_decimal_place_and_a_bound_stays_true(qualifier, milligrams, rounded):
    stated = StatedNumber(qualifier, milligrams, "milligrams")
    assert to_one_decimal(stated) == replace(stated, quantity=rounded)
    assert to_one_decimal(to_one_decimal(stated)) == to_one_decimal(stated)


@pytest.mark.parametrize("unit", ["arrests", "pence", "minor_units"])
def test_what_is_no_weight_is_shown_as_it_is(unit):
    stated = StatedNumber("exact", 1_083_549, unit)
    assert to_one_decimal(stated) == stated
