"""An operation's days: London days, or a list of windows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.model.days import (
    LONGEST,
    DaysUnclear,
    OperatingDays,
    london_date,
    london_midnight,
    operating_days,
)
from service.domain.model.events import Window

A_MICROSECOND = timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def between(starts_at: datetime, ends_at: datetime | None) -> OperatingDays:
    return operating_days(starts_at, ends_at, (), pointer="")


def windows(*spans: tuple[datetime, datetime]) -> OperatingDays:
    return operating_days(None, None, [Window(starts_at=start, ends_at=end) for start, end in spans], pointer="")


WEEK = between(utc(2023, 1, 16), utc(2023, 1, 23))
OPEN_ENDED = between(utc(2023, 1, 16), None)
# Two nights, each over two dates, and the afternoon between them belongs to neither.
FIRST_NIGHT = (utc(2023, 1, 16, 18), utc(2023, 1, 17, 4))
SECOND_NIGHT = (utc(2023, 1, 17, 18), utc(2023, 1, 18, 4))
NIGHTS = windows(FIRST_NIGHT, SECOND_NIGHT)
WEEKEND = windows((utc(2023, 1, 20, 18), utc(2023, 1, 23, 6)))
ALL_KINDS = (WEEK, OPEN_ENDED, NIGHTS, WEEKEND, windows(FIRST_NIGHT), between(utc(2023, 1, 17), utc(2023, 1, 30)))
NEAR = st.datetimes(datetime(2023, 1, 10), datetime(2023, 2, 5), timezones=st.just(UTC))  # noqa: DTZ001 - as it asks


# London days


def test_a_summer_day_begins_in_london_an_hour_before_it_begins_in_utc() -> None:
    assert london_date(utc(2023, 7, 1, 22, 59)) == date(2023, 7, 1)
    assert london_date(utc(2023, 7, 1, 23)) == date(2023, 7, 2)
    assert london_midnight(date(2023, 7, 2)) == utc(2023, 7, 1, 23)


def test_the_day_on_which_the_clocks_go_forward_has_23_hours() -> None:
    assert london_midnight(date(2023, 3, 26)) == utc(2023, 3, 26)
    assert london_midnight(date(2023, 3, 27)) == utc(2023, 3, 26, 23)


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    assert london_midnight(date(2023, 10, 29)) == utc(2023, 10, 28, 23)
    assert london_midnight(date(2023, 10, 30)) == utc(2023, 10, 30)


def test_both_occurrences_of_the_repeated_hour_are_on_the_same_day() -> None:
    october = between(utc(2023, 10, 28, 23), utc(2023, 10, 30))
    assert october.day_of(utc(2023, 10, 29, 0, 30)) == october.day_of(utc(2023, 10, 29, 1, 30)) == date(2023, 10, 29)


def test_the_days_begun_by_a_moment_follow_london_time_across_a_clock_change() -> None:
    march = between(utc(2023, 3, 25), utc(2023, 3, 27, 23))
    assert list(march.begun_by(utc(2023, 3, 26, 22, 59))) == [date(2023, 3, 25), date(2023, 3, 26)]
    assert list(march.begun_by(utc(2023, 3, 26, 23)))[-1] == date(2023, 3, 27)


# The day of a moment


def test_an_operation_begins_at_its_first_moment_and_ends_before_its_last() -> None:
    assert WEEK.day_of(utc(2023, 1, 16) - A_MICROSECOND) is None
    assert WEEK.day_of(utc(2023, 1, 16)) == date(2023, 1, 16)
    assert WEEK.day_of(utc(2023, 1, 23) - A_MICROSECOND) == date(2023, 1, 22)
    assert WEEK.day_of(utc(2023, 1, 23)) is None


def test_an_open_ended_operation_has_every_day_from_its_first() -> None:
    assert OPEN_ENDED.day_of(utc(2040, 5, 4, 12)) == date(2040, 5, 4)
    assert OPEN_ENDED.day_of(utc(2023, 1, 15, 23)) is None


def test_a_window_over_midnight_is_one_day_named_by_the_date_on_which_it_starts() -> None:
    assert NIGHTS.day_of(utc(2023, 1, 16, 23)) == NIGHTS.day_of(utc(2023, 1, 17, 3)) == date(2023, 1, 16)


def test_there_is_no_day_between_two_windows() -> None:
    assert NIGHTS.day_of(utc(2023, 1, 17, 4)) is None
    assert NIGHTS.day_of(utc(2023, 1, 17, 18) - A_MICROSECOND) is None
    assert NIGHTS.day_of(utc(2023, 1, 17, 18)) == date(2023, 1, 17)


def test_a_summer_window_is_named_by_its_london_date() -> None:
    assert windows((utc(2023, 7, 1, 23), utc(2023, 7, 2, 5))).day_of(utc(2023, 7, 2, 1)) == date(2023, 7, 2)


# Which days exist


@pytest.mark.parametrize(
    ("days", "day", "expected"),
    [
        pytest.param(WEEK, date(2023, 1, 15), False, id="before-the-first"),
        pytest.param(WEEK, date(2023, 1, 16), True, id="the-first"),
        pytest.param(WEEK, date(2023, 1, 22), True, id="the-last"),
        pytest.param(WEEK, date(2023, 1, 23), False, id="the-day-that-begins-when-it-ends"),
        pytest.param(OPEN_ENDED, date(2040, 1, 1), True, id="open-end"),
        pytest.param(OPEN_ENDED, date(2023, 1, 15), False, id="before-an-open-end"),
        pytest.param(NIGHTS, date(2023, 1, 17), True, id="a-window"),
        pytest.param(NIGHTS, date(2023, 1, 18), False, id="the-morning-after-the-last-window"),
    ],
)
def test_includes(days: OperatingDays, day: date, *, expected: bool) -> None:
    assert days.includes(day) is expected


def test_no_day_has_begun_before_the_operation() -> None:
    assert list(WEEK.begun_by(utc(2023, 1, 16) - A_MICROSECOND)) == []
    assert list(NIGHTS.begun_by(utc(2023, 1, 16, 17))) == []


def test_the_days_begun_by_a_moment_include_the_day_of_the_moment() -> None:
    assert list(WEEK.begun_by(utc(2023, 1, 17))) == [date(2023, 1, 16), date(2023, 1, 17)]


def test_after_its_end_exactly_the_days_of_an_operation_have_begun() -> None:
    assert list(WEEK.begun_by(utc(2024, 1, 1))) == [date(2023, 1, day) for day in range(16, 23)]


def test_a_window_has_begun_from_its_first_moment() -> None:
    assert list(NIGHTS.begun_by(utc(2023, 1, 17, 17, 59))) == [date(2023, 1, 16)]
    assert list(NIGHTS.begun_by(utc(2023, 1, 17, 18))) == [date(2023, 1, 16), date(2023, 1, 17)]


def test_an_operation_covers_a_span_between_its_first_and_its_last_moment() -> None:
    assert WEEK.covers(utc(2023, 1, 16), utc(2023, 1, 23))
    assert not WEEK.covers(utc(2023, 1, 16), utc(2023, 1, 23) + A_MICROSECOND)
    assert not WEEK.covers(utc(2023, 1, 16) - A_MICROSECOND, utc(2023, 1, 17))
    assert OPEN_ENDED.covers(utc(2023, 1, 16), utc(2040, 1, 1))


# What is unchanged when the days change


def test_only_moments_in_exactly_one_of_two_date_ranges_change() -> None:
    _before, within, after = WEEK.unchanged_by(between(utc(2023, 1, 17), utc(2023, 1, 30)))
    assert within == (utc(2023, 1, 17), utc(2023, 1, 23))
    assert after == (utc(2023, 1, 30), None)


@pytest.mark.parametrize("one", ALL_KINDS)
@pytest.mark.parametrize("other", ALL_KINDS)
@given(moment=NEAR)
def test_a_moment_is_unchanged_if_it_has_the_same_day_in_both(
    one: OperatingDays, other: OperatingDays, moment: datetime
) -> None:
    kept = any(start <= moment and (end is None or moment < end) for start, end in one.unchanged_by(other))
    assert kept == (one.day_of(moment) == other.day_of(moment))


# Invalid days


def test_days_without_dates_or_windows_are_refused() -> None:
    with pytest.raises(DaysUnclear) as caught:
        operating_days(None, None, (), pointer="/data")
    assert caught.value.errors[0].pointer == "/data"


def test_dates_and_windows_together_are_refused() -> None:
    with pytest.raises(DaysUnclear) as caught:
        operating_days(utc(2023, 1, 16), None, [Window(starts_at=FIRST_NIGHT[0], ends_at=FIRST_NIGHT[1])], pointer="")
    assert caught.value.errors[0].pointer == "/days"


@pytest.mark.parametrize("ends_at", [utc(2023, 1, 16), utc(2023, 1, 15)], ids=["at-its-start", "before-it"])
def test_an_end_that_is_not_after_the_start_is_refused(ends_at: datetime) -> None:
    with pytest.raises(DaysUnclear) as caught:
        between(utc(2023, 1, 16), ends_at)
    assert caught.value.errors[0].pointer == "/ends_at"


def test_an_operation_of_more_than_twenty_years_is_refused() -> None:
    assert between(utc(2023, 1, 16), utc(2023, 1, 16) + LONGEST)
    with pytest.raises(DaysUnclear):
        between(utc(2023, 1, 16), utc(2023, 1, 16) + LONGEST + A_MICROSECOND)


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(DaysUnclear) as caught:
        windows(FIRST_NIGHT, (SECOND_NIGHT[1], SECOND_NIGHT[0]))
    assert caught.value.errors[0].pointer == "/days/1/before"


@pytest.mark.parametrize(
    "second",
    [
        pytest.param((utc(2023, 1, 17, 3), utc(2023, 1, 17, 9)), id="overlapping"),
        pytest.param((utc(2023, 1, 14, 18), utc(2023, 1, 15, 4)), id="out-of-order"),
    ],
)
def test_windows_out_of_order_or_overlapping_are_refused(second: tuple[datetime, datetime]) -> None:
    with pytest.raises(DaysUnclear) as caught:
        windows(FIRST_NIGHT, second)
    assert caught.value.errors[0].pointer == "/days/1/from"


def test_two_windows_that_start_on_one_london_date_are_refused() -> None:
    with pytest.raises(DaysUnclear):
        windows((utc(2023, 1, 16, 6), utc(2023, 1, 16, 8)), (utc(2023, 1, 16, 18), utc(2023, 1, 16, 20)))


def test_adjacent_windows_are_valid() -> None:
    assert windows((utc(2023, 1, 16), utc(2023, 1, 17)), (utc(2023, 1, 17), utc(2023, 1, 18))).day_of(
        utc(2023, 1, 17)
    ) == date(2023, 1, 17)


# Days as intervals


def test_a_london_day_extends_as_far_as_the_operation_takes_place_on_it() -> None:
    days = between(utc(2023, 7, 1, 10), utc(2023, 7, 3, 12))
    assert (days.first_day, days.last_day) == (date(2023, 7, 1), date(2023, 7, 3))
    assert days.extent_of(date(2023, 7, 1)) == (utc(2023, 7, 1, 10), utc(2023, 7, 1, 23))
    assert days.extent_of(date(2023, 7, 2)) == (utc(2023, 7, 1, 23), utc(2023, 7, 2, 23))
    assert days.extent_of(date(2023, 7, 3)) == (utc(2023, 7, 2, 23), utc(2023, 7, 3, 12))


def test_a_window_extends_over_the_dates_that_it_covers() -> None:
    assert (NIGHTS.first_day, NIGHTS.last_day) == (date(2023, 1, 16), date(2023, 1, 17))
    assert NIGHTS.extent_of(date(2023, 1, 17)) == SECOND_NIGHT
    assert WEEKEND.last_day == date(2023, 1, 20)


@pytest.mark.parametrize("days", ALL_KINDS)
@given(moment=NEAR)
def test_the_extent_of_a_moments_day_contains_the_moment(days: OperatingDays, moment: datetime) -> None:
    day = days.day_of(moment)
    if day is not None:
        starts_at, ends_at = days.extent_of(day)
        assert starts_at <= moment < ends_at
        assert days.first_day_ending_after(moment) == day


def test_the_first_day_that_has_not_ended_is_found_also_between_days() -> None:
    assert NIGHTS.first_day_ending_after(FIRST_NIGHT[1]) == date(2023, 1, 17)
    assert NIGHTS.first_day_ending_after(SECOND_NIGHT[1]) is None
    assert WEEK.first_day_ending_after(utc(2023, 1, 2)) == date(2023, 1, 16)
    assert WEEK.first_day_ending_after(utc(2023, 1, 23)) is None
    assert OPEN_ENDED.first_day_ending_after(utc(2024, 1, 2, 5)) == date(2024, 1, 2)


# Days that have ended


@pytest.mark.parametrize(
    ("days", "moment", "ended"),
    [
        (WEEK, utc(2023, 1, 16), []),
        (WEEK, utc(2023, 1, 16, 23, 59), []),
        (WEEK, utc(2023, 1, 17), [date(2023, 1, 16)]),
        (WEEK, utc(2023, 1, 23), [date(2023, 1, day) for day in range(16, 23)]),
        (between(utc(2023, 1, 16, 9), utc(2023, 1, 16, 17)), utc(2023, 1, 16, 17), [date(2023, 1, 16)]),
        (OPEN_ENDED, utc(2023, 1, 17, 12), [date(2023, 1, 16)]),
        (NIGHTS, utc(2023, 1, 17, 3, 59), []),
        (NIGHTS, utc(2023, 1, 17, 4), [date(2023, 1, 16)]),
        (NIGHTS, utc(2023, 1, 18, 4), [date(2023, 1, 16), date(2023, 1, 17)]),
    ],
)
def test_a_day_has_ended_once_its_last_moment_is_past(days: OperatingDays, moment: datetime, ended: list[date]) -> None:
    assert list(days.ended_by(moment)) == ended


@given(st.sampled_from(ALL_KINDS), NEAR)
def test_every_day_that_has_ended_has_begun_and_holds_no_later_moment(days: OperatingDays, moment: datetime) -> None:
    begun, ended = list(days.begun_by(moment)), list(days.ended_by(moment))
    assert ended == begun[: len(ended)]
    assert len(begun) - len(ended) <= 1
    assert days.day_of(moment) not in ended


@given(st.sampled_from(ALL_KINDS), NEAR)
def test_an_operation_runs_from_its_first_moment_to_its_last(days: OperatingDays, moment: datetime) -> None:
    if days.day_of(moment) is not None:
        assert days.is_running_at(moment)
