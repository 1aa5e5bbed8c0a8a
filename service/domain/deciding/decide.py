"""Whether an event may be recorded: pure functions over what the log holds. No clock, no database.

`replay_of` finds an event that is already recorded; `accept` accepts a new event or raises an error. The rules for
each kind of event are in `check_report` and `check_setup`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import fields, replace

from service.domain.counting.figures import BOUNDS, Side
from service.domain.deciding.check_report import OperationIsClosed, check_report
from service.domain.deciding.check_setup import check_setup
from service.domain.duplicates.match_candidates import COMPARED
from service.domain.model.events import (
    FACTS,
    REPORTS,
    ActivityRecorded,
    DuplicateReopened,
    Event,
    EventPair,
    EventWithdrawn,
    FiguresPublished,
    ForceJoined,
    PublicationMadePublic,
    RecordedBy,
    RecordedEvent,
)
from service.domain.model.operation import Operation
from service.domain.model.part import Part
from service.domain.model.reference_data import Force
from service.domain.model.vocabulary import RUNNING_TOTAL
from service.errors import Conflict, Forbidden, Invalid

COORDINATOR = "coordinator"


class NotYourForce(Forbidden):
    """A force sent an event for another force; only the operation's coordinator may do that."""

    code = "not_your_force"


class NotYourEvent(Forbidden):
    """A force tried to correct or withdraw an event that another force counts."""

    code = "not_your_event"


class NotCoordinator(Forbidden):
    """Only a coordinator whose force leads the operation may open, change, close or reopen it."""

    code = "not_coordinator"


class IdTaken(Conflict):
    """The event id was first used by another force."""

    code = "id_taken"


class ContentDiffers(Conflict):
    """The event id is recorded with other content; the pointer names the first field that differs."""

    code = "content_differs"


class AlreadyCorrected(Conflict):
    """Only the standing version of an event can be corrected; `corrected_by` names the event that replaced this one."""

    code = "already_corrected"


class AlreadyWithdrawn(Conflict):
    """The event has been withdrawn, which is final."""

    code = "already_withdrawn"


class UnknownEvent(Invalid):
    """The operation has no event with this id."""

    code = "unknown_event"


class NotCorrectable(Invalid):
    """Only arrests, seizures and activities can be corrected or withdrawn."""

    code = "not_correctable"


class CorrectionChangesForce(Invalid):
    """A correction cannot change the force. If the force is wrong, withdraw the event and record it again."""

    code = "correction_changes_force"


class CorrectionChangesType(Invalid):
    """A correction cannot change the type. If the type is wrong, withdraw the event and record it again."""

    code = "correction_changes_type"


class NotARunningTotal(Invalid):
    """A running total replaces an earlier tally of the same measure and category with one that is not less."""

    code = "not_a_running_total"


class NotAPair(Invalid):
    """Only two arrests or two seizures can be one event counted twice."""

    code = "not_a_pair"


class NotAPublication(Invalid):
    """Only a publication of the operation can be made public."""

    code = "not_a_publication"


@dataclass(frozen=True, slots=True)
class LogHistory:
    """The part of a log that a decision needs: events by id, and the event that corrected each."""

    recorded: dict[UUID, RecordedEvent]
    corrected_by: dict[UUID, RecordedEvent]

    def add(self, recorded: RecordedEvent) -> None:
        """Add a recorded event, so that later items of the same request see it."""
        self.recorded[recorded.event.id] = recorded
        if recorded.event.corrects is not None:
            self.corrected_by[recorded.event.corrects] = recorded


def replay_of(event: Event, operation: Operation, history: LogHistory, sender: RecordedBy) -> RecordedEvent | None:
    """Return the recorded event that this one repeats; None if its id is new.

    Raises:
        NotYourForce: the sender may not record for the event's force.
        IdTaken, ContentDiffers: the id is in use by another force, or with other content.
    """
    is_coordinator = _is_coordinator(sender, operation)
    if event.force != sender.force and not is_coordinator:
        raise NotYourForce(f"This credential records for {sender.force} only.", pointer="/force")
    earlier = history.recorded.get(event.id)
    if earlier is None:
        return None
    if sender.force not in (earlier.event.force, earlier.recorded_by.force) and not is_coordinator:
        raise IdTaken("This event id is in use. Make a new UUID for each event.", pointer="/id")
    _refuse_other_content(event, earlier)
    return earlier


def accept(
    event: Event,
    operation: Operation,
    history: LogHistory,
    *,
    sender: RecordedBy,
    recorded_at: datetime,
    forces: Mapping[str, Force],
    from_a_log: bool = False,
) -> Event:
    """Check a new event and return it as it is recorded.

    An event `from_a_log` was recorded before, under the drug list of its time.

    Raises:
        NotCoordinator: only the operation's coordinator may send setup events.
        UnknownEvent, NotCorrectable, AlreadyCorrected, AlreadyWithdrawn, NotYourEvent, CorrectionChangesForce,
            CorrectionChangesType: it cannot correct the event that it names.
        NotARunningTotal, OperationIsClosed: it is no later running total of the tally that it names.
        UnknownEvent, NotAPair, AlreadyCorrected, AlreadyWithdrawn: it cannot rule out, or reopen, the pair it names.
        NotAPublication: it makes public what is no publication of this log.
        RecordError: an error of `check_report` or `check_setup`.
    """
    is_coordinator = _is_coordinator(sender, operation)
    if event.corrects is not None:
        _check_correction(event, event.corrects, history, is_coordinator=is_coordinator)
        if event.correction_reason == RUNNING_TOTAL:
            _check_running_total(event, history.recorded[event.corrects].event, operation)
    if _is_whole(event) and not is_coordinator:
        raise NotCoordinator(f"Only a coordinator of {operation.lead_force} may state a whole of all forces.")
    if isinstance(event.data, REPORTS):
        check_report(event, operation, recorded_at, forces, from_a_log=from_a_log)
        return event
    if not is_coordinator:
        raise NotCoordinator(f"Only a coordinator of {operation.lead_force} may change {operation.operation}.")
    require_own(event, sender)
    if isinstance(event.data, EventPair):
        _check_finding(event.data, history)
        return event
    if isinstance(event.data, PublicationMadePublic):
        _check_publication(event.data, history)
        return event
    return check_setup(event, operation, forces)


def require_own(event: Event, sender: RecordedBy) -> None:
    """Refuse an event that changes an operation and is not of the force that sends it. The service makes none.

    Its force reads it, as a publication under embargo, and who opened an operation leads it.

    Raises:
        NotYourForce.
    """
    if event.force != sender.force:
        raise NotYourForce(f"Expected an event of {sender.force}, which leads the operation.", pointer="/force")


def first_difference(one: Any, other: Any, pointer: str = "") -> str | None:
    """Return a JSON pointer to the first field in which two events, or parts of events, differ; None if equal."""
    if one == other:
        return None
    if isinstance(one, Part) and type(one) is type(other):
        pairs = [(item.encode_name, getattr(one, item.name), getattr(other, item.name)) for item in fields(one)]
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        pairs = [(str(index), mine, theirs) for index, (mine, theirs) in enumerate(zip(one, other, strict=True))]
    else:
        return pointer
    differences = (first_difference(mine, theirs, f"{pointer}/{name}") for name, mine, theirs in pairs)
    return next(found for found in differences if found is not None)


def check_pair(pair: EventPair, histories: Sequence[LogHistory]) -> list[RecordedEvent]:
    """Return the two events of a pair, given the log history of each. Pointers refer to the flat body.

    A pair that is reopened was checked when it was ruled out, and may have been corrected since.

    Raises:
        UnknownEvent: an event does not exist.
        AlreadyCorrected, AlreadyWithdrawn: an event of a pair to rule out is not a standing version.
        NotAPair: the two cannot be one event.
    """
    events = []
    for index, (event_id, history) in enumerate(zip(pair.events, histories, strict=True)):
        if event_id not in history.recorded:
            where = pair.operations[index] if pair.operations else "this operation"
            raise UnknownEvent(f"No event {event_id} in {where}.", pointer=f"/events/{index}")
        corrected_by = history.corrected_by.get(event_id)
        if corrected_by is not None and not isinstance(pair, DuplicateReopened):
            _refuse_second_correction(corrected_by, f"/events/{index}")
        events.append(history.recorded[event_id])
    one, other = (recorded.event for recorded in events)
    is_one_event = len(set(pair.events)) == 1 and not pair.operations
    if is_one_event or one.type != other.type or not isinstance(one.data, COMPARED):
        raise NotAPair(
            f"Expected two arrests or two seizures; found {one.type} of {one.force} and {other.type} of {other.force}"
            f"{', the same event' if is_one_event else ''}.",
            pointer="/events",
        )
    return events


def _is_whole(event: Event) -> bool:
    return isinstance(event.data, ActivityRecorded) and event.data.whole


def _is_coordinator(sender: RecordedBy, operation: Operation) -> bool:
    return sender.role == COORDINATOR and sender.force == operation.lead_force


def _refuse_other_content(event: Event, earlier: RecordedEvent) -> None:
    pointer = first_difference(event, _as_sent(earlier.event, event))
    if pointer is None:
        return
    raise ContentDiffers(
        f"Event {event.id} is recorded as seq {earlier.seq} with a different value for this field. "
        "To change it, send a correction with a new id.",
        pointer=_pointer_in_body(pointer, event),
        seq=earlier.seq,
    )


def _pointer_in_body(pointer: str, event: Event) -> str:
    """Return the pointer into the body as sent: the coordinator's bodies are flat, without `data`."""
    if pointer == "/data":
        return "/type"
    return pointer if isinstance(event.data, REPORTS) else pointer.removeprefix("/data")


def _as_sent(earlier: Event, event: Event) -> Event:
    """Return a recorded event without the fields that the service filled in and that this sender also left out."""
    if type(earlier.data) is not type(event.data) or not isinstance(
        earlier.data, ForceJoined | FiguresPublished | EventPair
    ):
        return earlier
    left_out = {name: empty for name in earlier.data.filled_in if not (empty := getattr(event.data, name))}
    return replace(earlier, data=replace(earlier.data, **left_out))


def _check_correction(event: Event, corrects: UUID, history: LogHistory, *, is_coordinator: bool) -> None:
    target = history.recorded.get(corrects)
    if target is None:
        raise UnknownEvent(f"No event {corrects} in this operation.", pointer="/corrects")
    if target.event.force != event.force:
        if not is_coordinator:
            raise NotYourEvent(
                "Another force counts this event; only that force or the coordinator may correct or withdraw it.",
                pointer="/corrects",
            )
        raise CorrectionChangesForce(
            f"A correction cannot change the force: expected {target.event.force}; found {event.force}. "
            "If the force is wrong, withdraw the event and record it again.",
            pointer="/force",
        )
    if _is_whole(target.event) and not is_coordinator:
        raise NotYourEvent(
            "This event is a whole of all forces; only the coordinator may correct or withdraw it.", pointer="/corrects"
        )
    if not isinstance(target.event.data, FACTS):
        raise NotCorrectable(
            f"Only arrests, seizures and activities can be corrected or withdrawn; {corrects} is {target.event.type}.",
            pointer="/corrects",
        )
    if corrected_by := history.corrected_by.get(corrects):
        _refuse_second_correction(corrected_by, "/corrects")
    if not isinstance(event.data, EventWithdrawn | type(target.event.data)):
        raise CorrectionChangesType(
            f"A correction cannot change the type: expected {target.event.type}; found {event.type}. "
            "If the type is wrong, withdraw the event and record it again.",
            pointer="/type",
        )


def _check_running_total(event: Event, earlier: Event, operation: Operation) -> None:
    """Check that an event is a later running total of an earlier tally.

    It states new facts, which a closed operation does not accept.
    """
    before, after = earlier.data, event.data
    if not isinstance(after, ActivityRecorded) or not isinstance(before, ActivityRecorded):
        raise NotARunningTotal(
            f"Only an activity can replace another as a running total; found {event.type} for {earlier.type}. "
            "Send another correction_reason.",
            pointer="/correction_reason",
        )
    if (before.measure, before.category, before.whole) != (after.measure, after.category, after.whole):
        raise NotARunningTotal(
            f"Expected the measure and category that it replaces: {_counted(before)}; found {_counted(after)}. "
            "If the earlier one was wrong, send correction_reason mistake or reclassified.",
            pointer="/data/measure" if before.measure != after.measure else "/data/category",
        )
    if after.quantity < before.quantity and not _may_be_more(before, after):
        raise NotARunningTotal(
            f"Expected {before.quantity:,} or more, the running total so far; found {after.quantity:,}. "
            "If the earlier one was wrong, send correction_reason mistake.",
            pointer="/data/quantity",
        )
    if operation.closed:
        raise OperationIsClosed(
            f"{operation.operation} is closed, and a running total states new facts. Its coordinator can reopen it."
        )


def _counted(activity: ActivityRecorded) -> str:
    counted = activity.measure if activity.category is None else f"{activity.measure} {activity.category}"
    return f"{counted} as a whole of all forces" if activity.whole else counted


def _may_be_more(before: ActivityRecorded, after: ActivityRecorded) -> bool:
    """Return whether a smaller number can stand for a larger quantity: at least 50 after about 60."""
    is_estimate = "about" in (before.qualifier, after.qualifier)
    return is_estimate or BOUNDS.get(before.qualifier) is Side.UPPER or BOUNDS.get(after.qualifier) is Side.LOWER


def _check_finding(pair: EventPair, history: LogHistory) -> None:
    """Check the pair that a finding rules out or reopens.

    Events of other logs were checked against those logs; an import cannot check them and accepts them as given.
    """
    if len(pair.operations) not in (0, 2) or len(pair.first_seqs) != len(pair.operations):
        raise NotAPair(
            f"Expected an operation for each of the two events, or none; found {len(pair.operations)}.",
            pointer="/operations",
        )
    if not pair.operations:
        check_pair(pair, (history, history))


def _check_publication(made_public: PublicationMadePublic, history: LogHistory) -> None:
    named = made_public.publication
    found = None if named is None else history.recorded.get(named)
    if found is None or not isinstance(found.event.data, FiguresPublished):
        raise NotAPublication(
            f"Expected the id of a figures.published of this operation; found {named}.", pointer="/publication"
        )


def _refuse_second_correction(corrected_by: RecordedEvent, pointer: str) -> None:
    found: dict[str, Any] = {"corrected_by": str(corrected_by.event.id), "seq": corrected_by.seq}
    if isinstance(corrected_by.event.data, EventWithdrawn):
        raise AlreadyWithdrawn(
            f"The event was withdrawn at seq {corrected_by.seq}, which is final.", pointer=pointer, **found
        )
    raise AlreadyCorrected(
        f"This version was corrected at seq {corrected_by.seq}. Use event {corrected_by.event.id} instead.",
        pointer=pointer,
        **found,
    )
