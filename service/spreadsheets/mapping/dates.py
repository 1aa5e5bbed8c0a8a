"""Dates and times in a force's own file, read in the declared order and time zone. Neither is ever guessed."""

from __future__ import annotations

import re
from calendar import day_abbr, day_name, month_abbr, month_name
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from service.domain.model.instants import format_instant
from service.spreadsheets.mapping.model import DAY_FIRST, MONTH_FIRST, SWAPPED
from service.spreadsheets.reading.cells import Cell, shown

MONTHS = {
    name.casefold(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name
} | {"sept": 9}
WEEKDAYS = {name.casefold(): number for names in (day_name, day_abbr) for number, name in enumerate(names)} | {
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<s>[-/.]?)(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)", re.ASCII)
NUMERIC = re.compile(r"(?P<one>\d{1,2})(?P<s>[-/. ])(?P<two>\d{1,2})(?P=s)(?P<y>\d{4}|\d\d)", re.ASCII)
DAY_MONTH = re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/. ]*(?P<m>[a-z]{3,9})[-/., ]*(?P<y>\d{4}|\d\d)", re.ASCII)
MONTH_DAY = re.compile(r"(?P<m>[a-z]{3,9})[-/. ]+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?[-/. ]+(?P<y>\d{4}|\d\d)", re.ASCII)
MONTH_YEAR = re.compile(r"(?P<m>[a-z]{3,9})[-/., ']*(?P<y>\d{4}|\d\d)", re.ASCII)
ISO_PERIOD = re.compile(r"(?P<y>\d{4})(?:-(?P<m>\d\d)(?:-(?P<d>\d\d))?)?", re.ASCII)
CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?:[:.](?P<m>\d\d)(?:[:.](?P<s>\d\d)(?:\.\d+)?)?)?\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|bst|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
FOUR_DIGITS = re.compile(r"(?P<h>\d{1,2})(?P<m>\d\d)\s*(?:h|hrs|hours)?(?P<zone>z)?", re.ASCII)
LEADING_WEEKDAY = re.compile(r"(?P<word>[a-z]{3,9})[,.]?\s+(?=\d|[a-z])")
SPLIT = re.compile(
    r"[T\s,]+(?=\d{1,2}[:.]\d\d(?!\d)(?![.]\d{2,4}(?!\d)(?!:)))|\s+(?=\d{4}\s*(?:hrs|hours|h|z)?$)", re.ASCII
)
MIDNIGHT = re.compile(r"[t ]\s*0?0:00(?::00(?:\.0+)?)?$|\s12:00(?::00)? ?am$")
SERIAL = re.compile(r"[34]\d{4}(?:\.\d+)?", re.ASCII)
OFFSETS = {"z": 0, "utc": 0, "gmt": 0, "bst": 60}
CENTURY, LAST_MONTH, NOON = 2_000, 12, 12


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as written, and the zone written beside it."""

    at: time
    zone: tzinfo | None = None


class ZoneMissing(ValueError):
    """A time has no zone beside it, and the mapping declares none."""


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A day, month or year: from the first day, before the second."""

    first: date
    before: date


def day_of(cell: Cell, order: str, stored: str = "") -> date:
    """Return the day in a cell.

    Raises:
        ValueError: it is not a day, or is one only in an order that is not declared.
    """
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise ValueError(f"Expected a day without a time. Found {shown(cell)}.")
        cell = cell.date()
    if isinstance(cell, date):
        return swapped(cell) if stored == SWAPPED else cell
    written = MIDNIGHT.sub("", _lower(cell))
    if SERIAL.fullmatch(written):
        raise ValueError(f"Expected a date. {written} may be how a program stores one: format the column as a date.")
    found = _written_day(written, order)
    if found is None and not order and NUMERIC.fullmatch(written):
        raise ValueError(
            f'{shown(cell)} may be day first or month first. Write order = "day first" or "month first" in the mapping.'
        )
    if found is None:
        raise ValueError(f"Expected a date such as {_example(order)}. Found {shown(cell)}.")
    return found


def swapped(day: date) -> date:
    """Return a date with its day and month exchanged, as a program stores 12/04/2021 that was meant month first.

    Raises:
        ValueError: the day is no month.
    """
    if day.day > LAST_MONTH:
        raise ValueError(f"The mapping says that day and month are exchanged in stored dates. Found {day}.")
    return date(day.year, day.day, day.month)


def clock_of(cell: Cell) -> Clock:
    """Return the time of day in a cell.

    Raises:
        ValueError: it is not a time of day.
    """
    if isinstance(cell, time):
        return Clock(cell)
    if isinstance(cell, timedelta) and timedelta() <= cell < timedelta(days=1):
        return Clock((datetime.combine(date.min, time()) + cell).time())
    if isinstance(cell, int) and not isinstance(cell, bool):
        cell = f"{cell:04d}"
    written = _lower(cell)
    found = FOUR_DIGITS.fullmatch(written) or CLOCK.fullmatch(written)
    if found is None or (":" not in written and "." not in written and found.re is CLOCK and not found["half"]):
        raise ValueError(f"Expected a time such as 21:40 or 9:40 pm. Found {shown(cell)}.")
    parts = found.groupdict()
    try:
        at = time(_hour(int(parts["h"]), parts.get("half")), int(parts["m"] or 0), int(parts.get("s") or 0))
    except ValueError as error:
        raise ValueError(f"Expected a time such as 21:40 or 9:40 pm. Found {shown(cell)}.") from error
    return Clock(at, _zone_beside(parts.get("zone")))


def moment_of(cell: Cell, order: str, zone: str, stored: str = "") -> str | date:
    """Return the moment in a cell with date and time, in wire format; a day if it has no time.

    Raises:
        ValueError: it is neither, or its time occurs twice or never as the clocks change.
        ZoneMissing: it has a time without a zone, and none is declared.
    """
    if isinstance(cell, datetime):
        return wire(day_of(cell.date(), order, stored), Clock(cell.time()), zone)
    if not isinstance(cell, str):
        return day_of(cell, order, stored)
    day, *clock = SPLIT.split(cell.strip(), maxsplit=1)
    found = day_of(day, order, stored)
    return wire(found, clock_of(clock[0]), zone) if clock else found


def wire(day: date, clock: Clock, zone: str) -> str:
    """Return a moment in wire format. A zone beside the time goes before the declared one.

    Raises:
        ValueError: the time occurs twice or never as the clocks change.
        ZoneMissing: no zone is declared.
    """
    if clock.zone is None and not zone:
        raise ZoneMissing('The mapping says no time zone. Write zone = "Europe/London" or "UTC" for this sheet.')
    where = clock.zone or zone_of(zone)
    early, late = (datetime.combine(day, clock.at, where).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if early != late:
        raise ValueError(
            f"{clock.at:%H:%M} on {day} occurs twice or never, as the clocks change: add the zone, as in 00:30Z."
        )
    return format_instant(early)


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name or offset."""
    if name == "UTC":
        return UTC
    return _offset(name) if name[0] in "+-" else ZoneInfo(name)


def weekday_of(cell: Cell) -> int:
    """Return the weekday in a cell, from 0 for Monday.

    Raises:
        ValueError: it is no name of a weekday.
    """
    found = WEEKDAYS.get(_lower(cell).rstrip("."))
    if found is None:
        raise ValueError(f"Expected a weekday such as Tuesday or Tue. Found {shown(cell)}.")
    return found


def period_of(cell: Cell) -> CalendarPeriod:
    """Return the day, month or year in a cell: 2023-01-17, 2023-01, Jan 2023 or 2023. A stored date is its month.

    Raises:
        ValueError: it is none.
    """
    if isinstance(cell, date):
        return _month(cell.year, cell.month)
    written = _lower(cell)
    try:
        if found := ISO_PERIOD.fullmatch(written):
            year, month, day = (int(found[name] or 0) for name in "ymd")
            if day:
                first = date(year, month, day)
                return CalendarPeriod(first, first + timedelta(days=1))
            return _month(year, month) if month else CalendarPeriod(date(year, 1, 1), date(year + 1, 1, 1))
        if (named := MONTH_YEAR.fullmatch(written)) and named["m"] in MONTHS:
            return _month(_year(named["y"]), MONTHS[named["m"]])
    except ValueError:
        pass
    raise ValueError(f"Expected a month such as 2023-01 or Jan 2023, a day or a year. Found {shown(cell)}.")


def month_named(heading: str) -> int:
    """Return the number of the month that a heading is the name of; 0 if it is none."""
    return MONTHS.get(heading.strip().casefold().rstrip("."), 0)


@dataclass(frozen=True, slots=True)
class Order:
    """What the dates of a column show of their order: the order, empty if it is open, and why."""

    order: str
    why: str


def order_of(dates: Mapping[int, Cell], weekdays: Mapping[int, Cell]) -> Order | None:
    """Return which order the dates of a column have, by row; None if none of them depends on it.

    A date whose day is above 12 shows the order, and so does a weekday beside it.
    """
    texts = {row: found for row, cell in dates.items() if isinstance(cell, str) and (found := _numeric(cell))}
    if not texts:
        return None
    shows = {order: [row for row, found in texts.items() if _only(found, order)] for order in (DAY_FIRST, MONTH_FIRST)}
    settled = [order for order, rows in shows.items() if rows]
    if len(settled) == 1:
        row = shows[settled[0]][0]
        return Order(settled[0], f"row {row} has {_shown(dates[row])}, which is a date only in this order")
    if settled:
        rows = " and ".join(f"row {shows[order][0]} {_shown(dates[shows[order][0]])}" for order in settled)
        return Order("", f"the column has both orders: {rows}")
    by_weekday = _by_weekday(dates, {row: weekdays[row] for row in texts if row in weekdays})
    if by_weekday is not None:
        return by_weekday
    row = next((row for row, found in texts.items() if found["one"] != found["two"]), next(iter(texts)))
    readings = " or ".join(f"{day_of(_lower(dates[row]), order):%-d %B %Y}" for order in (DAY_FIRST, MONTH_FIRST))
    return Order("", f"both orders fit: {_shown(dates[row])} in row {row} is {readings}")


def were_swapped(cells: Iterable[Cell]) -> bool:
    """Return whether a program seems to have stored only the dates that it could read in its own order.

    Then stored dates have days up to 12, and those that stayed text have not.
    """
    every = list(cells)
    stored = [cell for cell in every if isinstance(cell, date)]
    texts = [found for cell in every if isinstance(cell, str) and (found := _numeric(cell))]
    return bool(stored and texts) and all(cell.day <= LAST_MONTH for cell in stored)


def _by_weekday(dates: Mapping[int, Cell], weekdays: Mapping[int, Cell]) -> Order | None:
    fits: dict[str, list[int]] = {DAY_FIRST: [], MONTH_FIRST: []}
    for row, cell in weekdays.items():
        try:
            weekday = weekday_of(cell)
        except ValueError:
            continue
        for order, rows in fits.items():
            if day_of(SPLIT.split(_lower(dates[row]))[0], order).weekday() == weekday:
                rows.append(row)
    best = max(fits, key=lambda order: len(fits[order]))
    other = fits[MONTH_FIRST if best == DAY_FIRST else DAY_FIRST]
    only = sorted(set(fits[best]) - set(other))
    if not only or set(other) - set(fits[best]):
        return None
    row = only[0]
    return Order(best, f"row {row} has {_shown(dates[row])} and the weekday {weekdays[row]}")


def _numeric(cell: str) -> re.Match[str] | None:
    return NUMERIC.fullmatch(LEADING_WEEKDAY.sub("", SPLIT.split(_lower(cell), maxsplit=1)[0], count=1))


def _only(found: re.Match[str], order: str) -> bool:
    """Return whether the date is one only in this order."""
    second = int(found["two"] if order == DAY_FIRST else found["one"])
    first = int(found["one"] if order == DAY_FIRST else found["two"])
    return first > LAST_MONTH >= second


def _written_day(written: str, order: str) -> date | None:
    bare = written
    if (leading := LEADING_WEEKDAY.match(written)) and leading["word"] in WEEKDAYS:
        bare = written[leading.end() :]
    try:
        for pattern in (YEAR_FIRST, DAY_MONTH, MONTH_DAY):
            found = pattern.fullmatch(bare)
            if found is not None and (found["m"].isdigit() or found["m"] in MONTHS):
                month = int(found["m"]) if found["m"].isdigit() else MONTHS[found["m"]]
                return date(_year(found["y"]), month, int(found["d"]))
        found = NUMERIC.fullmatch(bare)
        if found is None or order not in (DAY_FIRST, MONTH_FIRST):
            return None
        first, second = int(found["one"]), int(found["two"])
        day, month = (first, second) if order == DAY_FIRST else (second, first)
        return date(_year(found["y"]), month, day)
    except ValueError:
        return None


def _lower(cell: Cell) -> str:
    return cell.strip().casefold() if isinstance(cell, str) else str(cell)


def _year(written: str) -> int:
    return int(written) if len(written) > len("23") else CENTURY + int(written)


def _month(year: int, month: int) -> CalendarPeriod:
    first = date(year, month, 1)
    return CalendarPeriod(first, date(year + month // LAST_MONTH, month % LAST_MONTH + 1, 1))


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if hour > NOON:
        raise ValueError
    return hour % NOON + (NOON if half.startswith("p") else 0)


def _zone_beside(word: str | None) -> tzinfo | None:
    if not word:
        return None
    return timezone(timedelta(minutes=OFFSETS[word])) if word in OFFSETS else _offset(word)


def _offset(written: str) -> tzinfo:
    digits = written[1:].replace(":", "")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-away if written[0] == "-" else away)


def _example(order: str) -> str:
    written = {DAY_FIRST: "17/01/2023, ", MONTH_FIRST: "01/17/2023, "}.get(order, "")
    return f"{written}2023-01-17 or 17 Jan 2023" + (f" ({order}, as the mapping says)" if order else "")


def _shown(cell: Cell) -> str:
    return str(cell).strip()
