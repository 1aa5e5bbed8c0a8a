"""The form of an arrest."""

from __future__ import annotations

from service.domain.model.events import ArrestRecorded, Event
from service.domain.model.operation import Operation
from service.web.forms import amounts, choices
from service.web.forms.questions import Json, Question, QuestionGroup, Setting, Typed
from service.web.site.typed import Mistake

NUMBER_EXPECTED = "must be a whole number, 1 or more"
FIELDS = {"reason": "reason", "count": "count", "qualifier": "qualifier"}


class ArrestForm:
    """How many people were arrested, and why."""

    key = "arrest"
    noun = "arrest"
    wire_type = ArrestRecorded.wire_type

    def groups(self, setting: Setting, _typed: Typed) -> list[QuestionGroup]:
        """Return the questions for reason and number."""
        reasons = choices.categories(setting.operation, "arrests")
        return [
            QuestionGroup(
                questions=(
                    Question(
                        name="reason",
                        label="Main reason for the arrest",
                        kind="choice",
                        options=reasons,
                        hint="Each person counts once, under one reason",
                    ),
                    Question(name="count", label="How many people", kind="number", width=4),
                    qualifier(),
                )
            )
        ]

    def blank(self, _setting: Setting) -> dict[str, list[str]]:
        """Return a form for one person."""
        return {"count": ["1"]}

    def typed(self, event: Event, _operation: Operation) -> dict[str, list[str]]:
        """Return a recorded arrest as it would be typed."""
        arrest = event.data
        assert isinstance(arrest, ArrestRecorded)
        return {"reason": [arrest.reason], "count": [str(arrest.count)], "qualifier": [arrest.qualifier]}

    def data(self, setting: Setting, typed: Typed) -> tuple[Json, list[Mistake]]:
        """Return the data of the arrest."""
        mistakes = []
        reason, count = typed.get("reason"), amounts.whole(typed.get("count"))
        if reason not in {option.value for option in choices.categories(setting.operation, "arrests")[1:]}:
            mistakes.append(Mistake("reason", "Choose the main reason for the arrest"))
        if count is None:
            mistakes.append(Mistake("count", f"How many people {NUMBER_EXPECTED}"))
        return {"reason": reason, "count": count, "qualifier": typed.get("qualifier") or "exact"}, mistakes

    def field_at(self, pointer: str, _typed: Typed) -> str:
        """Return the field of a pointer."""
        return FIELDS.get(pointer, "")


def qualifier(name: str = "qualifier") -> Question:
    """Return the question whether a number is exact."""
    return Question(name=name, label="The number is", kind="choice", options=choices.QUALIFIERS, seldom=True)
