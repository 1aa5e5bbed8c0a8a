"""Moments and days in wire format."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.model.instants import format_instant, parse_day, parse_instant

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-01-17T21:40:00Z", datetime(2023, 1, 17, 21, 40, tzinfo=UTC)),
        ("2023-07-17T21:40:00+01:00", datetime(2023, 7, 17, 20, 40, tzinfo=UTC)),
        ("2023-01-17T21:40:00-05:30", datetime(2023, 1, 18, 3, 10, tzinfo=UTC)),
        ("2023-01-17T21:40:00.5Z", datetime(2023, 1, 17, 21, 40, 0, 500_000, tzinfo=UTC)),
        ("2023-01-17T21:40:00.000001Z", datetime(2023, 1, 17, 21, 40, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_parsed_to_utc(text: str, expected: datetime) -> None:
    moment = parse_instant(text)
    assert moment == expected
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-01-17",
        "2023-01-17T21:40:00",
        "2023-01-17T21:40Z",
        "2023-01-17 21:40:00Z",
        "2023-01-17t21:40:00z",
        "2023-01-17T21:40:00.1234567Z",
        "2023-01-17T21:40:00.Z",
        "2023-01-17T21:40:00,5Z",
        "2023-01-17T21:40:00+0100",
        "2023-02-29T12:00:00Z",
        "2023-01-17T24:00:00Z",
        "2023-01-17T21:40:00+00:60",
        "2023-01-17T21:40:60Z",
        "20230117T214000Z",
        "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "1900-01-01T00:00:00+01:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "\uff12023-01-17T21:40:00Z",
        "2023-01-17T21:40:00Z\n",
    ],
)
def test_anything_else_is_not_a_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a moment such as"):
        parse_instant(text)


@given(MOMENTS)
def test_a_moment_survives_a_round_trip(moment: datetime) -> None:
    assert parse_instant(format_instant(moment)) == moment


def test_a_moment_is_written_in_utc_with_six_fraction_digits_or_none() -> None:
    plus_one = timezone(timedelta(hours=1))
    assert format_instant(datetime(2023, 7, 17, 22, 40, tzinfo=plus_one)) == "2023-07-17T21:40:00Z"
    assert format_instant(datetime(2023, 7, 17, 21, 40, 0, 1_000, tzinfo=UTC)) == "2023-07-17T21:40:00.001000Z"


def test_a_day_is_parsed() -> None:
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text",
    ["", "20240229", "2023-02-29", "2024-2-29", "2024-02-29T00:00:00Z", "1899-12-31", "2200-01-01", "2024-W09-4"],
)
def test_anything_else_is_not_a_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a day such as"):
        parse_day(text)
