"""The rules for what forces send: facts, returns and withdrawals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from service.domain.counting.figures import EXACT
from service.domain.counting.wholes import tree_of
from service.domain.deciding.check_drugs import check_drugs
from service.domain.model.days import LONGEST, ONE_DAY, OperatingDays
from service.domain.model.events import (
    FACTS,
    ActivityRecorded,
    ArrestRecorded,
    CashLine,
    DrugLine,
    Event,
    EventWithdrawn,
    OtherPropertyLine,
    ReturnDeclared,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)
from service.domain.model.instants import format_instant
from service.domain.model.operation import Operation, Participant, UnknownCode
from service.domain.model.personal_data import refuse_personal
from service.domain.model.reference_data import Force, Measure, currencies
from service.errors import Conflict, Invalid

CLOCK_TOLERANCE = timedelta(minutes=5)
MOST_DAYS_SHOWN = 7


class ForceNotInOperation(Invalid):
    """The event's force does not take part in the operation."""

    code = "force_not_in_operation"


class ForceReportsTallies(Invalid):
    """The force reports tallies: it sends activity.recorded for every measure, never arrests or seizures."""

    code = "force_reports_tallies"


class ForceReportsEvents(Invalid):
    """The force reports events: its core measures are counted from arrests and seizures, not from activity."""

    code = "force_reports_events"


class ForceReportsNothing(Invalid):
    """The force takes part without reporting anything."""

    code = "force_reports_nothing"


class OperationIsClosed(Conflict):
    """A closed operation accepts corrections, withdrawals and returns, but no new facts until it is reopened."""

    code = "operation_closed"


class OutsideOperation(Invalid):
    """The moment or day is outside the operation's days."""

    code = "outside_operation"


class InTheFuture(Invalid):
    """The event's occurred_at, or the start of its occurred_on, is more than 5 minutes after its recorded_at."""

    code = "in_the_future"


class SpanEndsBeforeStart(Invalid):
    """An activity's occurred_before is not after its occurred_at, or a return's day_before not after its day_from."""

    code = "span_ends_before_start"


class QualifiedZero(Invalid):
    """A quantity of 0 is a declared zero, which is exact. For an unknown number above 0, send at_least 1."""

    code = "qualified_zero"


class QuantityUnclear(Invalid):
    """A rounded quantity or a range has a qualifier too, is no multiple of its rounding, or ends where it begins."""

    code = "quantity_unclear"


class WholeNotImported(Invalid):
    """In a live operation every force reports for itself; only imported operations may have a whole of all forces."""

    code = "whole_not_imported"


class PartUnclear(Invalid):
    """A part of a tally names neither force nor category, or one that its tally cannot have parts of."""

    code = "part_unclear"


class AssistsItself(Invalid):
    """The force that counts the event is also listed as assisting."""

    code = "assists_itself"


def check_report(
    event: Event,
    operation: Operation,
    recorded_at: datetime,
    forces: Mapping[str, Force],
    *,
    from_a_log: bool = False,
) -> None:
    """Check that a force may report this event to this operation.

    An event `from_a_log` was recorded before: its drugs are not compared with today's list.

    Raises:
        ForceNotInOperation, ForceReportsTallies, ForceReportsEvents, ForceReportsNothing, OperationIsClosed,
        OutsideOperation, InTheFuture, SpanEndsBeforeStart, AssistsItself, UnknownCode, LooksPersonal, QualifiedZero,
        QuantityUnclear, WholeNotImported, PartUnclear, PartsOverlap, PartsExceedWhole, UnknownDrug,
        AmbiguousDrug, WrongDrugClass.
    """
    participant = operation.participants.get(event.force)
    if participant is None:
        refuse_personal(event.force, "/force")
        raise ForceNotInOperation(f"{event.force} does not take part in {operation.operation}.", pointer="/force")
    if isinstance(event.data, EventWithdrawn):
        return
    is_whole = isinstance(event.data, ActivityRecorded) and event.data.whole
    if participant.reports == "nothing" and not is_whole:
        raise ForceReportsNothing(f"{event.force} joined as reporting nothing.", pointer="/force")
    if isinstance(event.data, ReturnDeclared):
        _check_return(event.data, operation)
        return
    assert isinstance(event.data, FACTS)
    _check_fact(event, operation, recorded_at, forces)
    _check_reporting(event.data, participant, operation)
    if not from_a_log:
        check_drugs(event, operation)
    _check_codes(event.data, operation)


def _check_fact(event: Event, operation: Operation, recorded_at: datetime, forces: Mapping[str, Force]) -> None:
    if operation.closed and event.corrects is None:
        raise OperationIsClosed(
            f"{operation.operation} is closed and accepts only corrections, withdrawals and returns. "
            "Its coordinator can reopen it."
        )
    if event.occurred_on is None:
        _check_moment(event, operation, recorded_at)
    else:
        _check_day(event.occurred_on, operation, recorded_at)
    if event.place is not None and event.place not in operation.places:
        refuse_personal(event.place, "/place")
        raise UnknownCode(f"Expected a place of this operation; {event.place!r} is not on its list.", pointer="/place")
    for index, force in enumerate(event.assisting):
        if force == event.force:
            raise AssistsItself(f"{force} counts this event and cannot assist it.", pointer=f"/assisting/{index}")
        if force not in operation.participants and force not in forces:
            refuse_personal(force, f"/assisting/{index}")
            raise UnknownCode(f"Expected a known force; found {force!r}.", pointer=f"/assisting/{index}")


def _check_day(day: date, operation: Operation, recorded_at: datetime) -> None:
    days = operation.days
    if not days.includes(day):
        raise OutsideOperation(
            f"Expected a day of {operation.operation}: {_shown_days(days)}; found {day}.", pointer="/occurred_on"
        )
    starts_at, _ends_at = days.extent_of(day)
    if starts_at > recorded_at + CLOCK_TOLERANCE:
        raise InTheFuture(
            f"occurred_on {day} starts at {format_instant(starts_at)}, more than 5 minutes after "
            f"recorded_at {format_instant(recorded_at)}.",
            pointer="/occurred_on",
        )


def _shown_days(days: OperatingDays) -> str:
    if not days.windows:
        return f"from {days.first_day} on" if days.last_day is None else f"{days.first_day} to {days.last_day}"
    shown = ", ".join(str(window.day) for window in days.windows[:MOST_DAYS_SHOWN])
    further = ", ..." if len(days.windows) > MOST_DAYS_SHOWN else ""
    return f"{shown}{further}, each named by the London date on which it starts"


def _check_moment(event: Event, operation: Operation, recorded_at: datetime) -> None:
    assert event.occurred_at is not None, "the schema requires one of the two of every fact"
    if event.occurred_at > recorded_at + CLOCK_TOLERANCE:
        raise InTheFuture(
            f"occurred_at {format_instant(event.occurred_at)} is more than 5 minutes after "
            f"recorded_at {format_instant(recorded_at)}.",
            pointer="/occurred_at",
        )
    if operation.days.day_of(event.occurred_at) is None:
        raise OutsideOperation(
            f"{format_instant(event.occurred_at)} is outside the days of {operation.operation}.",
            pointer="/occurred_at",
        )
    ends_at = event.data.occurred_before if isinstance(event.data, ActivityRecorded) else None
    if ends_at is not None and ends_at <= event.occurred_at:
        raise SpanEndsBeforeStart("occurred_before must be after occurred_at.", pointer="/data/occurred_before")
    if ends_at is not None and not operation.days.covers(event.occurred_at, ends_at):
        raise OutsideOperation(
            f"{format_instant(ends_at)} is after the end of {operation.operation}.", pointer="/data/occurred_before"
        )


def _check_reporting(
    data: ArrestRecorded | SeizureRecorded | ActivityRecorded, participant: Participant, operation: Operation
) -> None:
    if not isinstance(data, ActivityRecorded):
        if participant.reports == "tallies":
            raise ForceReportsTallies(
                f"{participant.force} reports tallies: send activity.recorded for each measure.", pointer="/type"
            )
        return
    measure = _known_measure(data.measure, operation, "/data/measure")
    if data.whole:
        _check_whole(data, measure, operation)
    else:
        _refuse_counted_twice(participant, measure, "/data/measure")


def _refuse_counted_twice(participant: Participant, measure: Measure, pointer: str) -> None:
    if measure.core and participant.reports == "events":
        raise ForceReportsEvents(
            f"{participant.force} reports events: {measure.measure} is counted from its arrests and seizures.",
            pointer=pointer,
        )


def _check_whole(activity: ActivityRecorded, measure: Measure, operation: Operation) -> None:
    """Check that a whole of all forces may be recorded, and that each force with a part of it may have it."""
    if not operation.imported:
        raise WholeNotImported(
            "Only an imported operation can have a whole of all forces. In this one, each force sends its own tally.",
            pointer="/data/whole",
        )
    for index, part in enumerate(activity.of_which):
        if part.force is None:
            continue
        pointer = f"/data/of_which/{index}/force"
        participant = operation.participants.get(part.force)
        if participant is None:
            refuse_personal(part.force, pointer)
            raise ForceNotInOperation(f"{part.force} does not take part in {operation.operation}.", pointer=pointer)
        if participant.reports == "nothing":
            raise ForceReportsNothing(f"{part.force} joined as reporting nothing.", pointer=pointer)
        _refuse_counted_twice(participant, measure, pointer)


def _check_parts(activity: ActivityRecorded, measure: Measure) -> None:
    for index, part in enumerate(activity.of_which):
        pointer = f"/data/of_which/{index}"
        if part.force is None and part.category is None:
            raise PartUnclear("Expected the force or the category of a part; found neither.", pointer=pointer)
        if part.force is not None and not activity.whole:
            raise PartUnclear(
                "Only a whole of all forces has parts by force. Send whole: true, or leave out the force.",
                pointer=f"{pointer}/force",
            )
        if part.category is not None:
            _check_part_category(part.category, activity, measure, f"{pointer}/category")
        if part.quantity == 0 and part.qualifier != EXACT:
            raise QualifiedZero(
                f"A declared zero is exact; found {part.qualifier} 0. For an unknown number above 0, send at_least 1.",
                pointer=f"{pointer}/qualifier",
            )
    tree_of(activity)


def _check_part_category(path: str, activity: ActivityRecorded, measure: Measure, pointer: str) -> None:
    _check_category(path, measure, pointer)
    if not measure.additive and path != activity.category:
        raise PartUnclear(
            f"{measure.measure} is never summed over categories, so none is a part of another. Send a tally of each.",
            pointer=pointer,
        )
    if activity.category is not None and not f"{path}/".startswith(f"{activity.category}/"):
        raise PartUnclear(
            f"Expected a category within that of the tally, {activity.category}; found {path}.", pointer=pointer
        )


def _check_return(declared: ReturnDeclared, operation: Operation) -> None:
    if declared.day is None:
        _check_span(*declared.bounds, operation)
    elif not operation.days.includes(declared.day):
        raise OutsideOperation(f"{declared.day} is not a day of {operation.operation}.", pointer="/data/day")
    for index, measure in enumerate(declared.measures):
        _known_measure(measure, operation, f"/data/measures/{index}")


def _check_span(first: date, before: date, operation: Operation) -> None:
    """Check that the days in [first, before) are days of the operation; with windows, that some of them are."""
    days = operation.days
    if before <= first:
        raise SpanEndsBeforeStart(
            f"day_before is the day after the last one, so it must be after day_from {first}; found {before}.",
            pointer="/data/day_before",
        )
    expected = f"Expected days of {operation.operation}: {_shown_days(days)}"
    if first < days.first_day:
        raise OutsideOperation(f"{expected}; found {first}.", pointer="/data/day_from")
    if days.last_day is not None and before > days.last_day + ONE_DAY:
        raise OutsideOperation(
            f"{expected}; found {before - ONE_DAY}, the day before day_before.", pointer="/data/day_before"
        )
    if before - first > LONGEST:
        raise OutsideOperation(
            f"Expected at most 20 years in one return; found {first} to {before - ONE_DAY}.",
            pointer="/data/day_before",
        )
    if not days.between(first, before):
        raise OutsideOperation(f"{expected}; found none from {first} to {before - ONE_DAY}.", pointer="/data/day_from")


def _check_codes(data: ArrestRecorded | SeizureRecorded | ActivityRecorded, operation: Operation) -> None:
    match data:
        case ArrestRecorded():
            _check_category(data.reason, operation.measures["arrests"], "/data/reason")
        case ActivityRecorded():
            _check_activity_category(data, operation.measures[data.measure])
            _check_zero(data)
            _check_precision(data)
            _check_parts(data, operation.measures[data.measure])
        case SeizureRecorded():
            for index, line in enumerate(data.lines):
                _check_line(line, operation.measures, f"/data/lines/{index}")


def _check_line(line: SeizureLine, measures: Mapping[str, Measure], pointer: str) -> None:
    match line:
        case WeaponLine():
            _check_category(line.weapon, measures["weapons"], f"{pointer}/weapon")
        case DrugLine():
            _check_category(line.drug, measures["drug_seizures_by_substance"], f"{pointer}/drug")
        case VehicleLine():
            _check_category(line.ground, measures["vehicles"], f"{pointer}/ground")
        case CashLine() if line.currency not in currencies():
            raise UnknownCode(f"Expected an ISO 4217 currency; found {line.currency!r}.", pointer=f"{pointer}/currency")
        case OtherPropertyLine():
            _check_category(line.property, measures["other_property"], f"{pointer}/property")


def _check_activity_category(activity: ActivityRecorded, measure: Measure) -> None:
    if activity.category is not None:
        _check_category(activity.category, measure, "/data/category")
        if measure.category == "currency" and activity.category not in currencies() - {"GBP"}:
            raise UnknownCode("Expected an ISO 4217 currency other than GBP.", pointer="/data/category")
    elif measure.default_category is None:
        raise UnknownCode(
            f"{measure.measure} is recorded by {measure.category}: a category is required.", pointer="/data/category"
        )


def _check_zero(activity: ActivityRecorded) -> None:
    if activity.quantity == 0 and activity.qualifier != EXACT:
        raise QualifiedZero(
            f"A declared zero is exact; found {activity.qualifier} 0. For an unknown number above 0, send at_least 1.",
            pointer="/data/qualifier",
        )


def _check_precision(activity: ActivityRecorded) -> None:
    given = [name for name in ("rounded_to", "to") if getattr(activity, name) is not None]
    if not given:
        return
    if activity.quantity == 0:
        raise QualifiedZero(
            f"A declared zero is exact: leave out {given[0]}. For an unknown number up to N, send at_most N.",
            pointer=f"/data/{given[0]}",
        )
    if len(given) > 1:
        raise QuantityUnclear("Expected rounded_to, or a range with to; found both.", pointer="/data/to")
    if activity.qualifier != EXACT:
        raise QuantityUnclear(
            f"Expected {given[0]} without a qualifier; found {activity.qualifier}. A rounded quantity is shown as "
            "about, and a range from the quantity to its upper end.",
            pointer="/data/qualifier",
        )
    if activity.rounded_to is not None and activity.quantity % activity.rounded_to:
        raise QuantityUnclear(
            f"Expected a quantity that is a multiple of rounded_to, {activity.rounded_to:,}; "
            f"found {activity.quantity:,}.",
            pointer="/data/rounded_to",
        )
    if activity.to is not None and activity.to <= activity.quantity:
        raise QuantityUnclear(
            f"Expected the upper end of a range, above the quantity {activity.quantity:,}; found {activity.to:,}.",
            pointer="/data/to",
        )


def _check_category(path: str, measure: Measure, pointer: str) -> None:
    """Check that the measure has this path. A listed path is exempt from the check for personal data."""
    if path in measure.categories:
        return
    refuse_personal(path, pointer)
    if not measure.has_categories:
        raise UnknownCode(f"{measure.measure} has no categories; found {path!r}.", pointer=pointer)
    if not measure.knows(path):
        known = ", ".join(measure.categories)
        raise UnknownCode(f"Expected a category of {measure.measure} ({known}); found {path!r}.", pointer=pointer)


def _known_measure(measure: str, operation: Operation, pointer: str) -> Measure:
    if measure not in operation.measures:
        refuse_personal(measure, pointer)
        raise UnknownCode(f"Expected a measure of this operation; found {measure!r}.", pointer=pointer)
    return operation.measures[measure]
