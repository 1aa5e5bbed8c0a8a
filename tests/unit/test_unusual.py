"""Unusual values: each rule at its bounds, and what is compared with what."""

from typing import Any

import pytest

from service.domain.counting.figures import display
from service.domain.model.reference_data import measure_catalogue
from service.spreadsheets.unusual import unusual
from tests.unit.test_additions import DAYS, arrest, event

MEASURES = measure_catalogue()


def found(*events: Any, **options: Any) -> list[tuple[int, str, str]]:
    return [(one.index, one.pointer, one.value) for one in unusual(events, MEASURES, DAYS, **options)]


def drugs(*lines: tuple[str, int | None, int | None]) -> Any:
    named = ("drug", "weight_milligrams", "value_pence")
    return event("seizure", lines=[{"kind": "drug", **dict(zip(named, line, strict=True))} for line in lines])


def weights(*milligrams: int, drug: str = "a/cocaine") -> list[Any]:
    return [drugs((drug, one, None)) for one in milligrams]


def line(**fields: Any) -> Any:
    return event("seizure", lines=[{"kind": "phone"}, fields])


@pytest.mark.parametrize(
    ("one", "pointer"),
    [
        (lambda number: arrest(count=number), "/data/count"),
        (lambda number: event("activity", measure="vehicles_stopped", quantity=number), "/data/quantity"),
        (lambda number: line(kind="phone", count=number), "/data/lines/1/count"),
        (lambda number: line(kind="ammunition", rounds=number), "/data/lines/1/rounds"),
        (lambda number: line(kind="drug", drug="b/cannabis", plants=number), "/data/lines/1/plants"),
        (lambda number: line(kind="drug", drug="a/mdma", tablets=number), "/data/lines/1/tablets"),
    ],
)
def test_more_than_a_thousand_in_one_is_unusual(one: Any, pointer: str):
    assert found(one(1_000)) == []
    assert found(one(1_001)) == [(0, pointer, "1,001")]


def test_amounts_of_money_are_not_numbers_of_items():
    assert found(event("activity", measure="accounts_frozen", quantity=5_000_000)) == []
    assert found(line(kind="cash", currency="GBP", amount_minor=5_000_000)) == []


@pytest.mark.parametrize(
    ("milligrams", "odd"),
    [
        ([1_000, 2_000, 2_000_000], {2}),
        ([1_000, 2_000, 1_999_999], set()),
        ([1_000_000, 2_000_000, 1_000], {2}),
        ([1_000_000, 2_000_000, 1_001], set()),
        # One of two is in another unit, and nobody can tell which.
        ([1_000, 1_000_000], {0, 1}),
        ([1_000], set()),
        # A few heavy ones among many light ones are compared with the middle one.
        ([1_000] * 5 + [2_000_000] * 2, {5, 6}),
    ],
)
def test_a_weight_a_thousand_times_the_others_is_unusual(milligrams: list[int], odd: set[int]):
    assert {index for index, _pointer, _value in found(*weights(*milligrams))} == odd


def test_weights_are_compared_within_a_drug_if_there_are_others_of_it():
    cannabis = weights(900_000, 1_000_000, drug="b/cannabis")
    assert found(*weights(500, 400, 300), *cannabis) == []
    assert found(*weights(500), *cannabis) == [(0, "/data/lines/0/weight_milligrams", "500 mg")]
    # A form is of the same drug.
    assert found(*weights(500, 400), *cannabis, *weights(800, drug="b/cannabis/resin"))[0][0] == 4


@pytest.mark.parametrize(
    ("drug", "lowest", "highest"),
    [
        # In 2024 a gram of cocaine was sold at 80 pounds.
        ("a/cocaine", 2_000, 32_000),
        ("a/cocaine/powder", 2_000, 32_000),
        # In 2025, the nearest year, a gram of amphetamine at 5 to 20 pounds.
        ("b/amphetamine", 125, 8_000),
        # The price of these is not known.
        ("a", 100, 25_000),
        ("a/registered", 100, 25_000),
    ],
)
def test_a_street_value_far_from_the_price_of_a_gram_is_unusual(drug: str, lowest: int, highest: int):
    for pence, is_unusual in ((lowest, False), (highest, False), (lowest - 1, True), (highest + 1, True)):
        place = [(0, "/data/lines/0/value_pence", display(pence * 10, "pence", "exact"))]
        assert found(drugs((drug, 10_000, pence * 10))) == (place if is_unusual else [])


def test_a_value_without_a_weight_has_no_price():
    assert found(drugs(("a/cocaine", None, 100_000_000))) == []


@pytest.mark.parametrize(
    ("days", "odd"),
    [
        ([0, 0, 28], [2]),
        ([0, 0, 27], []),
        ([40, 0, 1, 2], [0]),
        ([0, 1, 60, 100], [2, 3]),
        ([0, 0, 60, 60], []),
        ([0, 60], []),
    ],
)
def test_a_single_day_weeks_from_the_others_is_unusual(days: list[int], odd: list[int]):
    assert [index for index, _pointer, _value in found(*map(arrest, days))] == odd
    assert all(pointer == "/occurred_at" for _index, pointer, _value in found(*map(arrest, days)))


def test_only_chosen_events_are_returned_and_all_are_compared():
    events = [*weights(1_000, 2_000, 2_000_000), arrest(count=2_000)]
    assert [index for index, _pointer, _value in found(*events, among={2})] == [2]
    assert found(*events, among={0, 1}) == []
