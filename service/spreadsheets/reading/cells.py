"""Cells of a spreadsheet: each is read exactly or refused; no value is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from service.domain.model.days import LONDON
from service.domain.model.instants import EARLIEST_YEAR, LATEST_YEAR, format_instant, parse_instant


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value the file does not hold, and why: an error, a formula without a result, merged cells."""

    problem: str


Cell = str | int | float | bool | date | datetime | time | timedelta | Unreadable
Read = Callable[[Cell], Any]

LOCAL = re.compile(
    r"(?:(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)|(?P<d2>\d{1,2})/(?P<m2>\d{1,2})/(?P<y2>\d{4}))"
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?",
    re.ASCII,
)
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
DECIMAL_COMMA = re.compile(r"[\d.\s]*\d,\d+")
DIGITS_AND_SPACES = re.compile(r"\d[\d.,\s]*\s[\d.,\s]*\d")
MOMENT_EXPECTED = (
    "Expected a moment such as 2023-01-17 21:40 or 17/01/2023 21:40 (London time), or 2023-01-17T21:40:00Z."
)
DAY_EXPECTED = "Expected a day such as 2023-01-17 or 17/01/2023."
TIME_MISSING = (
    "Expected a time after the day, such as 2023-01-17 21:40. If only the day is known, leave occurred_at blank and "
    "write the day in the column occurred_on; add that column if the sheet has none."
)
TIME_TOO_MUCH = f"{DAY_EXPECTED} If the time is known, leave occurred_on blank and write both in occurred_at."
# What spreadsheet programs show in place of a value, and write when they save as CSV.
ERROR_TEXT = re.compile(r"#[A-Z][A-Z0-9_/]*[!?]|#N/A|#(?:GETTING_DATA|UNKNOWN)|Err:\d{3}")
TOO_NARROW = re.compile(r"#{2,}")
MOST_SHOWN = 60
# A spreadsheet program rounds a number with more digits.
EXACT_DIGITS = 15


def as_typed(written: str) -> Cell:
    """Return the text of a cell, unless it only stands for a value that the file does not hold."""
    stripped = written.strip()
    if ERROR_TEXT.fullmatch(stripped):
        return error_cell(stripped)
    if TOO_NARROW.fullmatch(stripped):
        return Unreadable(f"the cell holds only {stripped}: widen the column, then save the file again.")
    if stripped.startswith("="):
        return Unreadable(f"the cell holds the formula {_shortened(stripped)} as text: write its result.")
    return written


def error_cell(name: str) -> Unreadable:
    """Return the cell that holds an error such as `#REF!`."""
    return Unreadable(f"the cell holds the error {name}: correct it, or write the value.")


def is_blank(cell: Cell) -> bool:
    """Return whether a cell is empty or holds only spaces."""
    return isinstance(cell, str) and not cell.strip()


def shown(cell: Cell) -> str:
    """Return a cell as it is named in an error; an invisible character in a text is shown by its code."""
    if isinstance(cell, Unreadable):
        return cell.problem
    if isinstance(cell, bool):
        return str(cell).upper()
    return _shortened(repr(cell) if isinstance(cell, str) else str(cell))


def text(cell: Cell) -> str:
    """Return a cell's text; a whole number becomes its digits.

    Raises:
        ValueError: the cell holds a date, a fraction, a truth value, or a number that the spreadsheet has rounded.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not abs(cell) < 10**EXACT_DIGITS:
            raise ValueError(f"Expected text. Numbers of more than {EXACT_DIGITS} digits are rounded: format as text.")
        if cell == int(cell):
            return str(int(cell))
    raise ValueError("Expected text. Format the cell as text, and type it again.")


def codes(cell: Cell) -> list[str]:
    """Return the codes in a cell, separated by semicolons, commas or spaces.

    Raises:
        ValueError: the cell holds no text.
    """
    return re.split(r"[;,\s]+", text(cell))


def whole(cell: Cell) -> int:
    """Return a whole number.

    Raises:
        ValueError: it is not one, is negative, or has separators, which are too easily misread.
    """
    return _scaled(cell, 1, "Expected a whole number in digits, such as 12000: no separators, no unit, no words.")


def pence(cell: Cell) -> int:
    """Return an amount in pounds as pence.

    Raises:
        ValueError: it is not a plain number, or has more than two decimals.
    """
    return _scaled(cell, 100, "Expected pounds in digits, such as 520 or 520.50: no separators, no sign, no words.")


def milligrams(cell: Cell) -> int:
    """Return a weight in grams as milligrams.

    Raises:
        ValueError: it is not a plain number, or has more than three decimals.
    """
    return _scaled(cell, 1_000, "Expected grams in digits, such as 12.5: no separators, no unit, at most 3 decimals.")


def moment(cell: Cell) -> str:
    """Return a moment in wire format. Without a zone it is London time; a date with slashes is day/month/year.

    Raises:
        ValueError: it is not a moment, lies outside 1900 to 2199, or is a London time that occurs twice or never.
    """
    written = cell.strip() if isinstance(cell, str) else ""
    local = cell if isinstance(cell, datetime) else _local(written, MOMENT_EXPECTED)
    if isinstance(local, datetime):
        return _in_london(local)
    try:
        return format_instant(parse_instant(written))
    except ValueError as error:
        raise ValueError(MOMENT_EXPECTED) from error


def day(cell: Cell) -> str:
    """Return a day in wire format.

    Raises:
        ValueError: it is not a day.
    """
    found = cell if isinstance(cell, date) else _local(text(cell), DAY_EXPECTED)
    if isinstance(found, datetime) and found.time() == time():
        found = found.date()
    if found is None or isinstance(found, datetime):
        raise ValueError(DAY_EXPECTED)
    return str(found)


def moment_not_day(cell: Cell) -> str:
    """Return the moment in the column occurred_at, in wire format.

    Raises:
        ValueError: it is not a moment; for a day without a time, the message names the column for it.
    """
    found = _local_value(cell, MOMENT_EXPECTED)
    if found is not None and not isinstance(found, datetime):
        raise ValueError(TIME_MISSING)
    return moment(cell)


def day_not_moment(cell: Cell) -> str:
    """Return the day in the column occurred_on, in wire format.

    Raises:
        ValueError: it is not a day; for a day with a time, the message names the column for it.
    """
    found = _local_value(cell, DAY_EXPECTED)
    if isinstance(found, datetime) and found.time() != time():
        raise ValueError(TIME_TOO_MUCH)
    return day(cell)


def _local_value(cell: Cell, expected: str) -> date | datetime | None:
    """Return the local day or moment in a cell; None if it holds neither."""
    if isinstance(cell, str):
        return _local(cell.strip(), expected)
    return cell if isinstance(cell, date) else None


def _scaled(cell: Cell, size: int, expected: str) -> int:
    # A spreadsheet stores numbers as binary floating point; the shortest decimal form is what was typed.
    digits = repr(cell) if isinstance(cell, float) else str(cell).strip()
    if isinstance(cell, bool) or not NUMBER.fullmatch(digits.removesuffix(".0")):
        raise ValueError(expected + _remedy(cell))
    try:
        scaled = Decimal(digits) * size
    except InvalidOperation as error:
        raise ValueError(expected) from error
    if scaled != int(scaled):
        raise ValueError(expected)
    return int(scaled)


def _remedy(cell: Cell) -> str:
    if not isinstance(cell, str):
        return ""
    if DECIMAL_COMMA.fullmatch(cell.strip()):
        return " Write a decimal comma as a point, and leave out separators of thousands."
    return " Remove the spaces inside it." if DIGITS_AND_SPACES.fullmatch(cell.strip()) else ""


def _shortened(found: str) -> str:
    return found if len(found) <= MOST_SHOWN else f"{found[:MOST_SHOWN]}..."


def _local(written: str, expected: str) -> date | datetime | None:
    """Return the local day or moment as written; None if it is written in another format."""
    found = LOCAL.fullmatch(written)
    if found is None:
        return None
    year, month, date_of_month = (int(found[name] or found[f"{name}2"]) for name in "ymd")
    try:
        if found["hour"] is None:
            return date(year, month, date_of_month)
        clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
        return datetime(year, month, date_of_month, *clock)  # noqa: DTZ001 - London time, as written
    except ValueError as error:
        raise ValueError(expected) from error


def _in_london(local: datetime) -> str:
    if not EARLIEST_YEAR <= local.year <= LATEST_YEAR:
        raise ValueError(f"Expected a year from {EARLIEST_YEAR} to {LATEST_YEAR}; found {local.year:04}.")
    early, late = (local.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early != late:
        raise ValueError("This London time occurs twice or never, as the clocks change: add the zone, as in 00:30:00Z.")
    return format_instant(early)
