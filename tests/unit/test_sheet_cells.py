"""Cells are read exactly or refused: a misplaced digit in a spreadsheet must not become a figure."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from service.spreadsheets.reading.cells import (
    codes,
    day,
    day_not_moment,
    milligrams,
    moment,
    moment_not_day,
    pence,
    text,
    whole,
)

# Workbooks have times without a zone.
LOCAL_EVENING = datetime.fromisoformat("2023-07-17T21:40:00")
LOCAL_MIDNIGHT = datetime.fromisoformat("2023-01-17T00:00:00")


@pytest.mark.parametrize(
    ("read", "cell", "found"),
    [
        (whole, "12000", 12_000),
        (whole, 12.0, 12),
        (whole, 7, 7),
        (pence, "520.50", 52_050),
        (pence, 520.1, 52_010),
        (pence, 1234567.89, 123_456_789),
        (pence, "520", 52_000),
        (milligrams, 12.5, 12_500),
        (milligrams, "0.001", 1),
        (text, " knife ", "knife"),
        (text, 20.0, "20"),
        (text, 999_999_999_999_999, "999999999999999"),
        (whole, "\u00a012\u202f", 12),
        (codes, "btp; kent,essex", ["btp", "kent", "essex"]),
        (moment, "2023-01-17 21:40", "2023-01-17T21:40:00Z"),
        (moment, "17/01/2023 21:40:05", "2023-01-17T21:40:05Z"),
        (moment, "2023-07-17T21:40", "2023-07-17T20:40:00Z"),
        (moment, LOCAL_EVENING, "2023-07-17T20:40:00Z"),
        (moment, "2023-07-17T21:40:00Z", "2023-07-17T21:40:00Z"),
        (moment, "2023-07-17T21:40:00+02:00", "2023-07-17T19:40:00Z"),
        (day, "2023-01-17", "2023-01-17"),
        (day, "17/1/2023", "2023-01-17"),
        (day, date(2023, 1, 17), "2023-01-17"),
        (day, LOCAL_MIDNIGHT, "2023-01-17"),
        (moment_not_day, "17/01/2023 21:40", "2023-01-17T21:40:00Z"),
        (moment_not_day, LOCAL_MIDNIGHT, "2023-01-17T00:00:00Z"),
        (day_not_moment, "17/1/2023", "2023-01-17"),
        (day_not_moment, date(2023, 1, 17), "2023-01-17"),
        (day_not_moment, LOCAL_MIDNIGHT, "2023-01-17"),
    ],
)
def test_a_cell_is_read_as_typed(read: Callable[[Any], Any], cell: Any, found: Any):
    assert read(cell) == found


@pytest.mark.parametrize(
    ("read", "cell"),
    [
        *((whole, cell) for cell in ("92,0000", "1,200", "12k", "12.5", 12.5, "-1", -1, "1e3", True, "twelve", "")),
        *((pence, cell) for cell in ("198.088", 198.088, "£520", "1 200", "5,50", 1e20, -5.0, float("nan"))),
        *((milligrams, cell) for cell in ("12.5g", "0.0001", "1e-3")),
        *((moment, cell) for cell in ("2023-01-17", "31/02/2023 10:00", "21:40", 44943.5, date(2023, 1, 17), "")),
        *((moment, cell) for cell in ("2023-03-26 01:30", "2023-10-29 01:30")),
        *((day, cell) for cell in ("17.01.2023", "2023-13-01", "2023-01-17 21:40", 44943.0, "")),
        *(
            (read, cell)
            for read in (moment_not_day, day_not_moment)
            for cell in ("31/02/2023", "21:40", 44943.5, True, "")
        ),
        *((text, cell) for cell in (1.5, True, date(2023, 1, 17), float("inf"), 1e15, -1e63)),
    ],
    ids=lambda one: one.__name__ if callable(one) else repr(one),
)
def test_a_cell_that_cannot_be_read_exactly_is_refused(read: Callable[[Any], Any], cell: Any):
    with pytest.raises((ValueError, OverflowError)):
        read(cell)


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("12,5", "Write a decimal comma as a point, and leave out separators of thousands."),
        ("1.200,5", "Write a decimal comma as a point"),
        ("1 200", "Remove the spaces inside it."),
        ("1\u00a0200", "Remove the spaces inside it."),
    ],
)
@pytest.mark.parametrize("read", [whole, pence, milligrams])
def test_a_number_with_separators_is_refused_with_what_to_do(read: Callable[[Any], Any], cell: str, remedy: str):
    with pytest.raises(ValueError, match=remedy):
        read(cell)


@pytest.mark.parametrize("cell", ["2023-01-17", " 17/01/2023 ", date(2023, 1, 17)])
def test_a_day_in_the_column_of_moments_is_refused_with_the_column_for_it(cell: Any):
    with pytest.raises(ValueError, match="leave occurred_at blank and write the day in the column occurred_on"):
        moment_not_day(cell)


@pytest.mark.parametrize("cell", ["2023-01-17 21:40", "17/01/2023 21:40", LOCAL_EVENING])
def test_a_moment_in_the_column_of_days_is_refused_with_the_column_for_it(cell: Any):
    with pytest.raises(ValueError, match="leave occurred_on blank and write both in occurred_at"):
        day_not_moment(cell)


@pytest.mark.parametrize("cell", ["6523-01-23 21:40", "23/01/6523 21:40", datetime.fromisoformat("6523-01-23T21:40")])
def test_a_moment_has_a_year_that_an_event_can_have(cell: Any):
    with pytest.raises(ValueError, match=r"^Expected a year from 1900 to 2199; found 6523\.$"):
        moment(cell)
    assert moment("2199-12-31 23:59") == "2199-12-31T23:59:00Z"
    assert moment("1900-01-01 00:00") == "1900-01-01T00:00:00Z"
