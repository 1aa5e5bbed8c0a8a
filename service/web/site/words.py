"""Words for dates, times, amounts, categories and places, as the pages say them: 17 January 2023, 9:40pm, M25."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from service import plurals
from service.domain.model.days import LONDON, london_date
from service.exports import categories

ONE_DAY = timedelta(days=1)
NOON_HOUR = 12
# Pages name categories as statements and lists of changes do.
category, category_in_sentence = categories.category, categories.category_in_sentence
# Templates are given one module of words.
counted = plurals.counted

# More days are counted instead of named.
MOST_DAYS_LISTED = 7


def clock(moment: datetime) -> str:
    """Return the time of day: 9:40pm, 9am, midday, midnight."""
    local = moment.astimezone(LONDON)
    if (local.hour, local.minute) == (NOON_HOUR, 0):
        return "midday"
    if (local.hour, local.minute) == (0, 0):
        return "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % NOON_HOUR or NOON_HOUR}{minutes}{'am' if local.hour < NOON_HOUR else 'pm'}"


def moment(found: datetime, now: datetime) -> str:
    """Return a moment beside the present one: `today at 9:40pm`, `yesterday at 9am`, `17 January 2023, 9:40pm`."""
    day, today = london_date(found), london_date(now)
    if day == today:
        return f"today at {clock(found)}"
    if day == today - ONE_DAY:
        return f"yesterday at {clock(found)}"
    return full_moment(found)


def full_moment(found: datetime) -> str:
    """Return a moment on its own: `17 January 2023, 9:40pm`."""
    return f"{long_day(london_date(found))}, {clock(found)}"


def short_moment(found: datetime) -> str:
    """Return a moment for a cell of a table: `17 Jan, 9:40pm`."""
    local = found.astimezone(LONDON)
    return f"{local.day} {local:%b}, {clock(found)}"


def deadline(found: datetime) -> str:
    """Return a deadline, with the day of the week. The end of a day is 11:59pm: people misread midnight."""
    local = found.astimezone(LONDON)
    if local.time() == time.min:
        return f"{weekday(local.date() - ONE_DAY)} {long_day(local.date() - ONE_DAY)}, 11:59pm"
    return f"{weekday(local.date())} {full_moment(found)}"


def long_day(day: date) -> str:
    """Return a day: `17 January 2023`."""
    return f"{day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """Return a day for the head of a column: `Tue 17 Jan`."""
    return f"{day:%a} {day.day} {day:%b}"


def weekday(day: date) -> str:
    """Return the day of the week: `Tuesday`."""
    return f"{day:%A}"


def day_and_weekday(day: date) -> str:
    """Return a day with its day of the week: `Tuesday 17 January`."""
    return f"{day:%A} {day.day} {day:%B}"


def period(first: date, last: date | None) -> str:
    """Return the days of an operation: `Tuesday 17 to Thursday 19 January 2023`."""
    if last is None:
        return f"From {weekday(first)} {long_day(first)}"
    if first == last:
        return f"{weekday(first)} {long_day(first)}"
    start = f"{weekday(first)} {first.day}"
    if (first.year, first.month) != (last.year, last.month):
        start += f" {first:%B}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} to {weekday(last)} {long_day(last)}"


def dates(first: date, last: date | None) -> str:
    """Return the days of an operation for a cell of a table: `17 to 19 January 2023`."""
    if last is None:
        return f"from {long_day(first)}"
    if first == last:
        return long_day(first)
    start = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        start += f" {first:%B}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} to {long_day(last)}"


def days_listed(days: Sequence[date]) -> str:
    """Return days in order as a list in a sentence; more than 7 as their number, with the first and the last."""
    if len(days) > MOST_DAYS_LISTED:
        return f"{len(days):,} days from {period(days[0], days[-1])}"
    return listed([day_and_weekday(day) for day in days])


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: `Kent, Surrey and Sussex`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def place(code: str) -> str:
    """Return a place as people write it: a code with digits is a road, such as M25; others are words."""
    said = code.replace("_", " ").replace("-", " ")
    return said.upper() if any(sign.isdigit() for sign in said) else said[:1].upper() + said[1:]


def root(found: str) -> str:
    """Return the beginning of a root, in groups that can be read aloud."""
    return " ".join(found[start : start + 4] for start in range(0, 16, 4))
