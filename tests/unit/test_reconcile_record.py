"""One claim compared with the record: agrees, open or differs, and by how much."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims.bounds import Bounds
from service.domain.claims.compare import ScopeFigure, Unplaced, compare, recorded_bounds
from service.domain.counting.completeness import Outstanding
from service.domain.model.vocabulary import QUALIFIERS
from tests.factories.claims import block, figure, read

OWED = (Outstanding("surrey", (date(2023, 1, 17),)),)


def compared(printed: dict[str, Any], quantity: int, qualifier: str = "exact", **keys: Any) -> Any:
    (claim,) = read(block(printed)).claims
    return compare(claim, ScopeFigure(bounds=recorded_bounds(quantity, qualifier), display=str(quantity), **keys))


@pytest.mark.parametrize(
    ("printed", "quantity", "qualifier", "status", "difference"),
    [
        pytest.param(figure(179), 179, "exact", "agrees", None, id="the-same"),
        pytest.param(figure(170, "more than"), 179, "exact", "agrees", None, id="above-a-threshold"),
        pytest.param(figure(179, "more than"), 179, "exact", "differs", -1, id="not-above-it"),
        pytest.param(figure(179, "at least"), 179, "exact", "agrees", None, id="at-least-itself"),
        pytest.param(figure(200), 179, "exact", "differs", -21, id="less"),
        pytest.param(figure(150), 179, "exact", "differs", 29, id="more"),
        pytest.param(figure(150, "up to"), 179, "exact", "differs", 29, id="more-than-up-to"),
        pytest.param(figure(179, "nearly"), 179, "exact", "differs", 1, id="not-below"),
        pytest.param(figure(180, "about"), 179, "exact", "agrees", None, id="about"),
        pytest.param(figure(170, to=180), 179, "exact", "agrees", None, id="in-a-range"),
        pytest.param(figure(1_200, "more than"), 1_200, "more_than", "agrees", None, id="the-same-bound"),
        pytest.param(figure(1_200), 1_200, "more_than", "differs", 1, id="a-bound-above"),
        pytest.param(figure(1_300), 1_200, "more_than", "open", None, id="a-bound-may-be"),
        pytest.param(figure(1_300, "more than"), 1_200, "more_than", "open", None, id="a-lower-bound-may-be"),
        pytest.param(figure(1_000, "at least"), 1_200, "at_least", "agrees", None, id="a-higher-bound-is"),
        pytest.param(figure(90), 100, "under", "open", None, id="nearly-a-hundred-may-be-ninety"),
        pytest.param(figure(100), 100, "under", "differs", -1, id="nearly-a-hundred-is-not-a-hundred"),
        pytest.param(figure(100, "up to"), 100, "at_most", "agrees", None, id="up-to"),
        pytest.param(figure(105), 100, "about", "open", None, id="about-a-hundred-may-be"),
        pytest.param(figure(120), 100, "about", "differs", -10, id="about-a-hundred-is-not"),
        pytest.param(figure(0), 0, "exact", "agrees", None, id="nil"),
        pytest.param(figure(1), 0, "exact", "differs", -1, id="one-and-nil"),
        pytest.param(
            figure("5,700", measure="cash", unit="pounds"), 570_099, "exact", "agrees", None, id="pence-cut-off"
        ),
        pytest.param(figure("5,700", measure="cash", unit="pounds"), 570_100, "exact", "differs", 1, id="a-penny-more"),
        pytest.param(
            figure("65", measure="drug_weight", unit="kilograms"), 64_500_000, "exact", "agrees", None, id="rounded-up"
        ),
    ],
)
def test_a_claim_compared_with_a_complete_record(
    printed: dict[str, Any], quantity: int, qualifier: str, status: str, difference: int | None
) -> None:
    found = compared(printed, quantity, qualifier)
    assert (found.status, found.difference, found.as_it_stands) == (status, difference, status)


@pytest.mark.parametrize(
    ("printed", "status", "as_it_stands", "difference"),
    [
        pytest.param(figure(179), "open", "agrees", None, id="the-recorded-number"),
        pytest.param(figure(200), "open", "differs", None, id="more-may-come"),
        pytest.param(figure(170, "more than"), "agrees", "agrees", None, id="more-changes-nothing"),
        pytest.param(figure(179, "more than"), "open", "differs", None, id="one-more-may-come"),
        pytest.param(figure(150), "differs", "differs", 29, id="too-many-already"),
        pytest.param(figure(180, "about"), "open", "agrees", None, id="about"),
        pytest.param(figure(200, "up to"), "open", "agrees", None, id="an-upper-bound"),
    ],
)
def test_while_a_return_is_outstanding_the_record_is_a_lower_bound(
    printed: dict[str, Any], status: str, as_it_stands: str, difference: int | None
) -> None:
    found = compared(printed, 179, outstanding=OWED)
    assert (found.status, found.as_it_stands, found.difference) == (status, as_it_stands, difference)
    assert "returns are outstanding: surrey" in found.detail


def test_activities_that_belong_to_no_day_may_belong_to_the_days_of_a_claim() -> None:
    assert compared(figure(12), 7, unplaced=Unplaced(10, ("over several days",))).status == "open"
    assert compared(figure(18), 7, unplaced=Unplaced(10, ("over several days",))).status == "differs"
    assert compared(figure(18), 7, unplaced=Unplaced(None, ("over several days",))).status == "open"
    assert "several days" in compared(figure(12), 7, unplaced=Unplaced(10, ("over several days",))).detail


@pytest.mark.parametrize(
    ("printed", "quantity", "qualifier", "words"),
    [
        (figure(200), 179, "exact", "Printed: 200 arrests. The record has 179. That is 21 less."),
        (figure(150), 170, "more_than", "The record has at least 171. That is at least 21 more."),
        (
            figure("5,700", measure="cash", unit="pounds"),
            600_000,
            "exact",
            "Printed: 5,700 pounds. The record has £6,000. That is at least £299.01 more.",
        ),
    ],
)
def test_a_difference_is_described_in_words(printed: dict[str, Any], quantity: int, qualifier: str, words: str) -> None:
    assert compared(printed, quantity, qualifier).detail.endswith(words)


def test_figures_that_may_belong_to_a_claim_keep_it_open() -> None:
    found = compared(figure(12), 0, unplaced=Unplaced(20, ("under no category or a wider one", "for no single force")))
    assert (found.status, found.as_it_stands, found.difference) == ("open", "open", None)
    assert found.detail == (
        "Printed: 12 arrests. The record has at most 20. "
        "What is recorded under no category or a wider one and for no single force may be part of it."
    )


def test_without_a_number_there_is_nothing_to_compare() -> None:
    found = compared(figure("several", "no number"), 3)
    assert (found.status, found.detail, found.recorded) == ("cannot_be_compared", "No number was printed.", None)


@given(st.integers(0, 10**9), st.sampled_from(QUALIFIERS), st.integers(0, 10**9))
def test_the_bounds_of_a_recorded_sum_match_its_qualifier(quantity: int, qualifier: str, true: int) -> None:
    expected = {
        "exact": true == quantity,
        "more_than": true > quantity,
        "at_least": true >= quantity,
        "under": true < quantity or true == quantity == 0,
        "at_most": true <= quantity,
        "about": 10 * abs(true - quantity) <= max(10, quantity),
    }
    assert Bounds(true, true + 1).within(recorded_bounds(quantity, qualifier)) == expected[qualifier]


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(("exact", "more than", "at least", "up to", "about"))
)
def test_the_status_is_true_of_every_number(quantity: int, number: int, says: str) -> None:
    found = compared(figure(number, says), quantity)
    true = {
        "exact": quantity == number,
        "more than": quantity > number,
        "at least": quantity >= number,
        "up to": quantity <= number,
        "about": abs(quantity - number) <= max(1, Fraction(number, 10)),
    }[says]
    assert found.status == ("agrees" if true else "differs")
    assert (found.difference is None) == true
