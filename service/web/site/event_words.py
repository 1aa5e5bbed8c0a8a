"""An event in one line of plain words, as the list of what came in last shows it."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.counting.figures import EXACT, WORDS, display
from service.domain.model.currencies import amount
from service.domain.model.days import ONE_DAY
from service.domain.model.events import (
    ActivityRecorded,
    AmmunitionLine,
    ArrestRecorded,
    CashLine,
    DrugLine,
    DuplicateReopened,
    DuplicateRuledOut,
    EventWithdrawn,
    FiguresPublished,
    ForceAmended,
    ForceJoined,
    ForceLeft,
    MeasureRegistered,
    OfWhich,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    OtherPropertyLine,
    PartAccepted,
    PartRemoved,
    PhoneLine,
    PublicationMadePublic,
    RecordedEvent,
    ReturnDeclared,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import HOME_CURRENCY, UNSTATED, Qualifier
from service.web.site import return_words, words

ABOUT_THE_OPERATION = {
    OperationOpened.wire_type: "opened the operation",
    OperationAmended.wire_type: "changed the operation",
    OperationClosed.wire_type: "closed the operation",
    OperationReopened.wire_type: "reopened the operation",
    DuplicateRuledOut.wire_type: "ruled out a possible duplicate",
    DuplicateReopened.wire_type: "took back that a possible duplicate was ruled out",
    PublicationMadePublic.wire_type: "made a publication public",
    EventWithdrawn.wire_type: "withdrew an event",
}
NOUNS: dict[type[SeizureLine], str] = {
    WeaponLine: "weapon",
    AmmunitionLine: "round",
    VehicleLine: "vehicle",
    PhoneLine: "phone",
    OtherPropertyLine: "other item",
}


def force_of(recorded: RecordedEvent, operation: Operation) -> str:
    """Return the name of the force whose event this is."""
    return force_name(recorded.event.force, operation)


def force_name(force: str, operation: Operation) -> str:
    """Return the name of a force in an operation."""
    participant = operation.participants.get(force)
    return force if participant is None else participant.name


def in_words(recorded: RecordedEvent, operation: Operation) -> str:
    """Return what an event says, without its force and time: `2 arrests, drugs`."""
    data = recorded.event.data
    said = _said(data, operation)
    is_correction = recorded.event.corrects is not None and not isinstance(data, EventWithdrawn)
    return f"correction: {said}" if is_correction else said


def tallied(activity: ActivityRecorded, measure: Measure) -> str:
    """Return the number of a tally: `40`, `about 40 kg, rounded to 1 kg`, `30 to 40`."""
    is_range = activity.to is not None
    qualifier = "about" if activity.rounded_to else "at_least" if is_range else activity.qualifier
    said = display(activity.quantity, measure.unit, qualifier, activity.category, most=activity.to)
    if activity.rounded_to:
        said += f", rounded to {display(activity.rounded_to, measure.unit, 'exact', activity.category)}"
    return said


def parts_of(activity: ActivityRecorded, operation: Operation) -> list[str]:
    """Return the parts of a tally: `Surrey Police, knife: 12`."""
    unit = operation.measures[activity.measure].unit
    return [
        f"{_of_which(part, operation)}: {display(part.quantity, unit, part.qualifier, part.category)}"
        for part in activity.of_which
    ]


def _of_which(part: OfWhich, operation: Operation) -> str:
    force = force_name(part.force, operation) if part.force else ""
    category = words.category_in_sentence(part.category) if part.category else ""
    return ", ".join(one for one in (force, category) if one)


def _said(data: object, operation: Operation) -> str:
    match data:
        case ArrestRecorded():
            said = _qualified(data.qualifier, words.counted(data.count, "arrest"))
            said += "" if data.reason == UNSTATED else f", {words.category_in_sentence(data.reason)}"
        case SeizureRecorded():
            said = f"seizure of {words.listed(_lines(data.lines))}"
        case ActivityRecorded():
            measure = operation.measures[data.measure]
            said = f"{measure.label}, {tallied(data, measure)}{', all forces' if data.whole else ''}"
            said += f", of which {'; '.join(parts_of(data, operation))}" if data.of_which else ""
        case ReturnDeclared():
            covers = return_words.covered(data.measures, operation)
            first, before = data.bounds
            days = words.day_and_weekday(first) if data.day else words.period(first, before - ONE_DAY)
            said = f"return for {days}, {data.status}{f' for {covers}' if covers else ''}"
        case _:
            said = _said_of_the_operation(data, operation)
    return said


def _said_of_the_operation(data: object, operation: Operation) -> str:
    match data:
        case ForceJoined():
            said = f"added {data.name or data.force}"
            said += f", the group of {words.listed(data.members)}" if data.members else ""
        case ForceLeft():
            said = f"removed {data.force}"
        case ForceAmended():
            said = f"corrected {data.name or data.force}"
        case MeasureRegistered():
            said = f"added the measure {operation.measures[data.measure].label}"
        case PartAccepted():
            said = f"added the part {data.part}"
        case PartRemoved():
            said = f"took out the part {data.part}"
        case FiguresPublished():
            said = f"published {data.label} figures"
        case _:
            wire_type = str(getattr(data, "wire_type", "event"))
            said = ABOUT_THE_OPERATION.get(wire_type, wire_type.replace(".", " ").replace("_", " "))
    return said


def _lines(lines: Sequence[SeizureLine]) -> list[str]:
    """Return the lines of a seizure; counts of one kind are added up, and drugs are named once."""
    counts: dict[type[SeizureLine], int] = {}
    said: dict[str, None] = {}
    for line in lines:
        if isinstance(line, CashLine | DrugLine | AmmunitionLine) or line.qualifier != EXACT:
            said[_line(line)] = None
        else:
            counts[type(line)] = counts.get(type(line), 0) + line.count
    return [*(words.counted(number, NOUNS[kind]) for kind, number in counts.items()), *said]


def _line(line: SeizureLine) -> str:
    if isinstance(line, CashLine):
        if line.currency == HOME_CURRENCY:
            return display(line.amount_minor, "pence", line.qualifier)
        return _qualified(line.qualifier, amount(line.amount_minor, line.currency))
    if isinstance(line, DrugLine):
        return "drugs"
    number = line.rounds if isinstance(line, AmmunitionLine) else line.count
    return _qualified(line.qualifier, words.counted(number, NOUNS[type(line)]))


def _qualified(qualifier: Qualifier, number: str) -> str:
    return WORDS[qualifier].format(number)
