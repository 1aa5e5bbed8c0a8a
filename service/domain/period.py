"""When an operation took place, in the spans in which people name it: a day, some days, a night over two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from service.domain.days import LONDON, ONE_DAY, london_date
from service.domain.operation import Operation

MOST_SPANS_NAMED = 6


class Shape(Enum):
    """How the time of an operation is named."""

    DAYS = "days"
    NIGHTS = "nights"
    OPEN = "open"


class Stage(Enum):
    """How far an operation was at a moment. Closed early: its coordinator closed it before its end."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    CLOSED_EARLY = "closed_early"
    OVER = "over"

    @property
    def is_to_come(self) -> bool:
        """Whether more may still happen."""
        return self in (Stage.PLANNED, Stage.UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Span:
    """London dates, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """When an operation takes place. `spans` in order, at least one; of an open end, the first day alone.

    `count` is how many dates or nights these are. A night lies over two dates, between noon
    and noon.
    """

    shape: Shape
    spans: tuple[Span, ...]
    count: int
    stage: Stage

    @property
    def is_named_whole(self) -> bool:
        """Return whether the spans are few enough to be named one by one."""
        return len(self.spans) <= MOST_SPANS_NAMED


def period_of(operation: Operation, moment: datetime) -> Period:
    """Return when the operation takes place, and how far it is at this moment."""
    days, stage = operation.days, stage_of(operation, moment)
    if days.ends_at is None:
        first = london_date(days.starts_at)
        return Period(Shape.OPEN, (Span(first, first),), 1, stage)
    windows = [(one.starts_at, one.ends_at) for one in days.windows] or [(days.starts_at, days.ends_at)]
    spans = [_span(*window) for window in windows]
    if all(_is_night(*window) for window in windows):
        return Period(Shape.NIGHTS, tuple(spans), len(spans), stage)
    joined = merged(spans)
    count = sum((span.last - span.first).days + 1 for span in joined)
    return Period(Shape.DAYS, joined, count, stage)


def stage_of(operation: Operation, moment: datetime) -> Stage:
    """Return how far the operation is at this moment."""
    ends_at = operation.days.ends_at
    if ends_at is not None and moment >= ends_at:
        return Stage.OVER
    if operation.closed:
        return Stage.CLOSED_EARLY
    return Stage.PLANNED if moment < operation.days.starts_at else Stage.UNDER_WAY


def _span(starts_at: datetime, ends_at: datetime) -> Span:
    return Span(london_date(starts_at), london_date(ends_at - timedelta(microseconds=1)))


def _is_night(starts_at: datetime, ends_at: datetime) -> bool:
    span = _span(starts_at, ends_at)
    noon = datetime.combine(span.first, time(12), LONDON)
    return span.last == span.first + ONE_DAY and starts_at >= noon and ends_at <= noon + ONE_DAY


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans with those joined that follow each other without a day between."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.first <= joined[-1].last + ONE_DAY:
            joined[-1] = Span(joined[-1].first, max(span.last, joined[-1].last))
        else:
            joined.append(span)
    return tuple(joined)
