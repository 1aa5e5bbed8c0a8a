"""The form of a seizure: any number of lines, each added and removed by a button."""

from __future__ import annotations

from service.domain.model.events import Event, SeizureRecorded
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import MAX_LINES
from service.web.forms import when
from service.web.forms.lines import BY_KIND, FormLine
from service.web.forms.questions import Json, QuestionGroup, Setting, Typed
from service.web.site.typed import Mistake

LINES = "lines"
FIELDS = {"weight_milligrams": "weight", "value_pence": "value", "amount_minor": "amount"}


class SeizureForm:
    """What was seized at one time and place."""

    key = "seizure"
    noun = "seizure"
    wire_type = SeizureRecorded.wire_type

    def groups(self, setting: Setting, typed: Typed) -> list[QuestionGroup]:
        """Return the questions of each line."""
        return [
            QuestionGroup(
                questions=BY_KIND[line.kind].questions(setting, line), heading=BY_KIND[line.kind].noun, key=line.key
            )
            for line in lines_of(typed)
        ]

    def blank(self, _setting: Setting) -> dict[str, list[str]]:
        """Return a form without lines."""
        return {LINES: []}

    def typed(self, event: Event, _operation: Operation) -> dict[str, list[str]]:
        """Return a recorded seizure as it would be typed."""
        seizure = event.data
        assert isinstance(seizure, SeizureRecorded)
        found: dict[str, list[str]] = {LINES: []}
        for number, one in enumerate(seizure.lines, start=1):
            line = FormLine(f"line-{number}", one.kind)
            found[LINES].append(f"{number}:{one.kind}")
            fields = BY_KIND[one.kind].typed(one) | {"qualifier": one.qualifier}
            found |= {line.name(field): [value] for field, value in fields.items()}
        return found

    def data(self, setting: Setting, typed: Typed) -> tuple[Json, list[Mistake]]:
        """Return the data of the seizure."""
        lines, mistakes, day = [], [], when.typed_day(typed)
        for line in lines_of(typed):
            found, in_line = BY_KIND[line.kind].read(setting, line, typed, day)
            qualifier = typed.get(line.name("qualifier")) or "exact"
            lines.append({"kind": line.kind, **found, "qualifier": qualifier})
            mistakes += in_line
        if not lines:
            mistakes.append(Mistake("add", "Add what was seized"))
        return {LINES: lines}, mistakes

    def field_at(self, pointer: str, typed: Typed) -> str:
        """Return the field of a pointer, such as lines/0/drug."""
        _lines, index, field = [*pointer.split("/"), "", ""][:3]
        lines = lines_of(typed)
        if not index.isdecimal() or int(index) >= len(lines):
            return "add"
        return lines[int(index)].name(FIELDS.get(field, field))


def lines_of(typed: Typed) -> list[FormLine]:
    """Return the lines of a form in order."""
    found = {}
    for one in typed.all(LINES):
        number, _, kind = one.partition(":")
        if number.isdecimal() and number.isascii() and kind in BY_KIND:
            found[number] = FormLine(f"line-{number}", kind)
    return list(found.values())[:MAX_LINES]


def with_line(typed: Typed, kind: str) -> Typed:
    """Return the form with one more line of a kind, unless that is unknown or the form is full."""
    numbers = [int(line.key.removeprefix("line-")) for line in lines_of(typed)]
    if kind not in BY_KIND or len(numbers) >= MAX_LINES:
        return typed
    number = max(numbers, default=0) + 1
    new = FormLine(f"line-{number}", kind)
    return typed | {LINES: [*typed.all(LINES), f"{number}:{kind}"], new.name("count"): "1"}


def without_line(typed: Typed, key: str) -> Typed:
    """Return the form without one of its lines."""
    kept = [one for one in typed.all(LINES) if f"line-{one.partition(':')[0]}" != key]
    fields = {name: found for name, found in typed.fields.items() if not name.startswith(f"{key}-")}
    return Typed({**fields, LINES: kept})
