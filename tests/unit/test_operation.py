"""The state of an operation: a fold over its setup events."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.model.days import DaysUnclear, london_midnight
from service.domain.model.events import Event, Window
from service.domain.model.operation import Operation, evolve
from service.domain.model.reference_data import measure_catalogue
from tests.factories.operations import FORCES, OPENED_AT, RecordedEventFactory, operation_state
from tests.factories.reports import (
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import (
    ENDS_AT,
    STARTS_AT,
    ForceJoinedFactory,
    MeasureRegisteredFactory,
    OperationAmendedFactory,
    OperationClosedFactory,
    OperationReopenedFactory,
)

A_NIGHT = Window(
    starts_at=datetime(2023, 1, 20, 18, tzinfo=UTC),
    ends_at=datetime(2023, 1, 21, 4, tzinfo=UTC),
)
LATER = datetime(2023, 1, 25, tzinfo=UTC)


def test_an_opened_operation_has_the_fields_of_its_opening() -> None:
    operation = operation_state(name="Lantern", places=("m25",), part_of=("beacon",), imported=True)
    assert (operation.operation, operation.name, operation.lead_force) == ("lantern", "Lantern", "metropolitan")
    assert (operation.places, operation.part_of, operation.imported) == (("m25",), ("beacon",), True)
    assert (operation.opened_at, operation.closed) == (OPENED_AT, False)
    assert (operation.days.starts_at, operation.days.ends_at) == (STARTS_AT, ENDS_AT)


def test_a_new_operation_counts_the_measures_of_the_catalogue() -> None:
    assert operation_state().measures == measure_catalogue()


def test_forces_are_in_the_order_in_which_they_joined() -> None:
    operation = operation_state(ForceJoinedFactory(joining="btp", name="British Transport Police", kind="special"))
    assert list(operation.participants) == [*(joined.force for joined in FORCES), "btp"]
    assert operation.participants["btp"].name == "British Transport Police"
    assert operation.participants["essex"].reports == "tallies"


@pytest.mark.parametrize(
    ("amendment", "field", "expected"),
    [
        ({"places": ("a406",)}, "places", ("a406",)),
        ({"marking": "OFFICIAL"}, "marking", "OFFICIAL"),
        ({"returns_due_at": LATER}, "returns_due_at", LATER),
        ({"returns_due_hours": 0}, "returns_due_hours", 0),
    ],
    ids=["places", "marking", "returns_due_at", "returns_due_hours"],
)
def test_an_amendment_changes_its_fields_and_leaves_the_rest(
    amendment: dict[str, object], field: str, expected: object
) -> None:
    before = operation_state(places=("m25",))
    after = evolve(before, RecordedEventFactory(event=OperationAmendedFactory(**amendment)))
    changed = {name for name in type(before).__slots__ if getattr(before, name) != getattr(after, name)}
    assert changed == {field}
    assert getattr(after, field) == expected


@pytest.mark.parametrize(
    ("due", "moment"),
    [
        ({}, None),
        ({"returns_due_at": LATER}, LATER),
        ({"returns_due_hours": 0}, datetime(2023, 1, 18, tzinfo=UTC)),
        ({"returns_due_hours": 12}, datetime(2023, 1, 18, 12, tzinfo=UTC)),
        ({"returns_due_hours": 720, "returns_due_at": LATER}, LATER),
        ({"returns_due_hours": 12, "returns_due_at": LATER}, datetime(2023, 1, 18, 12, tzinfo=UTC)),
    ],
    ids=["none", "deadline", "at the end", "hours", "deadline before hours", "hours before deadline"],
)
def test_the_returns_for_a_day_are_due_at_the_earlier_of_its_hours_and_the_deadline(
    due: dict[str, Any], moment: datetime | None
) -> None:
    assert operation_state(**due).return_due_at(date(2023, 1, 17)) == moment


def test_hours_after_a_day_are_hours_also_when_the_clocks_change() -> None:
    spring = datetime(2023, 3, 24, tzinfo=UTC)
    operation = operation_state(starts_at=spring, ends_at=datetime(2023, 3, 28, tzinfo=UTC), returns_due_hours=12)
    assert operation.return_due_at(date(2023, 3, 25)) == datetime(2023, 3, 26, 12, tzinfo=UTC)


def test_hours_are_kept_by_an_amendment_of_other_fields() -> None:
    assert operation_state(OperationAmendedFactory(places=("m4",)), returns_due_hours=0).returns_due_hours == 0


def test_a_new_end_keeps_the_start() -> None:
    days = operation_state(OperationAmendedFactory(ends_at=LATER)).days
    assert (days.starts_at, days.ends_at) == (STARTS_AT, LATER)


def test_dates_can_be_replaced_by_windows_and_windows_by_dates() -> None:
    in_windows = operation_state(OperationAmendedFactory(days=(A_NIGHT,)))
    assert list(in_windows.days.begun_by(LATER)) == [date(2023, 1, 20)]
    again = operation_state(OperationAmendedFactory(days=(A_NIGHT,)), OperationAmendedFactory(starts_at=STARTS_AT))
    assert (again.days.windows, again.days.starts_at, again.days.ends_at) == ((), STARTS_AT, None)


def test_an_end_alone_is_unclear_for_an_operation_with_windows() -> None:
    with pytest.raises(DaysUnclear):
        operation_state(OperationAmendedFactory(ends_at=LATER), days=(A_NIGHT,))


def test_a_registered_measure_can_be_counted() -> None:
    measure = operation_state(MeasureRegisteredFactory(measure="dogs_seized", unit="dogs")).measures["dogs_seized"]
    assert (measure.label, measure.unit, measure.core, measure.has_categories) == ("dogs seized", "dogs", False, False)


def test_a_registered_measure_with_categories_also_has_unstated() -> None:
    measure = operation_state(MeasureRegisteredFactory(categories=("xl_bully",))).measures["dogs_seized"]
    assert measure.categories == ("unstated", "xl_bully")
    assert measure.default_category == "unstated"


def test_an_open_registered_measure_requires_a_category() -> None:
    measure = operation_state(MeasureRegisteredFactory(open=True, additive=False)).measures["dogs_seized"]
    assert measure.knows("any/breed")
    assert measure.default_category is None


def test_further_categories_of_a_known_measure_are_added_once() -> None:
    registered = MeasureRegisteredFactory(measure="arrests", categories=("violence/emergency_worker", "knife"))
    arrests = operation_state(registered).measures["arrests"]
    assert arrests.categories == (*measure_catalogue()["arrests"].categories, "violence/emergency_worker")
    assert arrests.label == measure_catalogue()["arrests"].label


def test_a_measure_registered_by_one_operation_is_unknown_to_another() -> None:
    operation_state(MeasureRegisteredFactory(measure="arrests", categories=("violence/emergency_worker",)))
    assert "violence/emergency_worker" not in operation_state().measures["arrests"].categories


def test_an_operation_is_closed_and_reopened() -> None:
    assert operation_state(OperationClosedFactory()).closed
    assert not operation_state(OperationClosedFactory(), OperationReopenedFactory()).closed


# Open-ended into the following summer, when a London day begins at 23:00 UTC; a week; two nights over two dates.
KINDS_OF_DAYS = {
    "open": {"ends_at": None},
    "week": {},
    "nights": {
        "days": (
            Window(starts_at=datetime(2023, 3, 25, 18, tzinfo=UTC), ends_at=datetime(2023, 3, 26, 4, tzinfo=UTC)),
            Window(starts_at=datetime(2023, 3, 26, 18, tzinfo=UTC), ends_at=datetime(2023, 3, 27, 4, tzinfo=UTC)),
        )
    },
}
MOMENTS = st.datetimes(datetime(2023, 1, 10), datetime(2023, 4, 5), timezones=st.just(UTC))  # noqa: DTZ001 - as it asks


def first_moment(operation: Operation, day: date) -> datetime:
    windows = {window.day: window.starts_at for window in operation.days.windows}
    return windows.get(day) or max(operation.days.starts_at, london_midnight(day))


@pytest.mark.parametrize("kind", KINDS_OF_DAYS)
@given(moment=MOMENTS, closed_at=MOMENTS | st.sampled_from([london_midnight(date(2023, 3, day)) for day in (26, 27)]))
def test_a_closed_operation_has_the_days_that_began_before_its_closing(
    kind: str, moment: datetime, closed_at: datetime
) -> None:
    operation = operation_state(**KINDS_OF_DAYS[kind])
    begun = list(operation.days_begun_by(moment))
    assert begun == list(operation.days.begun_by(moment))
    closing = RecordedEventFactory(event=OperationClosedFactory(), recorded_at=closed_at)
    closed = evolve(operation, closing)
    assert list(closed.days_begun_by(moment)) == [day for day in begun if first_moment(operation, day) < closed_at]
    ended = closed.days_begun_by(moment) if closed_at <= moment else closed.days.ended_by(moment)
    assert list(closed.days_ended_by(moment)) == list(ended)
    reopened = evolve(closed, RecordedEventFactory(event=OperationReopenedFactory(), recorded_at=closed_at))
    assert list(reopened.days_begun_by(moment)) == begun


@pytest.mark.parametrize(
    "report",
    [
        ArrestRecordedFactory(),
        SeizureRecordedFactory(),
        ActivityRecordedFactory(),
        ReturnDeclaredFactory(),
        EventWithdrawnFactory(),
    ],
    ids=lambda event: event.type,
)
def test_a_report_leaves_the_operation_unchanged(report: Event) -> None:
    before = operation_state()
    assert evolve(before, RecordedEventFactory(event=report)) is before
