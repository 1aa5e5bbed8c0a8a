"""Printed numbers and units: each is read exactly, or refused with a reason."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims.reading.numbers import NotExact, read_number
from service.domain.claims.reading.units import MONEY, WEIGHTS, Unit, UnitDoesNotFit, unit_of
from service.domain.model.reference_data import measure_catalogue

ARRESTS = Unit("arrests", "arrests")
POUNDS, MILLIONS, KILOGRAMS = MONEY["pounds"], MONEY["million pounds"], WEIGHTS["kilograms"]
CATALOGUE = measure_catalogue()


@pytest.mark.parametrize(
    ("found", "unit", "value", "step"),
    [
        ("179", ARRESTS, 179, 1),
        (179, ARRESTS, 179, 1),
        ("0", ARRESTS, 0, 1),
        ("1,660", ARRESTS, 1_660, 1),
        ("12,345,678", ARRESTS, 12_345_678, 1),
        ("5,700", POUNDS, 570_000, 100),
        ("5,700.00", POUNDS, 570_000, 1),
        ("0.05", POUNDS, 5, 1),
        ("131", MONEY["thousand pounds"], 13_100_000, 100_000),
        ("198.088", MONEY["thousand pounds"], 19_808_800, 100),
        ("1.5", MILLIONS, 150_000_000, 10_000_000),
        ("3.14159265", MILLIONS, 314_159_265, 1),
        ("500", MONEY["pence"], 500, 1),
        ("65", KILOGRAMS, 65_000_000, 1_000_000),
        ("1.4142135", KILOGRAMS, Fraction("1414213.5"), Fraction(1, 10)),
        ("2.5", WEIGHTS["tonnes"], 2_500_000_000, 100_000_000),
        ("1,234.5", WEIGHTS["grams"], 1_234_500, 100),
    ],
)
def test_a_readable_number_is_read_to_its_last_digit(found: object, unit: Unit, value: object, step: object) -> None:
    printed = read_number(found, unit)
    assert (printed.value, printed.step) == (value, step)


@pytest.mark.parametrize(
    ("found", "unit"),
    [
        pytest.param("92,0000", POUNDS, id="one-digit-too-many"),
        pytest.param("198.088", POUNDS, id="a-point-in-place-of-a-comma"),
        pytest.param("nearly 12k", ARRESTS, id="words-and-letters"),
        pytest.param("12k", ARRESTS, id="letters"),
        pytest.param("more than 170", ARRESTS, id="words"),
        pytest.param("£5,700", POUNDS, id="a-sign"),
        pytest.param("5,700.5", POUNDS, id="one-place-of-pounds"),
        pytest.param("1,20", ARRESTS, id="a-short-group"),
        pytest.param("1,2345", ARRESTS, id="a-long-group"),
        pytest.param("1234,567", ARRESTS, id="a-long-first-group"),
        pytest.param(",123", ARRESTS, id="no-first-group"),
        pytest.param("0,123", ARRESTS, id="a-leading-zero-group"),
        pytest.param("007", ARRESTS, id="leading-zeros"),
        pytest.param("1 660", ARRESTS, id="a-space"),
        pytest.param("1.660", ARRESTS, id="a-point-in-a-count"),
        pytest.param("179.0", ARRESTS, id="a-count-to-a-tenth"),
        pytest.param("5.", KILOGRAMS, id="nothing-after-the-point"),
        pytest.param(".5", KILOGRAMS, id="nothing-before-the-point"),
        pytest.param("1.234,5", KILOGRAMS, id="a-comma-in-place-of-a-point"),
        pytest.param("-5", ARRESTS, id="negative"),
        pytest.param(-5, ARRESTS, id="a-negative-integer"),
        pytest.param("+5", ARRESTS, id="a-plus"),
        pytest.param("1e3", ARRESTS, id="an-exponent"),
        pytest.param("½", KILOGRAMS, id="a-fraction"),
        pytest.param("١٧٩", ARRESTS, id="digits-of-another-script"),
        pytest.param("", ARRESTS, id="empty"),
        pytest.param(" 179", ARRESTS, id="a-space-before"),
        pytest.param("179\n", ARRESTS, id="a-line-end"),
        pytest.param("9" * 41, ARRESTS, id="too-long"),
        pytest.param("9" * 20, ARRESTS, id="more-than-any-total"),
        pytest.param(10**400, ARRESTS, id="an-integer-more-than-any-total"),
        pytest.param("0.123456789", MILLIONS, id="finer-than-a-penny"),
        pytest.param(198.088, POUNDS, id="a-float"),
        pytest.param(179.0, ARRESTS, id="a-whole-float"),
        pytest.param(float("nan"), ARRESTS, id="not-a-number"),
        pytest.param(True, ARRESTS, id="a-boolean"),
        pytest.param(None, ARRESTS, id="null"),
        pytest.param(["179"], ARRESTS, id="a-list"),
    ],
)
def test_a_number_that_cannot_be_read_exactly_is_refused(found: Any, unit: Unit) -> None:
    with pytest.raises(NotExact):
        read_number(found, unit)


def test_the_error_states_what_was_expected_and_found() -> None:
    with pytest.raises(NotExact, match=r"Expected 2 digits after the point, or no point, in pounds; found '198\.088'"):
        read_number("198.088", POUNDS)
    with pytest.raises(NotExact, match=r"found the float 198\.088"):
        read_number(198.088, POUNDS)


@given(st.integers(0, 2**53 - 1))
def test_a_number_is_the_same_with_commas_and_without(number: int) -> None:
    assert read_number(f"{number:,}", ARRESTS) == read_number(str(number), ARRESTS) == read_number(number, ARRESTS)


@given(st.integers(0, 10**12))
def test_money_and_weights_are_the_same_in_every_unit(quantity: int) -> None:
    for units in (MONEY, WEIGHTS):
        for unit in units.values():
            places = len(str(unit.size)) - 1
            whole, rest = divmod(quantity, unit.size)
            printed = f"{whole:,}.{rest:0{places}}" if places else f"{whole}"
            assert read_number(printed, unit).value == quantity


@pytest.mark.parametrize(
    ("measure", "word", "smallest", "size"),
    [
        ("arrests", "arrests", "arrests", 1),
        ("weapons", "items", "items", 1),
        ("cash", "pounds", "pence", 100),
        ("accounts_frozen", "million pounds", "pence", 100_000_000),
        ("drug_weight", "tonnes", "milligrams", 10**9),
        ("foreign_cash", "EUR", "minor units", 100),
        ("foreign_cash", "JPY", "minor units", 1),
        ("foreign_cash", "KWD", "minor units", 1_000),
        ("dogs_seized", "dogs", "dogs", 1),
        ("assets_restrained", "million pounds", "pence", 100_000_000),
    ],
)
def test_a_unit_of_the_measure_is_read(measure: str, word: str, smallest: str, size: int) -> None:
    unit = unit_of(word, measure, CATALOGUE.get(measure))
    assert (unit.smallest, unit.size) == (smallest, size)


@pytest.mark.parametrize(
    ("measure", "word"),
    [
        ("arrests", "people"),
        ("arrests", "arrest"),
        ("drug_seizures", "drugs"),
        ("cash", "EUR"),
        ("cash", "kilograms"),
        ("cash", "£"),
        ("drug_weight", "plants"),
        ("drug_weight", "kg"),
        ("foreign_cash", "pounds"),
        ("foreign_cash", "GBP"),
        ("foreign_cash", "XXX"),
    ],
)
def test_a_unit_of_another_measure_is_refused_with_the_expected_units(measure: str, word: str) -> None:
    with pytest.raises(UnitDoesNotFit, match=rf"^Expected {measure} in .*; found '{word}'"):
        unit_of(word, measure, CATALOGUE[measure])
