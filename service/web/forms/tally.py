"""The form of a tally: how often something that the operation counts was done."""

from __future__ import annotations

from msgspec import to_builtins

from service.domain.model.events import ActivityRecorded, Event
from service.domain.model.instants import format_instant
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure, currencies
from service.web.forms import amounts, choices
from service.web.forms.arrest import NUMBER_EXPECTED, qualifier
from service.web.forms.questions import Json, Option, Question, QuestionGroup, Setting, Typed
from service.web.site import words
from service.web.site.typed import Mistake

FIELDS = {name: name for name in ("measure", "category", "quantity", "qualifier", "to", "rounded_to")}
PENCE, MILLIGRAMS = "pence", "milligrams"


class TallyForm:
    """A measure and how much of it; for a correction, of the same measure."""

    key = "tally"
    noun = "tally"
    wire_type = ActivityRecorded.wire_type

    def groups(self, setting: Setting, typed: Typed) -> list[QuestionGroup]:
        """Return the questions for the measure, its category and its number."""
        measure = setting.operation.measures.get(typed.get("measure"))
        asked = [self._measure(setting)]
        if measure is None or measure.has_categories:
            asked.append(_category(measure))
        unit = (
            "pounds" if measure and measure.unit == PENCE else "grams" if measure and measure.unit == MILLIGRAMS else ""
        )
        hint = f"In {unit}" if unit else "0 means that there was none"
        asked += [
            Question(name="quantity", label="How many", hint=hint, width=10),
            qualifier(),
            Question(name="to", label="Up to", hint="Only for a range, like 30 to 40: the upper end", width=10),
            Question(name="rounded_to", label="Rounded to", hint="Only if that is known, like 1000", width=10),
        ]
        return [QuestionGroup(questions=tuple(asked))]

    def blank(self, _setting: Setting) -> dict[str, list[str]]:
        """Return an empty form."""
        return {}

    def typed(self, event: Event, operation: Operation) -> dict[str, list[str]]:
        """Return a recorded tally as it would be typed."""
        tally = event.data
        assert isinstance(tally, ActivityRecorded)
        return {
            "measure": [tally.measure],
            "category": [tally.category or ""],
            "quantity": [_typed_quantity(operation.measures[tally.measure], tally.quantity)],
            "qualifier": [tally.qualifier],
            **{
                name: [_typed_quantity(operation.measures[tally.measure], number)]
                for name, number in (("to", tally.to), ("rounded_to", tally.rounded_to))
                if number is not None
            },
        }

    def data(self, setting: Setting, typed: Typed) -> tuple[Json, list[Mistake]]:
        """Return the data of the tally."""
        measure = setting.operation.measures.get(typed.get("measure"))
        mistakes = [] if measure else [Mistake("measure", "Choose what was counted")]
        quantity = _quantity(measure, typed.get("quantity"))
        if quantity is None:
            mistakes.append(Mistake("quantity", f"How many {NUMBER_EXPECTED.replace('1 or more', '0 or more')}"))
        found: Json = {
            "measure": typed.get("measure"),
            "quantity": quantity,
            "qualifier": typed.get("qualifier") or "exact",
        }
        for name, label in (("to", "Up to"), ("rounded_to", "Rounded to")):
            if written := typed.get(name):
                found[name] = _quantity(measure, written)
                mistakes += [] if found[name] else [Mistake(name, f"{label} {NUMBER_EXPECTED}")]
        if measure and measure.has_categories and (category := typed.get("category")):
            found["category"] = category
        before = None if setting.corrected is None else setting.corrected.event.data
        if isinstance(before, ActivityRecorded):
            found |= _kept(before)
        return found, mistakes

    def field_at(self, pointer: str, _typed: Typed) -> str:
        """Return the field of a pointer."""
        if pointer.startswith("of_which"):
            return "quantity"
        return FIELDS.get(pointer, "time" if pointer == "occurred_before" else "")

    def _measure(self, setting: Setting) -> Question:
        measures = setting.operation.measures.values()
        participant = setting.operation.participants.get(setting.force)
        counts_facts = participant is not None and participant.reports == "events"
        options = tuple(
            Option(one.measure, one.label[:1].upper() + one.label[1:])
            for one in measures
            if not (one.core and counts_facts)
        )
        return Question(name="measure", label="What was counted", kind="choice", options=(choices.CHOOSE, *options))


def _kept(before: ActivityRecorded) -> Json:
    """Return what a correction keeps, because the form does not ask for it: the period, and the parts."""
    kept: Json = {}
    if before.occurred_before is not None:
        kept["occurred_before"] = format_instant(before.occurred_before)
    if before.whole:
        kept["whole"] = True
    if before.of_which:
        kept["of_which"] = [to_builtins(part) for part in before.of_which]
    return kept


def _category(measure: Measure | None) -> Question:
    if measure is not None and measure.categories:
        options = tuple(Option(one, words.category(one)) for one in measure.categories)
        return Question(name="category", label="Of which kind", kind="suggest", options=options, width=20)
    known = tuple(Option(one, "") for one in sorted(currencies())) if measure and measure.category == "currency" else ()
    hint = "Only if the measure has kinds, like adult or child"
    return Question(name="category", label="Of which kind", kind="suggest", hint=hint, options=known, width=20)


def _quantity(measure: Measure | None, written: str) -> int | None:
    if written == "0":
        return 0
    if measure is not None and measure.unit == PENCE:
        return amounts.pence(written)
    if measure is not None and measure.unit == MILLIGRAMS:
        return amounts.milligrams(written)
    return amounts.whole(written)


def _typed_quantity(measure: Measure, quantity: int) -> str:
    if measure.unit == PENCE:
        return amounts.as_pounds(quantity)
    return amounts.as_grams(quantity) if measure.unit == MILLIGRAMS else str(quantity)
