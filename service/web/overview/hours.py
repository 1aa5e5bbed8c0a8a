"""The chart of arrests by hour: a column for each hour of the days that have begun, and the sum up to each hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from service.domain.counting.figures import EXACT, display
from service.domain.model.days import london_date, london_midnight
from service.usecases.overview.operation import Overview
from service.usecases.querying.totals import Figure
from service.web.site import words

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourColumn:
    """The arrests of one hour, the `place`-th of the chart, from 0, and of all hours up to it.

    `is_running`: the hour is not over yet.
    """

    place: int
    begins_at: datetime
    quantity: int
    display: str
    total: int
    is_running: bool

    @property
    def day(self) -> str:
        """The day on which the hour begins: `Tue 17 Jan`."""
        return words.short_day(london_date(self.begins_at))

    @property
    def hour(self) -> str:
        """The hour in words: `9pm to 10pm`."""
        return f"{words.clock(self.begins_at)} to {words.clock(self.begins_at + HOUR)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The columns of the hours that have begun, of `width` hours in `days`; `without_hour` is the figure of no hour."""

    columns: tuple[HourColumn, ...]
    days: tuple[date, ...]
    width: int
    without_hour: Figure | None

    @property
    def most(self) -> int:
        """The largest quantity of an hour, and at least 1."""
        return max(1, *(one.quantity for one in self.columns)) if self.columns else 1

    @property
    def total(self) -> int:
        """The sum over all hours."""
        return self.columns[-1].total if self.columns else 0

    @property
    def line(self) -> str:
        """The sum up to each hour as the path of a step line, in an area of the chart's width and height `total`."""
        steps = (f"V{self.total - one.total}H{place}" for place, one in enumerate(self.columns, start=1))
        return f"M0 {self.total}{''.join(steps)}"

    @property
    def rows(self) -> list[HourColumn]:
        """The hours with arrests, for the table."""
        return [one for one in self.columns if one.quantity]

    def finding(self) -> str:
        """Return what the chart shows, in a sentence."""
        if not self.rows:
            return "No arrest has an hour yet."
        busiest = max(self.columns, key=lambda one: one.quantity)
        on = words.day_and_weekday(london_date(busiest.begins_at))
        said = f"Most in one hour: {busiest.display}, on {on} from {busiest.hour}."
        running = " The outlined column is the hour that is not over." if self.rows[-1].is_running else ""
        return f"{said}{running}"

    def beneath(self) -> str:
        """Return how many arrests are in no column; empty if all are."""
        if self.without_hour is None or not self.without_hour.quantity:
            return ""
        if self.without_hour.qualifier != EXACT:
            return f"{self.without_hour.display} arrests more have no time, so no column."
        have = "has" if self.without_hour.quantity == 1 else "have"
        arrests = words.counted(self.without_hour.quantity, "arrest")
        return f"{arrests} more {have} no time, so no column."


def chart_of(found: Overview) -> Chart | None:
    """Return the chart; None if the overview has no figures by hour."""
    if found.by_hour is None:
        return None
    figures = {one.hour: one for one in found.by_hour}
    days = tuple(_dates(found))
    hours = list(_hours(days))
    begun = [one for one in hours if one <= found.moment]
    quantities = [0 if (figure := figures.get(one)) is None else figure.quantity for one in begun]
    columns = (
        HourColumn(
            place=place,
            begins_at=hour,
            quantity=quantity,
            display=figures[hour].display if hour in figures else display(0, "arrests", "exact"),
            total=total,
            is_running=found.is_running and hour + HOUR > found.moment,
        )
        for place, (hour, quantity, total) in enumerate(zip(begun, quantities, accumulate(quantities), strict=True))
    )
    return Chart(columns=tuple(columns), days=days, width=len(hours), without_hour=figures.get(None))


def _dates(found: Overview) -> Iterator[date]:
    """Yield the calendar days on which the days that have begun take place: a window may go past midnight."""
    touched = set()
    for day in found.days:
        starts_at, ends_at = found.position.operation.days.extent_of(day)
        last = london_date(ends_at - timedelta(microseconds=1))
        touched |= {day + DAY * number for number in range((last - london_date(starts_at)).days + 1)}
    yield from sorted(touched)


def _hours(days: tuple[date, ...]) -> Iterator[datetime]:
    """Yield the beginnings of the hours of these days: 23 or 25 where clocks change."""
    for day in days:
        hour, end = london_midnight(day).astimezone(UTC), london_midnight(day + DAY).astimezone(UTC)
        while hour < end:
            yield hour
            hour += HOUR
