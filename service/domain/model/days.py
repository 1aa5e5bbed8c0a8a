"""An operation's days: London days between two moments, or a list of windows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from service.domain.model.events import Window
from service.errors import Invalid

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)
BEFORE_EVERYTHING = datetime(1, 1, 2, tzinfo=UTC)
LONGEST = timedelta(days=20 * 366)

# The half-open interval [from, before); `before` None: without end.
Interval = tuple[datetime, datetime | None]


class DaysUnclear(Invalid):
    """An operation's days are invalid: an end before a start, overlapping windows, or both days and starts_at given."""

    code = "days_unclear"


@dataclass(frozen=True, slots=True)
class OperatingDay:
    """One day of an operation, [starts_at, ends_at), named by the London date on which it starts."""

    day: date
    starts_at: datetime
    ends_at: datetime


# Windows are in order and do not overlap, so each of these increases.
DAY_OF: Callable[[OperatingDay], date] = attrgetter("day")
START_OF: Callable[[OperatingDay], datetime] = attrgetter("starts_at")
END_OF: Callable[[OperatingDay], datetime] = attrgetter("ends_at")


@dataclass(frozen=True, slots=True)
class OperatingDays:
    """When an operation takes place. `ends_at` None: open-ended. With windows, each window is one day."""

    starts_at: datetime
    ends_at: datetime | None
    windows: tuple[OperatingDay, ...] = ()

    @property
    def first_day(self) -> date:
        """The first operating day."""
        return london_date(self.starts_at)

    @property
    def last_day(self) -> date | None:
        """The last operating day; None if the end is open."""
        if self.windows:
            return self.windows[-1].day
        return self.last_date

    @property
    def last_date(self) -> date | None:
        """The date of the last moment, which may be after the last operating day; None if the end is open."""
        return None if self.ends_at is None else london_date(self.ends_at - timedelta(microseconds=1))

    def day_of(self, moment: datetime) -> date | None:
        """Return the operating day that contains the moment; None if none does."""
        if self.windows:
            index = bisect_right(self.windows, moment, key=START_OF) - 1
            return self.windows[index].day if index >= 0 and moment < self.windows[index].ends_at else None
        if moment < self.starts_at or (self.ends_at is not None and moment >= self.ends_at):
            return None
        return london_date(moment)

    def last_day_begun_by(self, moment: datetime) -> date:
        """Return the last operating day that began by a moment of the operation, which may be between two windows."""
        if self.windows:
            return self.windows[bisect_right(self.windows, moment, key=START_OF) - 1].day
        return london_date(moment)

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether [starts_at, ends_at) lies entirely between the operation's first and last moment."""
        return starts_at >= self.starts_at and (self.ends_at is None or ends_at <= self.ends_at)

    def includes(self, day: date) -> bool:
        """Return whether this is one of the operation's days."""
        if self.windows:
            return bool(self.between(day, day + ONE_DAY))
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def number(self, now: datetime) -> int:
        """Return how many days there are; without an end, those that have begun by `now`."""
        if self.windows:
            return len(self.windows)
        last = max(london_date(now), self.first_day) if self.last_day is None else self.last_day
        return (last - self.first_day).days + 1

    def between(self, first: date, before: date) -> tuple[date, ...]:
        """Return the operation's days in [first, before), in order."""
        if self.windows:
            start, end = (bisect_left(self.windows, day, key=DAY_OF) for day in (first, before))
            return tuple(window.day for window in self.windows[start:end])
        first = max(first, self.first_day)
        before = before if self.last_day is None else min(before, self.last_day + ONE_DAY)
        return tuple(first + timedelta(days=number) for number in range((before - first).days))

    def extent_of(self, day: date) -> tuple[datetime, datetime]:
        """Return [starts_at, ends_at) of one of the operation's days, as far as the operation takes place on it."""
        assert self.includes(day), f"expected a day of the operation; found {day}"
        if self.windows:
            window = self.windows[bisect_left(self.windows, day, key=DAY_OF)]
            return window.starts_at, window.ends_at
        ends_at = london_midnight(day + ONE_DAY)
        return (
            max(london_midnight(day), self.starts_at),
            ends_at if self.ends_at is None else min(ends_at, self.ends_at),
        )

    def first_day_ending_after(self, moment: datetime) -> date | None:
        """Return the first operating day that ends after the moment; None if all days end earlier."""
        if self.windows:
            index = bisect_right(self.windows, moment, key=END_OF)
            return self.windows[index].day if index < len(self.windows) else None
        if self.ends_at is not None and self.ends_at <= moment:
            return None
        return max(london_date(moment), self.first_day)

    def begun_by(self, moment: datetime) -> Iterator[date]:
        """Yield, in order, the days that have begun by this moment."""
        if self.windows:
            yield from (window.day for window in self.windows[: bisect_right(self.windows, moment, key=START_OF)])
            return
        if moment < self.starts_at:
            return
        day, last = self.first_day, self.last_day
        until = london_date(moment) if last is None else min(london_date(moment), last)
        while day <= until:
            yield day
            day += ONE_DAY

    def is_running_at(self, moment: datetime) -> bool:
        """Return whether the moment is between the first moment of the operation and its last."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)

    def ended_by(self, moment: datetime) -> Iterator[date]:
        """Yield, in order, the days that have ended by this moment."""
        begun = tuple(self.begun_by(moment))
        return iter(begun[: bisect_right(begun, moment, key=lambda day: self.extent_of(day)[1])])

    def unchanged_by(self, other: OperatingDays) -> list[Interval]:
        """Return the intervals in which every moment has the same day, or no day, in both."""
        edges = sorted({*self._edges(other), *other._edges(self)})
        unchanged: list[Interval] = []
        for starts_at, ends_at in zip([BEFORE_EVERYTHING, *edges], [*edges, None], strict=True):
            if self.day_of(starts_at) != other.day_of(starts_at):
                continue
            if unchanged and unchanged[-1][1] == starts_at:
                unchanged[-1] = (unchanged[-1][0], ends_at)
            else:
                unchanged.append((starts_at, ends_at))
        return unchanged

    def _edges(self, other: OperatingDays) -> Iterator[datetime]:
        """Yield the moments at which the day changes, as far as needed to compare these days with the others."""
        yield self.starts_at
        if self.ends_at is not None:
            yield self.ends_at
        for window in self.windows:
            yield from (window.starts_at, window.ends_at)
        if other.windows and not self.windows:
            yield from (london_midnight(day) for window in other.windows for day in _dates(window))


def _dates(window: OperatingDay) -> Iterator[date]:
    """Yield the London dates that begin within a window."""
    day = window.day + ONE_DAY
    while london_midnight(day) < window.ends_at:
        yield day
        day += ONE_DAY


def operating_days(
    starts_at: datetime | None, ends_at: datetime | None, windows: Sequence[Window], *, pointer: str
) -> OperatingDays:
    """Return the days given either as two moments or as windows. `pointer` names the object that holds them.

    Raises:
        DaysUnclear: neither or both forms are given, an end is not after its start, or windows are out of order,
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
                "Windows must be in order, must not overlap, and must each start on a different London date.",
                pointer=f"{pointer}/days/{index}/from",
            )
    return OperatingDays(days[0].starts_at, days[-1].ends_at, days)


def one_unknown_day(starts_at: datetime | None, ends_at: datetime | None, windows: Sequence[Window]) -> OperatingDays:
    """Return the one operating day of an operation that was some time in [starts_at, ends_at).

    Raises:
        DaysUnclear: windows are given, one of the moments is not, or the end is not after the start.
    """
    if windows:
        raise DaysUnclear("Expected starts_at and ends_at, because dates_known is false; found days.", pointer="/days")
    if ends_at is None:
        raise DaysUnclear(
            "Expected ends_at, a moment by which it was over, because dates_known is false. It can be the moment of "
            "printing.",
            pointer="/ends_at",
        )
    days = _between(starts_at, ends_at, "")
    return OperatingDays(days.starts_at, ends_at, (OperatingDay(days.first_day, days.starts_at, ends_at),))


def london_date(moment: datetime) -> date:
    """Return the calendar date in London at this moment."""
    return moment.astimezone(LONDON).date()


def london_midnight(day: date) -> datetime:
    """Return the moment at which this day begins in London."""
    return datetime.combine(day, time.min, LONDON)


def _between(starts_at: datetime | None, ends_at: datetime | None, pointer: str) -> OperatingDays:
    if starts_at is None:
        raise DaysUnclear(
            "Expected starts_at, or days as a list of {from, before}; found neither. If the dates of an imported "
            "operation are not known, send dates_known: false, and starts_at and ends_at as the bounds of when it was.",
            pointer=pointer,
        )
    if ends_at is not None and ends_at <= starts_at:
        raise DaysUnclear("ends_at must be after starts_at.", pointer=f"{pointer}/ends_at")
    if ends_at is not None and ends_at - starts_at > LONGEST:
        raise DaysUnclear(
            "An operation can last at most 20 years; leave out ends_at if the end is open.",
            pointer=f"{pointer}/ends_at",
        )
    return OperatingDays(starts_at, ends_at)
