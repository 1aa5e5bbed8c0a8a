"""When an operation took place: days, nights over two dates, windows, an open end."""

from datetime import UTC, date, datetime

import pytest

from service.domain.model.events import Window
from service.domain.statement.period import DateSpan, Shape, Stage, period_of
from tests.factories.operations import operation_state
from tests.factories.setup import OperationClosedFactory

LATER = datetime(2024, 1, 1, tzinfo=UTC)


def at(day, hour=0, month=1):
    return datetime(2023, month, day, hour, tzinfo=UTC)


def january(first, last=None):
    return DateSpan(date(2023, 1, first), date(2023, 1, last or first))


def windows(*pairs):
    return [Window(starts_at=start, ends_at=end) for start, end in pairs]


@pytest.mark.parametrize(
    ("opening", "shape", "spans", "count"),
    [
        ({"starts_at": at(17), "ends_at": at(20)}, Shape.DAYS, [january(17, 19)], 3),
        ({"starts_at": at(17, 9), "ends_at": at(17, 17)}, Shape.DAYS, [january(17)], 1),
        ({"starts_at": at(17, 20), "ends_at": at(18, 4)}, Shape.NIGHTS, [january(17, 18)], 1),
        # Over two dates and less than a day, but not a night.
        ({"starts_at": at(17, 9), "ends_at": at(18, 8)}, Shape.DAYS, [january(17, 18)], 2),
        ({"days": windows((at(17, 20), at(18, 4)))}, Shape.NIGHTS, [january(17, 18)], 1),
        (
            {"days": windows((at(17, 20), at(18, 4)), (at(18, 20), at(19, 4)))},
            Shape.NIGHTS,
            [january(17, 18), january(18, 19)],
            2,
        ),
        (
            {"days": windows((at(14), at(15)), (at(15), at(16)), (at(21), at(22)))},
            Shape.DAYS,
            [january(14, 15), january(21)],
            3,
        ),
        ({"days": windows((at(14), at(16)), (at(21), at(23)))}, Shape.DAYS, [january(14, 15), january(21, 22)], 4),
        ({"starts_at": at(17), "ends_at": None}, Shape.OPEN, [january(17)], 1),
    ],
)
def test_a_period_has_the_shape_and_spans_that_a_statement_names(opening, shape, spans, count):
    period = period_of(operation_state(**opening), LATER)
    assert (period.shape, list(period.spans), period.count) == (shape, spans, count)


def test_a_summer_day_is_a_london_day():
    period = period_of(operation_state(starts_at=at(30, 23, month=6), ends_at=at(1, 23, month=7)), LATER)
    assert list(period.spans) == [DateSpan(date(2023, 7, 1), date(2023, 7, 1))]


@pytest.mark.parametrize(
    ("moment", "stage"),
    [(at(15, 23), Stage.PLANNED), (at(16), Stage.UNDER_WAY), (at(22, 23), Stage.UNDER_WAY), (at(23), Stage.OVER)],
)
def test_the_stage_depends_on_the_moment(moment, stage):
    assert period_of(operation_state(), moment).stage is stage


def test_a_closed_operation_is_closed_early_until_its_end_and_then_over():
    closed = operation_state(OperationClosedFactory())
    assert period_of(closed, at(18)).stage is Stage.CLOSED_EARLY
    assert period_of(closed, at(23)).stage is Stage.OVER


def test_many_spans_are_not_each_named():
    days = windows(*((at(day), at(day + 1)) for day in range(1, 15, 2)))
    assert not period_of(operation_state(days=days), LATER).is_named_whole
