"""Amounts are read as declared, and converted exactly; sums are recognised, checked and never counted."""

from decimal import Decimal

import pytest

from service.spreadsheets.mapping.model import FileForm
from service.spreadsheets.mapping.sums import (
    check_sum_rows,
    is_total_word,
    looks_like_sum,
    sum_column_problem,
    summed_columns,
)
from service.spreadsheets.mapping.units import grams, minor_units, number, pounds, whole
from service.spreadsheets.reading.cells import Cell, Unreadable

POINT, COMMA = FileForm(), FileForm(decimal=",", thousands=".")
ENGLISH = FileForm(thousands=",")


@pytest.mark.parametrize(
    ("cell", "form", "unit", "value"),
    [
        (12, POINT, "", "12"),
        (0.1 + 0.2, POINT, "", "0.3"),
        ("12.5", POINT, "", "12.5"),
        ("1.250,25", COMMA, "", "1250.25"),
        ("1,250.25", ENGLISH, "", "1250.25"),
        ("£520", POINT, "pounds", "520"),
        ("520 EUR", POINT, "EUR", "520"),
        ("$1,000", ENGLISH, "USD", "1000"),
        ("12.5 g", POINT, "g", "12.5"),
    ],
)
def test_a_number_is_read_as_declared(cell: Cell, form: FileForm, unit: str, value: str):
    assert number(cell, form, unit) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "form", "unit", "said"),
    [
        ("1,250", POINT, "", "written as declared"),
        ("1.25", COMMA, "", "written as declared"),
        ("12,34", ENGLISH, "", "written as declared"),
        ("1.5 kg", POINT, "g", "Expected a number in g, as the mapping says"),
        ("€520", POINT, "pounds", "Expected a number in pounds"),
        ("$520", POINT, "pounds", "Expected a number in pounds"),
        ("50+", POINT, "", "Expected a number"),
        ("about 50", POINT, "", "Expected a number without a word"),
        (-1, POINT, "", "not negative"),
        (True, POINT, "", "Expected a number in digits"),
        ("1234567890123456", POINT, "", "at most 15 digits"),
        (Unreadable("the cell holds the error #REF!"), POINT, "", "#REF!"),
    ],
)
def test_a_number_written_otherwise_is_refused(cell: Cell, form: FileForm, unit: str, said: str):
    with pytest.raises(ValueError, match=said.replace("+", r"\+")):
        number(cell, form, unit)


def test_units_are_converted_exactly():
    assert grams(1.5, POINT, "kg") == "1500"
    assert grams("12,5", COMMA, "g") == "12.5"
    assert grams(250, POINT, "mg") == "0.25"
    assert grams(2, POINT, "oz") == "56.699"
    assert grams(1, POINT, "lb") == "453.592"
    assert pounds("5.2", POINT, "thousand pounds") == "5200"
    assert pounds(52_050, POINT, "pence") == "520.5"
    assert minor_units("520.50", POINT, "EUR") == "52050"
    assert minor_units(520, POINT, "JPY") == "520"
    assert minor_units(520, POINT, "EUR minor") == "520"
    assert whole("12", POINT) == "12"


def test_what_is_finer_than_the_unit_is_refused():
    with pytest.raises(ValueError, match="whole milligrams"):
        grams("0.0001", POINT, "g")
    with pytest.raises(ValueError, match="at most two decimals"):
        pounds("1.005", POINT, "pounds")
    with pytest.raises(ValueError, match="at most 2 decimals"):
        minor_units("1.005", POINT, "EUR")
    with pytest.raises(ValueError, match="whole number"):
        whole(1.5, POINT)


def column(*values: float | None) -> dict[int, Decimal]:
    return {row: Decimal(str(value)) for row, value in enumerate(values, 2) if value is not None}


def test_a_sum_row_is_that_of_its_group_or_of_all_rows_above():
    weights = {"Weight": column(1, 2, 3, 4, 4, 7)}
    assert [one.problem for one in check_sum_rows(weights, [2, 3, 5], [4, 6, 7])] == ["", "", ""]
    (wrong,) = check_sum_rows({"Weight": column(1, 2, 4)}, [2, 3], [4])
    assert wrong.problem == "Weight: the sum is 4, but rows 2 to 3 add up to 3. Correct one of them."
    (alone,) = check_sum_rows({"Weight": column(4)}, [], [2])
    assert "no rows are above it" in alone.problem


def test_each_column_of_a_sum_row_must_add_up():
    (wrong,) = check_sum_rows({"Weight": column(1, 2, 3), "Value": column(10, 20, 31)}, [2, 3], [4])
    assert wrong.problem.startswith("Value: the sum is 31, but rows 2 to 3 add up to 30.")


def test_a_row_with_fewer_labels_that_adds_up_looks_like_a_sum():
    weights = {"Weight": column(1.5, 0.2, 1.7)}
    labels = {2: 4, 3: 4, 4: 2}
    assert looks_like_sum(weights, labels, [2, 3, 4], 2) == "Weight 1.7 is the sum of rows 2 to 3"
    assert looks_like_sum({"Weight": column(1.5, 0.2, 1.8)}, labels, [2, 3, 4], 2) == ""


def test_a_row_with_as_many_labels_is_a_sum_only_if_that_is_no_chance():
    labels = dict.fromkeys(range(2, 6), 3)
    assert looks_like_sum({"Count": column(1, 1, 2)}, labels, [2, 3, 4], 2) == ""
    assert looks_like_sum({"Weight": column(1.25, 0.4, 1.65)}, labels, [2, 3, 4], 2)
    assert looks_like_sum({"Count": column(110, 90, 200)}, labels, [2, 3, 4], 2)
    assert looks_like_sum({"Weight": column(7, 0.2, 0.3, 0.5)}, labels, [2, 3, 4, 5], 3) == ""
    assert looks_like_sum({"Weight": column(0.5, None, 0.5)}, labels, [2, 3, 4], 2) == ""


def test_small_whole_numbers_need_two_labels_less():
    counts = {"Count": column(7, 1, 1, 2)}
    assert looks_like_sum(counts, {2: 4, 3: 4, 4: 4, 5: 3}, [2, 3, 4, 5], 3) == ""
    assert looks_like_sum(counts, {2: 4, 3: 4, 4: 4, 5: 2}, [2, 3, 4, 5], 3) == "Count 2 is the sum of rows 3 to 4"


def test_columns_that_are_the_sum_of_their_neighbours_are_found():
    columns = {
        "Cocaine": column(10, 11),
        "Heroin": column(2, 3),
        "Class A": column(12, 14),
        "Cannabis": column(30, 31),
        "All": column(42, 45),
    }
    assert summed_columns(columns) == {"Class A": ("Cocaine", "Heroin"), "All": ("Cocaine", "Heroin", "Cannabis")}
    assert summed_columns({"A": column(1, 2), "B": column(2, 3), "C": column(3, 6)}) == {}


def test_a_sum_beside_its_parts_names_both():
    assert sum_column_problem(Decimal(3), {"Knife": Decimal(1), "Drugs": Decimal(2)}) == ""
    assert sum_column_problem(Decimal(4), {"Knife": Decimal(1), "Drugs": Decimal(2)}) == (
        "The sum is 4, but its parts add up to 3 (Knife 1, Drugs 2). Correct one of them."
    )


@pytest.mark.parametrize(
    "word", ["Total", "TOTALS", "Sub-total", "Grand total:", "Camden total", "Total Class A", "Sum"]
)
def test_words_for_sums_are_recognised(word: str):
    assert is_total_word(word)


@pytest.mark.parametrize("word", ["Totally lost", "Summons", "All", "Knife", "Sum of money"])
def test_other_words_are_not(word: str):
    assert not is_total_word(word)
