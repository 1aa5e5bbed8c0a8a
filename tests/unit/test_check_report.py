"""What a force may not report. Each test is one rule: a valid event with one error, and the error that results."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.domain.deciding.check_report import (
    AssistsItself,
    ForceNotInOperation,
    ForceReportsEvents,
    ForceReportsNothing,
    ForceReportsTallies,
    InTheFuture,
    OperationIsClosed,
    OutsideOperation,
    QualifiedZero,
    SpanEndsBeforeStart,
    check_report,
)
from service.domain.model.events import (
    CashLine,
    DrugLine,
    Event,
    OtherPropertyLine,
    PhoneLine,
    VehicleLine,
    WeaponLine,
    Window,
)
from service.domain.model.operation import Operation, UnknownCode
from service.domain.model.personal_data import LooksPersonal
from service.domain.model.reference_data import force_catalogue, measure_catalogue
from service.domain.model.vocabulary import QUALIFIERS
from service.errors import RecordError
from tests.factories.operations import RECORDED_AT, operation_state
from tests.factories.reports import (
    TUESDAY_EVENING,
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import ENDS_AT, STARTS_AT, MeasureRegisteredFactory, OperationClosedFactory

OPEN = operation_state()
CLOSED = operation_state(OperationClosedFactory())
CORE_MEASURES = [measure for measure in measure_catalogue().values() if measure.core]
SOME_ID = ArrestRecordedFactory().id
FIRST_NIGHT = Window(starts_at=STARTS_AT + timedelta(hours=18), ends_at=STARTS_AT + timedelta(hours=28))
SECOND_NIGHT = Window(starts_at=STARTS_AT + timedelta(hours=42), ends_at=STARTS_AT + timedelta(hours=52))


def check(event: Event, operation: Operation = OPEN, recorded_at: datetime = RECORDED_AT) -> None:
    check_report(event, operation, recorded_at, force_catalogue())


def refusal(event: Event, expected: type[RecordError], operation: Operation = OPEN) -> RecordError:
    """Return the error, which must be of the expected class."""
    with pytest.raises(RecordError) as caught:
        check(event, operation, recorded_at=max(RECORDED_AT, ENDS_AT))
    assert type(caught.value) is expected
    return caught.value


def pointer(event: Event, expected: type[RecordError], operation: Operation = OPEN) -> str:
    """Return the pointer of the error."""
    (error,) = refusal(event, expected, operation).errors
    return error.pointer


def seizure(*lines: Any) -> Event:
    event: Event = SeizureRecordedFactory(lines=lines)
    return event


# Valid events


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(ArrestRecordedFactory(), id="arrest"),
        pytest.param(
            ArrestRecordedFactory(place="m25", assisting=("kent", "btp"), incident="0f" * 32), id="arrest-with-all"
        ),
        pytest.param(SeizureRecordedFactory(), id="seizure"),
        pytest.param(ActivityRecordedFactory(), id="activity"),
        pytest.param(ActivityRecordedFactory(quantity=0), id="declared-zero"),
        pytest.param(
            ActivityRecordedFactory(force="essex", measure="arrests", quantity=3, category="knife"), id="tally"
        ),
        pytest.param(
            ActivityRecordedFactory(force="essex", measure="foreign_cash", quantity=3, category="EUR"),
            id="tally-of-a-currency",
        ),
        pytest.param(ReturnDeclaredFactory(), id="return"),
        pytest.param(ReturnDeclaredFactory(force="essex", status="nil", measures=("arrests",)), id="return-of-some"),
        pytest.param(EventWithdrawnFactory(corrects=SOME_ID), id="withdrawal"),
    ],
)
def test_a_valid_event_passes(event: Event) -> None:
    check(event)


# The reporting force


def test_a_force_that_does_not_take_part_is_refused() -> None:
    assert pointer(ArrestRecordedFactory(force="sussex"), ForceNotInOperation) == "/force"


@pytest.mark.parametrize("event", [ArrestRecordedFactory(force="essex"), SeizureRecordedFactory(force="essex")])
def test_a_force_that_reports_tallies_cannot_send_arrests_or_seizures(event: Event) -> None:
    assert pointer(event, ForceReportsTallies) == "/type"


@pytest.mark.parametrize("measure", CORE_MEASURES, ids=lambda measure: measure.measure)
def test_a_force_that_reports_events_cannot_send_a_core_measure_as_activity(measure: Any) -> None:
    event = ActivityRecordedFactory(measure=measure.measure, category=measure.default_category)
    assert pointer(event, ForceReportsEvents) == "/data/measure"


@pytest.mark.parametrize(
    "event",
    [ArrestRecordedFactory(force="lantern-desk"), ReturnDeclaredFactory(force="lantern-desk")],
    ids=lambda event: event.type,
)
def test_a_force_that_reports_nothing_cannot_send_facts_or_returns(event: Event) -> None:
    assert pointer(event, ForceReportsNothing) == "/force"


# Time


def test_an_event_up_to_five_minutes_after_its_recording_passes() -> None:
    check(ArrestRecordedFactory(occurred_at=RECORDED_AT + timedelta(minutes=5)))


def test_an_event_later_than_that_is_refused() -> None:
    event = ArrestRecordedFactory(occurred_at=RECORDED_AT + timedelta(minutes=5, microseconds=1))
    with pytest.raises(InTheFuture) as caught:
        check(event)
    assert caught.value.errors[0].pointer == "/occurred_at"


@pytest.mark.parametrize("moment", [STARTS_AT - timedelta(microseconds=1), ENDS_AT], ids=["before", "after"])
def test_an_event_outside_the_days_of_the_operation_is_refused(moment: datetime) -> None:
    assert pointer(ArrestRecordedFactory(occurred_at=moment), OutsideOperation) == "/occurred_at"


def test_an_event_between_two_windows_is_refused() -> None:
    in_windows = operation_state(days=(FIRST_NIGHT, SECOND_NIGHT))
    event = ArrestRecordedFactory(occurred_at=FIRST_NIGHT.ends_at)
    assert pointer(event, OutsideOperation, in_windows) == "/occurred_at"


def test_a_day_of_the_operation_passes_without_a_moment() -> None:
    for factory in (ArrestRecordedFactory, SeizureRecordedFactory, ActivityRecordedFactory):
        check(factory(day_only=True))


def test_a_day_up_to_five_minutes_before_its_start_passes() -> None:
    midnight = datetime(2023, 1, 19, tzinfo=UTC)
    event = ArrestRecordedFactory(day_only=True, occurred_on=midnight.date())
    check(event, recorded_at=midnight - timedelta(minutes=5))
    with pytest.raises(InTheFuture) as caught:
        check(event, recorded_at=midnight - timedelta(minutes=5, microseconds=1))
    assert caught.value.errors[0].pointer == "/occurred_on"


def test_a_window_that_has_not_begun_is_in_the_future_although_its_date_has() -> None:
    in_windows = operation_state(days=(FIRST_NIGHT, SECOND_NIGHT))
    event = ArrestRecordedFactory(day_only=True)
    check(event, in_windows, recorded_at=SECOND_NIGHT.starts_at)
    with pytest.raises(InTheFuture, match="starts at 2023-01-17T18:00:00Z"):
        check(event, in_windows, recorded_at=SECOND_NIGHT.starts_at - timedelta(hours=1))


@pytest.mark.parametrize("day", [STARTS_AT.date() - timedelta(days=1), ENDS_AT.date()], ids=["before", "after"])
def test_a_day_outside_the_operation_is_refused_and_the_days_are_named(day: date) -> None:
    error = refusal(ArrestRecordedFactory(day_only=True, occurred_on=day), OutsideOperation)
    assert error.errors[0].pointer == "/occurred_on"
    assert error.detail == f"Expected a day of lantern: 2023-01-16 to 2023-01-22; found {day}."


def test_a_night_has_the_name_of_its_first_date_only() -> None:
    in_windows = operation_state(days=(FIRST_NIGHT, SECOND_NIGHT))
    event = ArrestRecordedFactory(day_only=True, occurred_on=SECOND_NIGHT.ends_at.date())
    assert refusal(event, OutsideOperation, in_windows).detail == (
        "Expected a day of lantern: 2023-01-16, 2023-01-17, each named by the London date on which it starts; "
        "found 2023-01-18."
    )


@pytest.mark.parametrize("seconds", [0, -1], ids=["at-its-start", "before-it"])
def test_an_activity_that_does_not_end_after_its_start_is_refused(seconds: int) -> None:
    event = ActivityRecordedFactory(occurred_before=TUESDAY_EVENING + timedelta(seconds=seconds))
    assert pointer(event, SpanEndsBeforeStart) == "/data/occurred_before"


def test_an_activity_up_to_the_last_moment_of_the_operation_passes() -> None:
    check(ActivityRecordedFactory(occurred_before=ENDS_AT))


def test_an_activity_past_the_end_of_the_operation_is_refused() -> None:
    event = ActivityRecordedFactory(occurred_before=ENDS_AT + timedelta(microseconds=1))
    assert pointer(event, OutsideOperation) == "/data/occurred_before"


def test_a_return_for_a_day_outside_the_operation_is_refused() -> None:
    assert pointer(ReturnDeclaredFactory(day=ENDS_AT.date()), OutsideOperation) == "/data/day"


# A closed operation


@pytest.mark.parametrize(
    "event",
    [ArrestRecordedFactory(), SeizureRecordedFactory(), ActivityRecordedFactory()],
    ids=lambda event: event.type,
)
def test_a_closed_operation_refuses_new_facts(event: Event) -> None:
    refusal(event, OperationIsClosed, CLOSED)


@pytest.mark.parametrize(
    "event",
    [
        ArrestRecordedFactory(corrects=SOME_ID),
        EventWithdrawnFactory(corrects=SOME_ID),
        ReturnDeclaredFactory(),
    ],
    ids=lambda event: event.type,
)
def test_a_closed_operation_accepts_corrections_withdrawals_and_returns(event: Event) -> None:
    check(event, CLOSED)


@pytest.mark.parametrize("qualifier", [one for one in QUALIFIERS if one != "exact"])
def test_a_declared_zero_is_exact(qualifier: str) -> None:
    """An unknown number above 0 is "at least 1", never "more than 0"."""
    assert pointer(ActivityRecordedFactory(quantity=0, qualifier=qualifier), QualifiedZero) == "/data/qualifier"
    check(ActivityRecordedFactory(quantity=1, qualifier=qualifier))


# Place and assisting forces


def test_an_unlisted_place_is_refused() -> None:
    assert pointer(ArrestRecordedFactory(place="m60"), UnknownCode) == "/place"


def test_a_place_that_looks_personal_is_refused_without_repeating_it() -> None:
    error = refusal(ArrestRecordedFactory(place="ab12cde"), LooksPersonal)
    assert "ab12cde" not in error.detail


def test_a_listed_place_passes_whatever_it_looks_like() -> None:
    check(ArrestRecordedFactory(place="e1-6an"), operation_state(places=("e1-6an",)))


def test_a_force_cannot_assist_itself() -> None:
    assert pointer(ArrestRecordedFactory(assisting=("kent", "surrey")), AssistsItself) == "/assisting/1"


def test_an_assisting_force_must_be_known() -> None:
    assert pointer(ArrestRecordedFactory(assisting=("sureey",)), UnknownCode) == "/assisting/0"


def test_a_participant_known_only_to_this_operation_may_assist() -> None:
    check(ArrestRecordedFactory(assisting=("lantern-desk",)))


# Codes


@pytest.mark.parametrize(
    ("event", "where"),
    [
        pytest.param(ArrestRecordedFactory(reason="arson"), "/data/reason", id="reason"),
        pytest.param(ArrestRecordedFactory(reason="violence/emergency_worker"), "/data/reason", id="unregistered-path"),
        pytest.param(seizure(PhoneLine(), WeaponLine(weapon="spoon")), "/data/lines/1/weapon", id="weapon"),
        pytest.param(seizure(DrugLine(drug="d/tea")), "/data/lines/0/drug", id="drug"),
        pytest.param(seizure(VehicleLine(ground="parked")), "/data/lines/0/ground", id="ground"),
        pytest.param(seizure(CashLine(currency="XXX", amount_minor=1)), "/data/lines/0/currency", id="currency"),
        pytest.param(ActivityRecordedFactory(measure="yaks"), "/data/measure", id="measure"),
        pytest.param(
            ActivityRecordedFactory(category="cars"), "/data/category", id="category-of-a-measure-without-categories"
        ),
        pytest.param(
            ActivityRecordedFactory(measure="people_safeguarded", category="dog"), "/data/category", id="category"
        ),
        pytest.param(
            ActivityRecordedFactory(force="essex", measure="foreign_cash"), "/data/category", id="currency-missing"
        ),
        pytest.param(
            ActivityRecordedFactory(force="essex", measure="foreign_cash", category="GBP"),
            "/data/category",
            id="pounds-as-foreign",
        ),
        pytest.param(
            ActivityRecordedFactory(force="essex", measure="foreign_cash", category="XXX"),
            "/data/category",
            id="unknown-currency-tallied",
        ),
        pytest.param(ReturnDeclaredFactory(measures=("arrests", "yaks")), "/data/measures/1", id="measure-of-a-return"),
    ],
)
def test_a_code_that_is_not_on_its_list_is_refused(event: Event, where: str) -> None:
    assert pointer(event, UnknownCode) == where


@pytest.mark.parametrize(
    ("event", "where"),
    [
        pytest.param(ArrestRecordedFactory(reason="ab12cde"), "/data/reason", id="reason"),
        pytest.param(seizure(DrugLine(drug="a/ab12cde")), "/data/lines/0/drug", id="step-of-a-drug"),
        pytest.param(seizure(OtherPropertyLine(property="ab12cde")), "/data/lines/0/property", id="property"),
        pytest.param(ActivityRecordedFactory(measure="07700900123"), "/data/measure", id="measure"),
        pytest.param(ReturnDeclaredFactory(measures=("07700900123",)), "/data/measures/0", id="measure-of-a-return"),
    ],
)
def test_a_code_that_looks_personal_is_refused_without_repeating_it(event: Event, where: str) -> None:
    error = refusal(event, LooksPersonal)
    assert error.errors[0].pointer == where
    assert "ab12cde" not in error.detail
    assert "07700900123" not in error.detail


def test_open_paths_pass() -> None:
    check(seizure(DrugLine(drug="b/cannabis/resin"), OtherPropertyLine(property="dogs/xl_bully")))


def test_a_category_that_the_operation_registered_passes() -> None:
    registered = MeasureRegisteredFactory(measure="arrests", categories=("violence/emergency_worker",))
    check(ArrestRecordedFactory(reason="violence/emergency_worker"), operation_state(registered))


def test_a_return_may_cover_a_registered_measure() -> None:
    check(ReturnDeclaredFactory(measures=("dogs_seized",)), operation_state(MeasureRegisteredFactory()))


def test_an_operation_in_summer_begins_at_midnight_in_london() -> None:
    summer = operation_state(
        starts_at=datetime(2023, 6, 30, 23, tzinfo=UTC), ends_at=datetime(2023, 7, 1, 23, tzinfo=UTC)
    )
    last = ArrestRecordedFactory(occurred_at=datetime(2023, 7, 1, 22, 59, 59, tzinfo=UTC))
    check(last, summer, recorded_at=datetime(2023, 7, 2, tzinfo=UTC))
