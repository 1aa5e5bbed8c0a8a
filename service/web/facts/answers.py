"""A recorded fact as labels and answers, in the words of its form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from service.domain.counting.figures import WORDS, display
from service.domain.model.currencies import amount
from service.domain.model.days import ONE_DAY, london_date
from service.domain.model.events import (
    ActivityRecorded,
    AmmunitionLine,
    ArrestRecorded,
    CashLine,
    DrugLine,
    Event,
    OtherPropertyLine,
    PhoneLine,
    ReturnDeclared,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)
from service.domain.model.operation import Operation
from service.domain.model.reference_data import force_catalogue
from service.domain.model.vocabulary import HOME_CURRENCY, Qualifier
from service.web.forms import choices
from service.web.forms.drugs import drug_text
from service.web.site import words
from service.web.site.event_words import parts_of, tallied

AMOUNTS = (("tablets", "tablet"), ("plants", "plant"), ("wraps", "wrap"))
ACQUIRED = {option.value: option.text.lower() for option in choices.ACQUIRED}
STATUS = {"complete": "Complete", "nil": "Nil", "partial": "Partial, more to come"}


class Answer(NamedTuple):
    """A label and what is recorded under it. `field` is that of its form; lines of a seizure are `lines/0`, ..."""

    label: str
    text: str
    field: str = ""


def answers(event: Event, operation: Operation) -> list[Answer]:
    """Return what an event says, in the order of its form; empty for events that no form records."""
    data = event.data
    if not isinstance(data, ArrestRecorded | SeizureRecorded | ActivityRecorded | ReturnDeclared):
        return []
    found = [*_when(event), *_where(event), *_data(data, operation)]
    if event.assisting:
        names = [_force_name(one, operation) for one in event.assisting]
        found.append(Answer("Forces that assisted", words.listed(names), "assisting"))
    return found


def changes(before: Event, after: Event, operation: Operation) -> list[tuple[str, str, str]]:
    """Return the label, the former and the new text of each answer that differs; empty texts where there is none."""
    former, new = ({one.label: one.text for one in answers(event, operation)} for event in (before, after))
    labels = dict.fromkeys((*former, *new))
    pairs = ((label, former.get(label, ""), new.get(label, "")) for label in labels)
    return [(label, one, other) for label, one, other in pairs if one != other]


def line_text(line: SeizureLine) -> str:
    """Return a line of a seizure in words: `2 weapons, bladed: knife, seized`."""
    match line:
        case WeaponLine():
            acquired = "" if line.acquired == "unstated" else f", {ACQUIRED[line.acquired]}"
            kind = words.category_in_sentence(line.weapon)
            text = f"{_counted(line.qualifier, line.count, 'weapon')}, {kind}{acquired}"
        case VehicleLine():
            ground = words.category_in_sentence(line.ground)
            text = f"{_counted(line.qualifier, line.count, 'vehicle')}, {ground}"
        case PhoneLine():
            text = _counted(line.qualifier, line.count, "phone")
        case AmmunitionLine():
            text = _counted(line.qualifier, line.rounds, "round")
        case OtherPropertyLine():
            text = f"{words.category(line.property)}: {_counted(line.qualifier, line.count, 'item')}"
        case CashLine(currency=currency, amount_minor=minor) if currency != HOME_CURRENCY:
            text = WORDS[line.qualifier].format(amount(minor, currency)) + " in cash"
        case CashLine():
            text = display(line.amount_minor, "pence", line.qualifier) + " in cash"
        case DrugLine():
            text = ", ".join((drug_text(line.drug), *_amounts(line)))
    return text


def _amounts(line: DrugLine) -> Iterator[str]:
    if line.weight_milligrams is not None:
        yield display(line.weight_milligrams, "milligrams", line.qualifier)
    for field, noun in AMOUNTS:
        if (number := getattr(line, field)) is not None:
            yield _counted(line.qualifier, number, noun)
    if line.value_pence is not None:
        yield f"street value {display(line.value_pence, 'pence', line.qualifier)}"


def _tally(data: ActivityRecorded, operation: Operation) -> Iterator[Answer]:
    measure = operation.measures[data.measure]
    yield Answer("What was counted", measure.label[:1].upper() + measure.label[1:], "measure")
    if data.category:
        yield Answer("Of which kind", words.category(data.category), "category")
    yield Answer("How many", tallied(data, measure), "quantity")
    if data.whole:
        yield Answer("Counted for", "all forces together")
    if data.of_which:
        yield Answer("Of which", "; ".join(parts_of(data, operation)))
    if data.occurred_before:
        yield Answer("Until", words.full_moment(data.occurred_before))


def _data(data: object, operation: Operation) -> Iterator[Answer]:
    match data:
        case ArrestRecorded():
            yield Answer("Main reason for the arrest", words.category(data.reason), "reason")
            yield Answer("How many people", display(data.count, "people", data.qualifier), "count")
        case SeizureRecorded():
            for number, line in enumerate(data.lines, start=1):
                yield Answer(
                    f"Seized {number}" if len(data.lines) > 1 else "Seized", line_text(line), f"lines/{number - 1}"
                )
        case ActivityRecorded():
            yield from _tally(data, operation)
        case ReturnDeclared():
            first, before = data.bounds
            yield Answer("Return for", words.dates(first, before - ONE_DAY))
            yield Answer("Declared", STATUS[data.status])
            if data.measures:
                yield Answer("Covers", words.listed([operation.measures[one].label for one in data.measures]))


def _when(event: Event) -> Iterator[Answer]:
    if event.occurred_at is not None:
        yield Answer(
            "When", f"{words.weekday(london_date(event.occurred_at))} {words.full_moment(event.occurred_at)}", "time"
        )
    elif event.occurred_on is not None:
        yield Answer(
            "When",
            f"{words.weekday(event.occurred_on)} {words.long_day(event.occurred_on)}, time not known",
            "date-day",
        )


def _where(event: Event) -> Iterator[Answer]:
    if event.place is not None:
        yield Answer("Place", words.place(event.place), "place")


def _counted(qualifier: Qualifier, number: int, noun: str) -> str:
    return WORDS[qualifier].format(words.counted(number, noun))


def _force_name(force: str, operation: Operation) -> str:
    known = operation.participants.get(force) or force_catalogue().get(force)
    return force if known is None else known.name
