"""Totals and repeated headers among the rows of a sheet are recognised, and entries are not taken for them."""

from collections.abc import Sequence
from typing import Any

import pytest

from service.spreadsheets.checking.total_rows import IS_HEADER, IS_TOTAL, total_rows
from service.spreadsheets.reading.grid import Grid
from service.spreadsheets.sheets import choose_sheets

HEADER = ["reference", "occurred_at", "place", "kind", "category", "weight_grams", "value_pounds"]


def drug(reference: str, grams: Any, pounds: Any = "", place: str = "m25") -> list[Any]:
    return [reference, "2024-01-23 21:40", place, "drug", "a/cocaine", grams, pounds]


def totals(*rows: Sequence[Any], sums: Sequence[int] = ()) -> dict[int, str]:
    grid = Grid("", dict(enumerate([HEADER, *map(list, rows)], start=1)), sum_rows=frozenset(sums))
    (sheet,), _left_out = choose_sheets("a.csv", [grid])
    return total_rows(sheet)


@pytest.mark.parametrize("word", ["TOTAL", "Grand total", "Sub-total", "subtotal", "Sum", "Total for M25", "Totals"])
@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_row_is_a_total_if_a_text_in_it_says_so(word: str, at: int):
    row = ["", "", "", "", "", "7", ""]
    row[at] = word
    assert totals(drug("1", "3"), row) == {3: IS_TOTAL}


def test_a_row_is_a_total_if_a_formula_adds_up_the_cells_above():
    assert totals(drug("1", "3"), drug("2", "3"), sums=[3]) == {3: IS_TOTAL}


def test_numbers_alone_that_add_up_are_a_total_also_of_subtotals():
    blank = [""] * 5
    rows = [drug("1", 12.5, 3), drug("2", 20, 4), [*blank, "32.5", 7], drug("3", 20), [*blank, 52.5, 7]]
    assert totals(*rows) == {4: IS_TOTAL, 6: IS_TOTAL}
    assert totals(drug("1", 12.5), drug("2", 20), [*blank, 33, ""]) == {}


def test_a_subtotal_with_everything_filled_down_is_recognised_by_its_missing_reference():
    assert totals(drug("1", "1000"), drug("2", "500.5"), drug("", "1500.5")) == {4: IS_TOTAL}


@pytest.mark.parametrize(
    "rows",
    [
        [drug("1", "10"), drug("2", "5"), drug("3", "15")],
        [drug("", "10"), drug("", "5"), drug("", "15")],
        [drug("1", "12"), drug("", "12")],
        [drug("1", "1"), drug("2", "1"), drug("", "2")],
        [drug("1", "10", "3"), drug("2", "5", "3"), drug("", "15", "7")],
        [drug("1", "x"), drug("2", "NaN"), drug("", "15")],
        [drug("tot", "10"), drug("2", "5", place="totalworth")],
    ],
)
def test_an_entry_is_not_taken_for_a_total(rows: list[list[Any]]):
    assert totals(*rows) == {}


def test_a_header_that_is_repeated_is_no_entry():
    assert totals(drug("1", "1"), HEADER, drug("2", "1")) == {3: IS_HEADER}
