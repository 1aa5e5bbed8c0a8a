"""The sentences of the pages of events: what a list shows, how an event stands, and what has just happened to it."""

from __future__ import annotations

from typing import NamedTuple

from service.domain.counting.selection import Selection
from service.domain.model.events import (
    ActivityRecorded,
    ArrestRecorded,
    EventWithdrawn,
    RecordedBy,
    RecordedEvent,
    ReturnDeclared,
    SeizureRecorded,
)
from service.domain.model.operation import Operation
from service.usecases.overview.events import EventList
from service.usecases.overview.versions import Versions
from service.web.forms.fact import REASONS
from service.web.site import words

NAMES = {
    ArrestRecorded.wire_type: "Arrest",
    SeizureRecorded.wire_type: "Seizure",
    ActivityRecorded.wire_type: "Tally",
    ReturnDeclared.wire_type: "Return",
    EventWithdrawn.wire_type: "Withdrawal",
}
REASON_TEXTS = {option.value: option.text for option in REASONS}


class Banner(NamedTuple):
    """What has just happened, and whether it is good news. `ask_for_new` leads to the newest version."""

    text: str
    is_success: bool
    ask_for_new: bool = False


def title_of(selection: Selection, operation: Operation) -> str:
    """Return the title of a list: `Events`, `Arrests: knife`."""
    if not selection.measures:
        return "Events"
    measure = operation.measures.get(selection.measures[0])
    label = "Events" if measure is None else measure.label[:1].upper() + measure.label[1:]
    category = f": {words.category_in_sentence(selection.categories[0])}" if selection.categories else ""
    return label + category


def summary(found: EventList) -> str:
    """Return how a figure comes about: `19, from 17 events`, and what no longer counts."""
    standing, replaced = found.standing or 0, found.replaced or 0
    events = words.counted(standing, "event")
    said = f"{found.figure.display}, from {events}." if found.figure else f"{events}."
    if replaced == 1:
        return f"{said} One other was corrected or withdrawn, and no longer counts."
    return f"{said} {replaced} others were corrected or withdrawn, and no longer count." if replaced else said


def name_of(recorded: RecordedEvent) -> str:
    """Return what kind of event this is, with its number: `Arrest, event 12`."""
    return f"{NAMES.get(recorded.event.type, 'Change')}, event {recorded.seq}"


def by(recorded_by: RecordedBy, operation: Operation) -> str:
    """Return who recorded an event: `Surrey Police, force`."""
    participant = operation.participants.get(recorded_by.force)
    return f"{recorded_by.force if participant is None else participant.name}, {recorded_by.role}"


def reason(recorded: RecordedEvent) -> str:
    """Return why an event corrects or withdraws another; empty if it does not."""
    return REASON_TEXTS.get(recorded.event.correction_reason or "", "")


def too_late(found: Versions) -> str:
    """Return who was first with a correction: `Kent Police corrected this at 9:12pm`."""
    last = found.last.recorded
    participant = found.operation.participants.get(last.recorded_by.force)
    who = last.recorded_by.force if participant is None else participant.name
    did = "withdrew" if found.is_withdrawn else "corrected"
    moment = words.moment(last.recorded_at, found.moment)
    return f"{who} {did} this {moment.removeprefix('today ') if moment.startswith('today') else moment}."


def banner(recorded: str, found: Versions) -> Banner | None:
    """Return what to say about an event that a person has just sent; None if they only look."""
    asked = found.asked.recorded
    moment = words.moment(asked.recorded_at, found.moment)
    on = f"on {moment}" if moment[0].isdigit() else moment
    match recorded:
        case "now":
            return Banner(f"{_done(asked)} It is event {asked.seq}, recorded {moment}.", is_success=True)
        case "again":
            return Banner(f"Already recorded {on}. Not counted twice.", is_success=True)
        case "differs":
            text = f"Already recorded {on}, with other answers. What you sent now was not recorded: correct it instead."
            return Banner(text, is_success=False)
        case "late" if len(found.versions) > 1:
            return Banner(too_late(found), is_success=False, ask_for_new=True)
    return None


def _done(recorded: RecordedEvent) -> str:
    if isinstance(recorded.event.data, EventWithdrawn):
        return "Withdrawn."
    name = NAMES.get(recorded.event.type, "Event")
    return f"{name} corrected." if recorded.event.corrects else f"{name} recorded."
