"""When an operation took place, as spans that a statement can name: a day, several days, a night over two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from service.domain.model.days import LONDON, ONE_DAY, london_date
from service.domain.model.operation import Operation

MOST_SPANS_NAMED = 6


class Shape(Enum):
    """How the period of an operation is named."""

    DAYS = "days"
    NIGHTS = "nights"
    OPEN = "open"
    UNKNOWN = "unknown"


class Stage(Enum):
    """How far an operation had got at a moment. Closed early: its coordinator closed it before its end."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    CLOSED_EARLY = "closed_early"
    OVER = "over"

    @property
    def is_to_come(self) -> bool:
        """Whether more may still happen."""
        return self in (Stage.PLANNED, Stage.UNDER_WAY)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A range of London dates, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """When an operation takes place.

    `spans` are in order and at least one; for an open-ended operation, only the first day; if the dates are not known,
    the span in which they were. `count` is the number of dates or nights. A night covers two dates, from noon to noon
    at most.
    """

    shape: Shape
    spans: tuple[DateSpan, ...]
    count: int
    stage: Stage

    @property
    def is_named_whole(self) -> bool:
        """Whether there are few enough spans to name each."""
        return len(self.spans) <= MOST_SPANS_NAMED


def period_of(operation: Operation, moment: datetime) -> Period:
    """Return the period of the operation, with its stage at this moment."""
    days, stage = operation.days, stage_of(operation, moment)
    if days.ends_at is None:
        first = london_date(days.starts_at)
        return Period(Shape.OPEN, (DateSpan(first, first),), 1, stage)
    if not operation.dates_known:
        return Period(Shape.UNKNOWN, (_span(days.starts_at, days.ends_at),), 1, stage)
    windows = [(one.starts_at, one.ends_at) for one in days.windows] or [(days.starts_at, days.ends_at)]
    spans = [_span(*window) for window in windows]
    if all(_is_night(*window) for window in windows):
        return Period(Shape.NIGHTS, tuple(spans), len(spans), stage)
    joined = merged(spans)
    count = sum((span.last - span.first).days + 1 for span in joined)
    return Period(Shape.DAYS, joined, count, stage)


def stage_of(operation: Operation, moment: datetime) -> Stage:
    """Return the stage of the operation at this moment."""
    ends_at = operation.days.ends_at
    if ends_at is not None and moment >= ends_at:
        return Stage.OVER
    if operation.closed:
        return Stage.CLOSED_EARLY
    return Stage.PLANNED if moment < operation.days.starts_at else Stage.UNDER_WAY


def _span(starts_at: datetime, ends_at: datetime) -> DateSpan:
    return DateSpan(london_date(starts_at), london_date(ends_at - timedelta(microseconds=1)))


def _is_night(starts_at: datetime, ends_at: datetime) -> bool:
    span = _span(starts_at, ends_at)
    noon = datetime.combine(span.first, time(12), LONDON)
    return span.last == span.first + ONE_DAY and starts_at >= noon and ends_at <= noon + ONE_DAY


def merged(spans: Sequence[DateSpan]) -> tuple[DateSpan, ...]:
    """Return the spans, with spans joined that overlap or have no day between them."""
    joined: list[DateSpan] = []
    for span in spans:
        if joined and span.first <= joined[-1].last + ONE_DAY:
            joined[-1] = DateSpan(joined[-1].first, max(span.last, joined[-1].last))
        else:
            joined.append(span)
    return tuple(joined)
