"""What the forms of all facts share: force, time, place, who assisted; and the event that a form records."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from service.domain.model.events import Event
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import RUNNING_TOTAL
from service.web.forms import choices, when
from service.web.forms.questions import Json, Option, Question, QuestionGroup, Setting, Typed
from service.web.site.typed import Mistake

REASONS = (
    Option("mistake", "It was a mistake"),
    Option("duplicate", "It was counted twice"),
    Option("other_force", "Another force counts it"),
    Option("de_arrested", "The person was de-arrested"),
    Option("reclassified", "It was put into another category"),
    Option("measured", "It was weighed or counted exactly"),
    Option("running_total", "This is a later running total"),
    Option("other", "Another reason"),
)
REASON = "correction_reason"
# Reasons that only some kinds of fact can have.
ONLY_FOR = {"de_arrested": ("arrest",), "measured": ("seizure", "tally"), "running_total": ("tally",)}


class FactForm(Protocol):
    """The form of one kind of fact. `noun` is what it records, `key` its name in addresses."""

    key: str
    noun: str
    wire_type: str

    def groups(self, setting: Setting, typed: Typed) -> list[QuestionGroup]:
        """Return the questions about the data of the fact."""

    def blank(self, setting: Setting) -> dict[str, list[str]]:
        """Return what a new form holds."""

    def typed(self, event: Event, operation: Operation) -> dict[str, list[str]]:
        """Return the data of a recorded fact as it would be typed."""

    def data(self, setting: Setting, typed: Typed) -> tuple[Json, list[Mistake]]:
        """Return the data of the fact in wire format, or what is wrong with it."""

    def field_at(self, pointer: str, typed: Typed) -> str:
        """Return the name of the field that a pointer into the data refers to; empty if there is none."""


def all_groups(form: FactForm, setting: Setting, typed: Typed) -> list[QuestionGroup]:
    """Return all questions of a form, in order."""
    first: tuple[Question, ...] = ()
    if not setting.force:
        forces = choices.reporting_forces(setting.operation)
        first = (Question(name="force", label="Force that counts it", kind="choice", options=forces),)
    where = Question(name="place", label="Place", kind="choice", options=choices.places(setting.operation))
    place = (where,) if setting.operation.places else ()
    return [
        QuestionGroup(questions=(*first, *when.questions(setting.operation), *place)),
        *form.groups(setting, typed),
        QuestionGroup(questions=_assisting(setting)),
    ]


def blank(form: FactForm, setting: Setting) -> Typed:
    """Return a new form: with today's date, if the operation takes place today."""
    return Typed(form.blank(setting)) | when.presumed_date(setting)


def typed_of(form: FactForm, event: Event, operation: Operation) -> Typed:
    """Return a recorded fact as it would be typed."""
    common = when.typed_of_moment(event.occurred_at, event.occurred_on)
    return Typed(form.typed(event, operation)) | {**common, "place": event.place or "", "assisting": event.assisting}


def event_row(form: FactForm, setting: Setting, typed: Typed, event_id: UUID) -> tuple[Json, list[Mistake]]:
    """Return the event that a form records, in wire format, and what is wrong with the form."""
    force = setting.force or typed.get("force")
    mistakes = [] if force else [Mistake("force", "Choose the force that counts it")]
    time, in_time = when.read(setting, typed)
    assisting, in_assisting = _read_assisting(setting, typed)
    data, in_data = form.data(setting, typed)
    row: Json = {"id": str(event_id), "type": form.wire_type, "force": force, **time, "data": data}
    if place := typed.get("place"):
        row["place"] = place
    if assisting:
        row["assisting"] = assisting
    if setting.corrected is not None:
        row |= correction_of(setting, typed)
        mistakes += reason_missing(typed)
        if incident := setting.corrected.event.incident:
            row["incident"] = incident
    return row, [*mistakes, *in_time, *in_data, *in_assisting]


def correction_of(setting: Setting, typed: Typed) -> Json:
    """Return the fields that make an event a correction, or a withdrawal."""
    assert setting.corrected is not None, "only a correction has a reason"
    return {"corrects": str(setting.corrected.event.id), REASON: typed.get(REASON)}


def reasons_for(key: str, *, withdraws: bool = False) -> tuple[Option, ...]:
    """Return the reasons for correcting, or withdrawing, a kind of fact. A running total only replaces another."""
    possible = (one for one in REASONS if not (withdraws and one.value == RUNNING_TOTAL))
    return tuple(one for one in possible if key in ONLY_FOR.get(one.value, (key,)))


def reason_missing(typed: Typed) -> list[Mistake]:
    """Return that no reason was chosen, if none was."""
    is_known = typed.get(REASON) in {option.value for option in REASONS}
    return [] if is_known else [Mistake(REASON, "Choose the reason")]


def field_at(form: FactForm, pointer: str, typed: Typed) -> str:
    """Return the name of the field that a pointer into an event refers to; empty if there is none."""
    first, _, rest = pointer.removeprefix("/").partition("/")
    if first == "data":
        return form.field_at(rest, typed)
    fields = {"occurred_at": "time", "occurred_on": "date"}
    return fields.get(first, first if first in ("force", "place", "assisting", REASON) else "")


def _assisting(setting: Setting) -> tuple[Question, ...]:
    options = choices.assisting_forces(setting)
    taking_part = Question(
        name="assisting",
        label="Forces that assisted",
        kind="checks",
        hint="They do not count it. Choose all that did",
        options=options,
        seldom=True,
    )
    another = Question(
        name="assisting-other",
        label="Another force that assisted",
        kind="suggest",
        hint="One that takes no part in the operation",
        options=choices.other_forces(setting),
        width=30,
        seldom=True,
    )
    return (taking_part, another) if options else (another,)


def _read_assisting(setting: Setting, typed: Typed) -> tuple[list[str], list[Mistake]]:
    keys = {option.value for option in choices.assisting_forces(setting)}
    chosen = [one for one in dict.fromkeys(typed.all("assisting")) if one in keys or one in setting.forces]
    written = typed.get("assisting-other").casefold()
    if not written:
        return chosen, []
    names = {name.casefold(): one.force for one in setting.forces.values() for name in (one.name, *one.aliases)}
    force = names.get(written) or (written if written in setting.forces else None)
    if force is None:
        near = [one.name for one in setting.forces.values() if written in one.name.casefold()][:1]
        guess = f". Did you mean {near[0]}?" if near else ""
        return chosen, [Mistake("assisting-other", f"Force must be on the list of forces{guess}")]
    return [*chosen, *([force] if force not in chosen else [])], []
