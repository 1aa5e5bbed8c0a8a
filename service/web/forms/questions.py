"""The questions of a form about a fact, what was typed into them, and the mistakes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Force

Json = dict[str, Any]


class Option(NamedTuple):
    """A choice: the value that the form sends, and its words."""

    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of a form. `kind` is how it is asked, `seldom` ones are folded away.

    `text`, `number` and `suggest` (a text with suggestions) take a line, `choice` is a list to choose one from, `date`
    has three fields, `checks` any number of boxes.
    """

    name: str
    label: str
    kind: Literal["text", "number", "suggest", "choice", "date", "checks"] = "text"
    hint: str = ""
    options: tuple[Option, ...] = ()
    width: int = 0
    prefix: str = ""
    suffix: str = ""
    seldom: bool = False

    def said(self, typed: Typed) -> str:
        """Return the answer in words, for checking; empty if there is none."""
        if self.kind == "date":
            return " ".join(filter(None, (typed.get(f"{self.name}-{part}") for part in ("day", "month", "year"))))
        found = [one for one in typed.all(self.name) if one]
        if self.kind in ("choice", "checks"):
            texts = {option.value: option.text for option in self.options}
            return ", ".join(texts.get(one, one) for one in found)
        return ", ".join(f"{self.prefix}{one}{' ' if self.suffix else ''}{self.suffix}" for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionGroup:
    """Questions under one heading. `key` names a line of a seizure, which can be removed."""

    questions: tuple[Question, ...]
    heading: str = ""
    key: str = ""


class Typed:
    """What was typed into a form: the values of each field, in order."""

    def __init__(self, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        """Create it from values by field."""
        self.fields: dict[str, list[str]] = {name: list(found) for name, found in (fields or {}).items()}

    def get(self, name: str) -> str:
        """Return the first value of a field without the spaces around it; empty if there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Return the values of a field, without the spaces around them."""
        return [one.strip() for one in self.fields.get(name, [])]

    def __or__(self, other: Mapping[str, str | Sequence[str]]) -> Typed:
        """Return this with some fields changed."""
        changed = {name: [found] if isinstance(found, str) else list(found) for name, found in other.items()}
        return Typed({**self.fields, **changed})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a form is filled in: the operation, who may be named, and what is corrected, if anything is.

    `force` is the one that records; empty if the person, a coordinator, chooses it.
    """

    operation: Operation
    forces: Mapping[str, Force]
    force: str
    now: datetime
    corrected: RecordedEvent | None = None

    @property
    def imported_at(self) -> datetime | None:
        """When an event is recorded, for an imported operation, whose senders state it; otherwise None."""
        return self.now if self.operation.imported else None
