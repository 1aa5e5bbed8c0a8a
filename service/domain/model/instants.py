"""Moments and days in wire format: UTC with a Z, to the microsecond, and plain dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache

INSTANT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)T(?P<time>(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(?P<fraction>\d{1,6}))?"
    r"(?P<zone>Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
INSTANT_EXPECTED = (
    "a moment such as 2023-01-17T21:40:00Z: date, T, time, at most 6 fraction digits, Z or an offset, "
    f"years {EARLIEST_YEAR} to {LATEST_YEAR}"
)
DAY_EXPECTED = f"a day such as 2023-01-17, years {EARLIEST_YEAR} to {LATEST_YEAR}"


def parse_instant(text: str) -> datetime:
    """Parse an RFC 3339 moment and return it in UTC.

    Raises:
        ValueError: the text is not RFC 3339 with a zone, is finer than a microsecond, or is outside 1900 to 2199.
    """
    if not INSTANT.fullmatch(text):
        raise ValueError(INSTANT_EXPECTED)
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise ValueError(INSTANT_EXPECTED) from error


def in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC.

    Raises:
        ValueError: it has no zone, or lies outside 1900 to 2199.
    """
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError(INSTANT_EXPECTED)
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(INSTANT_EXPECTED) from error
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(INSTANT_EXPECTED)
    return moment


@lru_cache(1_000)
def format_instant(moment: datetime) -> str:
    """Return the moment in UTC with a Z, and with six fraction digits unless they are all zero."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def format_optional(moment: datetime | None) -> str | None:
    """Return a moment in wire format; None if there is none."""
    return None if moment is None else format_instant(moment)


def parse_day(text: str) -> date:
    """Parse a day of the form 2023-01-17.

    Raises:
        ValueError: the text does not have this form, is not a date, or is outside 1900 to 2199.
    """
    if not DAY.fullmatch(text):
        raise ValueError(DAY_EXPECTED)
    try:
        return in_range(date.fromisoformat(text))
    except ValueError as error:
        raise ValueError(DAY_EXPECTED) from error


def in_range(day: date) -> date:
    """Return the day.

    Raises:
        ValueError: it lies outside 1900 to 2199.
    """
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError(DAY_EXPECTED)
    return day
