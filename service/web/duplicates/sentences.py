"""The sentences of a pair: how alike its events are, what each answer does, and what to ask each force."""

from __future__ import annotations

from typing import NamedTuple

from service.domain.counting.completeness import DONE, NONE
from service.domain.duplicates.evidence import Evidence
from service.domain.duplicates.pairs import CERTAIN, LIKELY
from service.domain.duplicates.ranking import AMOUNTS
from service.domain.duplicates.repeats import REPEATED
from service.domain.model.events import ArrestRecorded, RecordedEvent
from service.domain.model.operation import Operation
from service.usecases.overview.duplicates import OpenPair, PairSide, Ruling
from service.usecases.querying.possible_duplicates import PossibleDuplicate
from service.web.duplicates import comparison
from service.web.site import event_words, words

NUMBERS = {1: "one", 2: "two"}
CERTAINTIES = {CERTAIN: "certain", REPEATED: "recorded twice", LIKELY: "likely"}
LEADS = {CERTAIN: "Certain: both give the same incident key.", REPEATED: "Both say the same.", LIKELY: "Likely."}


class ForceQuestion(NamedTuple):
    """A text to send to a force about its own event. It says nothing about the other event of the pair."""

    heading: str
    text: str


def title(pair: PossibleDuplicate) -> str:
    """Return the question that a pair asks."""
    return f"Are these the same {comparison.noun(pair.events[0].event)}?"


def summary(pair: PossibleDuplicate) -> str:
    """Return a pair in a line of a list: `Arrest: likely`."""
    noun = comparison.noun(pair.events[0].event)
    return f"{noun[:1].upper()}{noun[1:]}: {CERTAINTIES[pair.certainty]}"


def forces(events: tuple[RecordedEvent, ...], operation: Operation) -> str:
    """Return the forces of a pair: `Surrey Police and Kent Police`."""
    return words.listed([_whose(one, events, operation) for one in events])


def where_and_when(recorded: RecordedEvent) -> str:
    """Return when and where an event was: `Tuesday 14 May 2024, 9:10pm, M25`."""
    place = comparison.place(recorded.event)
    said = comparison.when(recorded.event)
    return said if place == comparison.NOT_GIVEN else f"{said}, {place}"


def lead(found: OpenPair) -> str:
    """Return why the two events may be one: how alike they are, in one or two sentences."""
    one, other = found.pair.events
    evidence, noun = found.pair.evidence, comparison.noun(one.event)
    parties = "Two forces" if one.event.force != other.event.force else "One force"
    number = {True: f"{'an' if noun == 'arrest' else 'a'} {noun}", False: f"the same {noun} twice"}
    said = f"{parties} recorded {number[one.event.force != other.event.force]}"
    data = one.event.data
    if isinstance(data, ArrestRecorded) and data.reason in evidence.categories:
        said += f" for {words.category_in_sentence(data.reason)}"
    said += f" at {comparison.place(one.event)}" if evidence.place is not None else ""
    said += f", {_when(evidence)}" if _when(evidence) else ""
    assisting = [
        f"{event_words.force_of(a, found.all_pairs.operation)} says that "
        f"{event_words.force_of(b, found.all_pairs.operation)} assisted"
        for a, b in ((one, other), (other, one))
        if b.event.force in a.event.assisting and a.event.force != b.event.force
    ]
    said += f", and {words.listed(assisting)}" if assisting else ""
    return f"{LEADS[found.pair.certainty]} {said}. {AMOUNTS[evidence.amounts]}"


def two_events(found: OpenPair) -> str:
    """Return the answer that the events are two."""
    return f"They are two {comparison.noun(found.pair.events[0].event)}s"


def one_event(found: OpenPair, side: int) -> str:
    """Return the answer that the events are one, and that of this side is withdrawn."""
    mine, other = found.sides[side], found.sides[1 - side]
    return f"They are one: keep {whose(found, other)}, withdraw {whose(found, mine)}"


def effect(found: OpenPair, side: int) -> str:
    """Return what the withdrawal of an event does to the figures and to the return of its day."""
    mine = found.sides[side]
    force = event_words.force_of(mine.recorded, found.all_pairs.operation)
    said = [
        f"{one.label[:1].upper()}{one.label[1:]}: all forces {one.all_before} to {one.all_after}, "
        f"{force} {one.force_before} to {one.force_after}."
        for one in mine.effects
    ]
    return " ".join((*said, _return(mine, force)))


def whose(found: OpenPair, side: PairSide) -> str:
    """Return whose event one side is: `Surrey Police’s`; of two events of one force, `the one in Operation North`."""
    if found.pair.certainty == REPEATED:
        return f"event {side.recorded.seq}"
    if len({one.recorded.event.force for one in found.sides}) == 1:
        return f"the one in {side.operation.name}"
    return f"{event_words.force_of(side.recorded, found.all_pairs.operation)}’s"


def questions(found: OpenPair) -> list[ForceQuestion]:
    """Return the text for each force. Neither names the other force, its place, its time or its event.

    For two events of one force, return one text that names both.
    """
    operation = found.all_pairs.operation
    if found.pair.certainty == REPEATED:
        return [_question_of_repeat(found)]
    asked = []
    for side in found.sides:
        force, noun = event_words.force_of(side.recorded, operation), comparison.noun(side.recorded.event)
        event = f"your event {side.recorded.seq} in {side.operation.name} is {comparison.what(side.recorded.event)}"
        text = (
            f"{force}: {event}, {where_and_when(side.recorded)}. It may be recorded twice in the operation. "
            f"Was it your own {noun}, or did you take part in the {noun} of another force? If another force counts it, "
            "withdraw yours with the reason ‘duplicate’, or tell us and we will."
        )
        asked.append(ForceQuestion(force, text))
    return asked


def asks(pair: PossibleDuplicate) -> str:
    """Return the answer that somebody must be asked first."""
    return "I need to ask the force" if pair.certainty == REPEATED else "I need to ask the forces"


def because(pair: PossibleDuplicate) -> str:
    """Return why a pair has its place in the list."""
    return AMOUNTS[pair.evidence.amounts]


def ruled_out(ruling: Ruling, operation: Operation) -> str:
    """Return a pair that was ruled out, in a line: `Arrest: Surrey Police and Kent Police`."""
    noun = comparison.noun(ruling.events[0].event)
    return f"{noun[:1].upper()}{noun[1:]}: {forces(ruling.events, operation)}"


def return_of(side: PairSide) -> str:
    """Return the state of the return for the day of an event, for a cell: `Reopened`, `No return`."""
    declared = side.declared
    return "No return" if declared is None or declared.status == NONE else declared.status.capitalize()


def _question_of_repeat(found: OpenPair) -> ForceQuestion:
    one, other = found.pair.events
    force, noun = event_words.force_of(one, found.all_pairs.operation), comparison.noun(one.event)
    text = (
        f"{force}: your events {one.seq} and {other.seq} in {found.sides[0].operation.name} say the same: "
        f"{comparison.what(one.event)}, {where_and_when(one)}. Are they two {noun}s, or one that was sent twice, "
        "such as by a system and in a spreadsheet? If they are one, withdraw one of them with the reason ‘duplicate’, "
        "or tell us and we will."
    )
    return ForceQuestion(force, text)


def _whose(one: RecordedEvent, events: tuple[RecordedEvent, ...], operation: Operation) -> str:
    force = event_words.force_of(one, operation)
    if len({event.event.force for event in events}) > 1:
        return force
    is_one_log = len({event.operation for event in events}) == 1
    return f"event {one.seq} of {force}" if is_one_log else f"{force} in {one.operation}"


def _when(evidence: Evidence) -> str:
    if evidence.seconds_apart is not None:
        return comparison.apart(evidence.seconds_apart)
    return "on the same day" if "day" in evidence.same else ""


def _return(side: PairSide, force: str) -> str:
    declared = side.declared
    if declared is None or declared.status == NONE:
        return ""
    becomes = "becomes reopened" if declared.status in DONE else f"stays {declared.status}"
    return f"{force}’s return for {words.weekday(declared.day)} {becomes}."
