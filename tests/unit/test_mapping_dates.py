"""Dates and times are read in the declared order and zone; where both orders fit, neither is taken."""

from datetime import date, datetime, time

import pytest

from service.spreadsheets.mapping.dates import (
    clock_of,
    day_of,
    moment_of,
    order_of,
    period_of,
    weekday_of,
    were_swapped,
    wire,
)
from service.spreadsheets.mapping.model import DAY_FIRST, MONTH_FIRST, SWAPPED
from service.spreadsheets.reading.cells import Cell

APRIL, DECEMBER = date(2021, 4, 12), date(2021, 12, 4)


@pytest.mark.parametrize(
    ("written", "order", "day"),
    [
        ("12/04/2021", DAY_FIRST, APRIL),
        ("12/04/2021", MONTH_FIRST, DECEMBER),
        ("12.4.21", DAY_FIRST, APRIL),
        ("Mon 12/04/2021", DAY_FIRST, APRIL),
        ("2021-04-12", "", APRIL),
        ("20210412", "", APRIL),
        ("12 April 2021", "", APRIL),
        ("12/04/2021 00:00", DAY_FIRST, APRIL),
        ("04/12/2021 12:00:00 AM", MONTH_FIRST, APRIL),
        ("12th Apr 21", "", APRIL),
        ("Apr 12, 2021", "", APRIL),
        (APRIL, "", APRIL),
        (datetime(2021, 4, 12), "", APRIL),  # noqa: DTZ001 - as stored
    ],
)
def test_a_day_is_read_as_declared(written: Cell, order: str, day: date):
    assert day_of(written, order) == day


@pytest.mark.parametrize(
    ("written", "order", "said"),
    [
        ("12/04/2021", "", "may be day first or month first"),
        ("13/04/2021", MONTH_FIRST, "Expected a date such as 01/17/2023"),
        ("31/02/2021", DAY_FIRST, "Expected a date such as 17/01/2023"),
        ("44298", "", "format the column as a date"),
        (44298, "", "Expected a date"),
        ("12 Foo 2021", "", "Expected a date"),
        (datetime(2021, 4, 12, 10), "", "without a time"),  # noqa: DTZ001 - as stored
    ],
)
def test_what_is_no_day_in_this_order_is_refused(written: Cell, order: str, said: str):
    with pytest.raises(ValueError, match=said):
        day_of(written, order)


def test_dates_that_a_program_swapped_are_swapped_back():
    assert day_of(DECEMBER, "", SWAPPED) == APRIL
    with pytest.raises(ValueError, match="day and month are exchanged"):
        day_of(date(2021, 1, 17), "", SWAPPED)
    assert were_swapped([date(2021, 12, 4), "04/13/2021"])
    assert not were_swapped([date(2021, 12, 14), "04/13/2021"])


def test_a_date_above_12_or_a_weekday_settles_the_order():
    settled = order_of({2: "12/04/2021", 3: "13/04/2021"}, {})
    assert settled is not None
    assert (settled.order, "row 3 has 13/04/2021" in settled.why) == (DAY_FIRST, True)
    by_weekday = order_of({2: "12/04/2021"}, {2: "Saturday"})
    assert by_weekday is not None
    assert (by_weekday.order, "the weekday Saturday" in by_weekday.why) == (MONTH_FIRST, True)
    assert order_of({2: "2021-04-12", 3: APRIL}, {}) is None


@pytest.mark.parametrize(
    ("dates", "weekdays", "why"),
    [
        ({2: "12/04/2021"}, {}, "both orders fit: 12/04/2021 in row 2 is 12 April 2021 or 4 December 2021"),
        ({2: "13/04/2021", 3: "04/13/2021"}, {}, "both orders: row 2 13/04/2021 and row 3 04/13/2021"),
        ({2: "12/04/2021", 3: "12/04/2021"}, {2: "Mon", 3: "Sat"}, "both orders fit"),
        ({2: "04/04/2021"}, {2: "Sunday"}, "both orders fit"),
    ],
)
def test_an_open_order_says_why(dates: dict[int, Cell], weekdays: dict[int, Cell], why: str):
    found = order_of(dates, weekdays)
    assert found is not None
    assert found.order == ""
    assert why in found.why


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("21:40", time(21, 40)),
        ("9:40 PM", time(21, 40)),
        ("12:15 am", time(0, 15)),
        ("2140", time(21, 40)),
        ("2140hrs", time(21, 40)),
        (940, time(9, 40)),
        ("21.40", time(21, 40)),
        (time(21, 40), time(21, 40)),
    ],
)
def test_a_time_of_day_is_read(written: Cell, at: time):
    assert clock_of(written).at == at


@pytest.mark.parametrize("written", ["25:00", "13:00 pm", "21", "later", 2360, True, "2023-01-17"])
def test_what_is_no_time_of_day_is_refused(written: Cell):
    with pytest.raises(ValueError, match="Expected a time such as"):
        clock_of(written)


@pytest.mark.parametrize(
    ("written", "zone", "moment"),
    [
        ("17/07/2023 21:40", "Europe/London", "2023-07-17T20:40:00Z"),
        ("17/07/2023 21:40", "UTC", "2023-07-17T21:40:00Z"),
        ("17/07/2023 21:40", "-05:00", "2023-07-18T02:40:00Z"),
        ("17/07/2023 21:40Z", "Europe/London", "2023-07-17T21:40:00Z"),
        ("2023-07-17T21:40:00+00:00", "Europe/London", "2023-07-17T21:40:00Z"),
        ("17/07/2023 9:40 pm", "UTC", "2023-07-17T21:40:00Z"),
        (datetime(2023, 7, 17, 21, 40), "UTC", "2023-07-17T21:40:00Z"),  # noqa: DTZ001 - as stored
        ("17/07/2023", "UTC", date(2023, 7, 17)),
    ],
)
def test_a_time_is_in_the_declared_zone_unless_it_has_its_own(written: Cell, zone: str, moment: str | date):
    assert moment_of(written, DAY_FIRST, zone) == moment


def test_a_time_without_a_zone_or_in_the_missing_hour_is_refused():
    with pytest.raises(ValueError, match="says no time zone"):
        moment_of("17/07/2023 21:40", DAY_FIRST, "")
    with pytest.raises(ValueError, match="occurs twice or never"):
        wire(date(2023, 10, 29), clock_of("01:30"), "Europe/London")


@pytest.mark.parametrize(
    ("written", "first", "before"),
    [
        ("2023-01", date(2023, 1, 1), date(2023, 2, 1)),
        ("Dec 2023", date(2023, 12, 1), date(2024, 1, 1)),
        ("December-23", date(2023, 12, 1), date(2024, 1, 1)),
        ("2023", date(2023, 1, 1), date(2024, 1, 1)),
        ("2023-01-17", date(2023, 1, 17), date(2023, 1, 18)),
        (date(2023, 1, 1), date(2023, 1, 1), date(2023, 2, 1)),
    ],
)
def test_a_period_is_a_day_a_month_or_a_year(written: Cell, first: date, before: date):
    found = period_of(written)
    assert (found.first, found.before) == (first, before)


@pytest.mark.parametrize("written", ["Jan", "2023-13", "Q1 2023", "x"])
def test_what_is_no_period_is_refused(written: str):
    with pytest.raises(ValueError, match="Expected a month such as"):
        period_of(written)


def test_weekdays_have_long_and_short_names():
    assert [weekday_of(word) for word in ("Monday", "tue", "Weds", "THURS", "Sun.")] == [0, 1, 2, 3, 6]
    with pytest.raises(ValueError, match="Expected a weekday"):
        weekday_of("today")
