"""An operation's days: London days between two moments, or windows given one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.domain.events import Window
from service.errors import Invalid

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=20 * 366)


class DaysUnclear(Invalid):
    """The days of an operation do not make sense: ends before it starts, windows overlap, or both forms are given."""

    code = "days_unclear"


@dataclass(frozen=True, slots=True)
class OperatingDay:
    """One day of an operation, [starts_at, ends_at), named by the London date on which it starts."""

    day: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OperatingDays:
    """When an operation takes place. `ends_at` None: it is open-ended. With windows, each window is one day."""

    starts_at: datetime
    ends_at: datetime | None
    windows: tuple[OperatingDay, ...] = ()

    def day_of(self, moment: datetime) -> date | None:
        """Return the operating day in which the moment lies; None if it lies in none."""
        if self.windows:
            return next((window.day for window in self.windows if window.starts_at <= moment < window.ends_at), None)
        if moment < self.starts_at or (self.ends_at is not None and moment >= self.ends_at):
            return None
        return london_date(moment)

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether all of [starts_at, ends_at) lies between the operation's first and last moment."""
        return starts_at >= self.starts_at and (self.ends_at is None or ends_at <= self.ends_at)

    def includes(self, day: date) -> bool:
        """Return whether this is one of the operation's days."""
        if self.windows:
            return any(window.day == day for window in self.windows)
        first, last = london_date(self.starts_at), self._last_day()
        return first <= day and (last is None or day <= last)

    def begun_by(self, moment: datetime) -> Iterator[date]:
        """Yield, in order, the days that have begun by this moment."""
        if self.windows:
            yield from (window.day for window in self.windows if window.starts_at <= moment)
            return
        if moment < self.starts_at:
            return
        day, last = london_date(self.starts_at), self._last_day()
        until = london_date(moment) if last is None else min(london_date(moment), last)
        while day <= until:
            yield day
            day += ONE_DAY

    def kept_by(self, other: OperatingDays) -> Sequence[tuple[datetime, datetime | None]]:
        """Return the spans [from, before) in which a fact has the same day by both."""
        if not self.windows and not other.windows:
            ends = [end for end in (self.ends_at, other.ends_at) if end is not None]
            return [(max(self.starts_at, other.starts_at), min(ends, default=None))]
        others = {window.day: window for window in other.windows}
        return [
            (max(window.starts_at, others[window.day].starts_at), min(window.ends_at, others[window.day].ends_at))
            for window in self.windows
            if window.day in others
        ]

    def _last_day(self) -> date | None:
        return None if self.ends_at is None else london_date(self.ends_at - timedelta(microseconds=1))


def operating_days(
    starts_at: datetime | None, ends_at: datetime | None, windows: Sequence[Window], *, pointer: str
) -> OperatingDays:
    """Return the days given either as two moments or as windows. `pointer` leads to the object that holds them.

    Raises:
        DaysUnclear: neither or both forms, an end that is not after its start, or windows that are out of order,
            overlap, or start on the same London date.
    """
    if not windows:
        return _between(starts_at, ends_at, pointer)
    if starts_at is not None or ends_at is not None:
        raise DaysUnclear("Give days, or starts_at and ends_at, not both.", pointer=f"{pointer}/days")
    days = tuple(OperatingDay(london_date(one.starts_at), one.starts_at, one.ends_at) for one in windows)
    for index, window in enumerate(days):
        if window.ends_at <= window.starts_at:
            raise DaysUnclear("A window must end after it starts.", pointer=f"{pointer}/days/{index}/before")
        if index and (window.starts_at < days[index - 1].ends_at or window.day == days[index - 1].day):
            raise DaysUnclear(
                "Windows must follow each other without overlap, each starting on a London date of its own.",
                pointer=f"{pointer}/days/{index}/from",
            )
    return OperatingDays(days[0].starts_at, days[-1].ends_at, days)


def london_date(moment: datetime) -> date:
    """Return the calendar date in London at this moment."""
    return moment.astimezone(LONDON).date()


def london_midnight(day: date) -> datetime:
    """Return the moment at which this day begins in London."""
    return datetime.combine(day, time.min, LONDON)


def _between(starts_at: datetime | None, ends_at: datetime | None, pointer: str) -> OperatingDays:
    if starts_at is None:
        raise DaysUnclear("Wanted starts_at, or days as a list of {from, before}; found neither.", pointer=pointer)
    if ends_at is not None and ends_at <= starts_at:
        raise DaysUnclear("ends_at must be after starts_at.", pointer=f"{pointer}/ends_at")
    if ends_at is not None and ends_at - starts_at > LONGEST:
        raise DaysUnclear(
            "An operation lasts at most 20 years; leave out ends_at if the end is open.", pointer=f"{pointer}/ends_at"
        )
    return OperatingDays(starts_at, ends_at)
