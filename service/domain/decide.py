"""Whether an event may be recorded: pure decisions over what the log holds. No clock, no database.

`replay_of` finds an event that is recorded already; `accept` lets a new one pass or raises the mistake. The rules of
each kind of event are in `check_report` and `check_setup`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import fields, replace

from service.domain.check_report import check_report
from service.domain.check_setup import check_setup
from service.domain.events import (
    FACTS,
    REPORTS,
    DuplicateRuledOut,
    Event,
    EventWithdrawn,
    FiguresPublished,
    ForceJoined,
    RecordedBy,
    RecordedEvent,
)
from service.domain.operation import Operation
from service.domain.part import Part
from service.domain.reference_data import Force
from service.domain.sightings import COMPARED
from service.errors import Conflict, Forbidden, Invalid

COORDINATOR = "coordinator"


class NotYourForce(Forbidden):
    """A force sent an event in the name of another force; only the operation's coordinator may."""

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
    """Only the standing version of an event can be corrected; this version has been corrected by the event named."""

    code = "already_corrected"


class AlreadyWithdrawn(Conflict):
    """The event has been withdrawn, which is final."""

    code = "already_withdrawn"


class UnknownEvent(Invalid):
    """There is no event of this id in this operation."""

    code = "unknown_event"


class NotCorrectable(Invalid):
    """Only arrests, seizures and activities can be corrected or withdrawn."""

    code = "not_correctable"


class CorrectionChangesForce(Invalid):
    """A correction keeps the force. For a wrong force: withdraw the event and record it anew."""

    code = "correction_changes_force"


class CorrectionChangesType(Invalid):
    """A correction keeps the type. For a wrong type: withdraw the event and record it anew."""

    code = "correction_changes_type"


class NotAPair(Invalid):
    """Only two arrests, or two seizures, of two forces or two operations can be one event that was counted twice."""

    code = "not_a_pair"


@dataclass(frozen=True, slots=True)
class History:
    """What a decision needs to know of the log: events by id, and which event corrected which."""

    recorded: dict[UUID, RecordedEvent]
    corrected_by: dict[UUID, RecordedEvent]

    def add(self, recorded: RecordedEvent) -> None:
        """Count this event among what is recorded, so that later items of one request see it."""
        self.recorded[recorded.event.id] = recorded
        if recorded.event.corrects is not None:
            self.corrected_by[recorded.event.corrects] = recorded


def replay_of(event: Event, operation: Operation, history: History, sender: RecordedBy) -> RecordedEvent | None:
    """Return the recorded event of which this is a replay; None if its id is new.

    Raises:
        NotYourForce: the sender may not speak for the event's force.
        IdTaken, ContentDiffers: the id is used by another force, or with other content.
    """
    coordinates = _coordinates(sender, operation)
    if event.force != sender.force and not coordinates:
        raise NotYourForce(f"This credential records for {sender.force} only.", pointer="/force")
    earlier = history.recorded.get(event.id)
    if earlier is None:
        return None
    if sender.force not in (earlier.event.force, earlier.recorded_by.force) and not coordinates:
        raise IdTaken("This event id is in use. Make a new UUID for each event.", pointer="/id")
    _refuse_other_content(event, earlier)
    return earlier


def accept(
    event: Event,
    operation: Operation,
    history: History,
    *,
    sender: RecordedBy,
    recorded_at: datetime,
    forces: Mapping[str, Force],
) -> Event:
    """Return a new event as it is to be recorded.

    Raises:
        NotCoordinator: only the operation's coordinator may send setup events.
        UnknownEvent, NotCorrectable, AlreadyCorrected, AlreadyWithdrawn, NotYourEvent, CorrectionChangesForce,
            CorrectionChangesType: by what it corrects.
        UnknownEvent, NotAPair, AlreadyCorrected, AlreadyWithdrawn: by the pair that it rules out.
        RecordError: one of the mistakes of `check_report` and `check_setup`.
    """
    coordinates = _coordinates(sender, operation)
    if event.corrects is not None:
        _check_correction(event, event.corrects, history, coordinates=coordinates)
    if isinstance(event.data, REPORTS):
        check_report(event, operation, recorded_at, forces)
        return event
    if not coordinates:
        raise NotCoordinator(f"Only a coordinator of {operation.lead_force} may change {operation.operation}.")
    if isinstance(event.data, DuplicateRuledOut):
        _check_finding(event.data, history)
        return event
    return check_setup(event, operation, forces)


def difference(one: Any, other: Any, pointer: str = "") -> str | None:
    """Return a JSON pointer to the first place where two events, or parts of events, differ; None if they are equal."""
    if one == other:
        return None
    if isinstance(one, Part) and type(one) is type(other):
        pairs = [(item.encode_name, getattr(one, item.name), getattr(other, item.name)) for item in fields(one)]
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        pairs = [(str(index), mine, theirs) for index, (mine, theirs) in enumerate(zip(one, other, strict=True))]
    else:
        return pointer
    found = (difference(mine, theirs, f"{pointer}/{name}") for name, mine, theirs in pairs)
    return next(place for place in found if place is not None)


def check_pair(pair: DuplicateRuledOut, histories: Sequence[History]) -> list[RecordedEvent]:
    """Return the two events of a finding, given the history of each one's log. Pointers lead into the flat body.

    Raises:
        UnknownEvent, AlreadyCorrected, AlreadyWithdrawn: one of them does not stand.
        NotAPair: they could not be one.
    """
    named = []
    for index, (event_id, history) in enumerate(zip(pair.events, histories, strict=True)):
        if event_id not in history.recorded:
            where = pair.operations[index] if pair.operations else "this operation"
            raise UnknownEvent(f"There is no event {event_id} in {where}.", pointer=f"/events/{index}")
        if corrected_by := history.corrected_by.get(event_id):
            _refuse_second_correction(corrected_by, f"/events/{index}")
        named.append(history.recorded[event_id])
    one, other = (recorded.event for recorded in named)
    of_one_force = one.force == other.force and not pair.operations
    if of_one_force or one.type != other.type or not isinstance(one.data, COMPARED):
        raise NotAPair(
            "Wanted two arrests or two seizures, of two forces or of two operations; "
            f"found {one.type} of {one.force} and {other.type} of {other.force}.",
            pointer="/events",
        )
    return named


def _coordinates(sender: RecordedBy, operation: Operation) -> bool:
    return sender.role == COORDINATOR and sender.force == operation.lead_force


def _refuse_other_content(event: Event, earlier: RecordedEvent) -> None:
    where = difference(event, _as_sent(earlier.event, event))
    if where is None:
        return
    raise ContentDiffers(
        f"Event {event.id} is recorded as seq {earlier.seq} with another value here. "
        "To change it, send a correction with an id of its own.",
        pointer=_as_pointer(where, event),
        seq=earlier.seq,
    )


def _as_pointer(where: str, event: Event) -> str:
    """Return where a difference is in what was sent: the coordinator's bodies are flat, without `data`."""
    if where == "/data":
        return "/type"
    return where if isinstance(event.data, REPORTS) else where.removeprefix("/data")


def _as_sent(earlier: Event, event: Event) -> Event:
    """Leave out of a recorded event what the service filled in and this sender left out too."""
    if type(earlier.data) is not type(event.data) or not isinstance(
        earlier.data, ForceJoined | FiguresPublished | DuplicateRuledOut
    ):
        return earlier
    left_out = {name: empty for name in earlier.data.filled_in if not (empty := getattr(event.data, name))}
    return replace(earlier, data=replace(earlier.data, **left_out))


def _check_correction(event: Event, corrects: UUID, history: History, *, coordinates: bool) -> None:
    target = history.recorded.get(corrects)
    if target is None:
        raise UnknownEvent(f"This operation has no event {corrects}.", pointer="/corrects")
    if target.event.force != event.force:
        if not coordinates:
            raise NotYourEvent("Another force counts this event; only it or the coordinator may.", pointer="/corrects")
        raise CorrectionChangesForce(
            f"A correction keeps the force: wanted {target.event.force}, found {event.force}. "
            "For a wrong force, withdraw the event and record it anew.",
            pointer="/force",
        )
    if not isinstance(target.event.data, FACTS):
        raise NotCorrectable(
            f"Arrests, seizures and activities can be corrected; {corrects} is {target.event.type}.",
            pointer="/corrects",
        )
    if corrected_by := history.corrected_by.get(corrects):
        _refuse_second_correction(corrected_by, "/corrects")
    if not isinstance(event.data, EventWithdrawn | type(target.event.data)):
        raise CorrectionChangesType(
            f"A correction keeps the type: wanted {target.event.type}, found {event.type}. "
            "For a wrong type, withdraw the event and record it anew.",
            pointer="/type",
        )


def _check_finding(pair: DuplicateRuledOut, history: History) -> None:
    """Refuse what rules out no pair. Events of other logs were checked there; an import cannot, and takes them so."""
    if len(pair.operations) not in (0, 2) or len(pair.first_seqs) != len(pair.operations):
        raise NotAPair("Wanted an operation for each of the two events, or none.", pointer="/operations")
    if not pair.operations:
        check_pair(pair, (history, history))


def _refuse_second_correction(corrected_by: RecordedEvent, pointer: str) -> None:
    found: dict[str, Any] = {"corrected_by": str(corrected_by.event.id), "seq": corrected_by.seq}
    if isinstance(corrected_by.event.data, EventWithdrawn):
        raise AlreadyWithdrawn(f"Withdrawn at seq {corrected_by.seq}, which is final.", pointer=pointer, **found)
    raise AlreadyCorrected(
        f"This version was corrected at seq {corrected_by.seq}. Name event {corrected_by.event.id} instead.",
        pointer=pointer,
        **found,
    )
