"""The page of events: who sends each, how, and with which fields; made from the event classes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from docs.markdown import table, words_of
from service.api import examples
from service.api.operations import CHANGES
from service.api.schemas import change_schema, event_schema, opening_schema
from service.domain.events import (
    FINDINGS,
    LINE_CLASSES,
    REPORTS,
    SETUP,
    Event,
    OperationOpened,
    SeizureRecorded,
    Window,
)
from service.domain.vocabulary import Items
from service.eventlog.codec import wire_name

EXAMPLES = {
    "operation.opened": examples.OPENING,
    "arrest.recorded": examples.ARREST,
    "seizure.recorded": examples.SEIZURE,
    "return.declared": examples.RETURN,
    "figures.published": examples.PUBLICATION,
    **examples.CHANGES,
}
ENVELOPE = {
    "id": "made by the sender, used once: sent again with the same content it gives the same receipt",
    "force": "the one force that counts it",
    "occurred_at": "when it happened; within the operation's days, and at most 5 minutes after it is recorded",
    "place": "where, from the operation's list of places",
    "incident": "a keyed hash that the forces make, equal for the same incident",
    "assisting": "forces that helped; they never count it",
    "corrects": "the id of the standing version that this event replaces or withdraws",
    "correction_reason": "why; it goes together with `corrects`",
}
PLAIN = {
    datetime: "a moment such as `2023-01-17T21:40:00Z`, with `Z` or an offset, at most 6 fraction digits",
    date: "a day such as `2023-01-17`",
    UUID: "a UUID",
    bool: "`true` or `false`",
    Window: "an object of two moments, `from` and `before`",
}


def events_page() -> Iterator[str]:
    """Yield the page of all that can happen: who sends it, how, and with which fields."""
    yield (
        "# Events\n\nEvery event is a fact, kept for ever. What follows is made from the classes in "
        "[`service/domain/events.py`](../../service/domain/events.py); [counting.md](counting.md) says what each one "
        "counts. An unknown field is an error. Null and an empty list mean the same as leaving the field out. In an "
        "imported operation every event also carries `recorded_at`; elsewhere it is refused."
    )
    yield (
        "## What forces report\n\nSent with `POST /v1/operations/{operation}/events`, one by one, or with `/batches`, "
        "by the force itself or by the operation's coordinator: an envelope with `data` in it."
    )
    hints = get_type_hints(Event, include_extras=True)
    rows = [
        (f"`{one.name}`", wanted(hints[one.name]), ENVELOPE[one.name]) for one in fields(Event) if one.name != "data"
    ]
    yield table(("envelope", "what it takes", "what it is"), rows)
    for cls in REPORTS:
        yield from _event(cls.wire_type, cls)
        yield _members("Envelope", event_schema(cls.wire_type).fields)
        if fields(cls):
            yield "`data`:\n\n" + _field_table(cls)
        if cls is SeizureRecorded:
            yield from _lines()
        yield from _example(cls.wire_type)
    yield "## What the coordinator does\n\nEach is a call of its own with a flat body: `id` and the fields below."
    addresses = {wire_type: f"/{{operation}}/{address}" for address, wire_type in CHANGES.items()}
    for cls in (*SETUP, *FINDINGS):
        yield from _event(cls.wire_type, cls)
        yield f"Sent with `POST /v1/operations{addresses.get(cls.wire_type, '')}`."
        schema = opening_schema() if cls is OperationOpened else change_schema(cls.wire_type)
        yield _members("Body", schema.fields)
        if fields(cls):
            yield _field_table(cls)
        yield from _example(cls.wire_type)


def _event(name: str, cls: Any) -> Iterator[str]:
    said = words_of(cls).removeprefix(f"`{name}`: ")
    yield f"### {name}\n\n{said[0].upper()}{said[1:]}"


def _members(title: str, members: dict[str, Any]) -> str:
    must = ", ".join(f"`{name}`" for name, field in members.items() if field.required)
    may = ", ".join(f"`{name}`" for name, field in members.items() if not field.required)
    return f"{title}: {must}" + (f"; optional: {may}." if may else ".")


def _example(wire_type: str) -> Iterator[str]:
    if wire_type in EXAMPLES:
        yield f"```json\n{json.dumps(EXAMPLES[wire_type], indent=2)}\n```"


def _lines() -> Iterator[str]:
    for kind, cls in LINE_CLASSES.items():
        yield f'A line of `"kind": "{kind}"`. {words_of(cls)}\n\n{_field_table(cls)}'


def _field_table(cls: Any) -> str:
    hints = get_type_hints(cls, include_extras=True)
    sent = [one for one in fields(cls) if one.name not in getattr(cls, "never_sent", ())]
    rows = [(f"`{wire_name(cls, one.name)}`", wanted(hints[one.name]), _default(one)) for one in sent]
    return table(("field", "what it takes", "without it"), rows)


def wanted(hint: Any) -> str:
    """Return what a field of this type takes, in words."""
    members = [member for member in get_args(hint) if member is not NoneType]
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(f"`{word}`" for word in members)
    if get_origin(hint) is Annotated:
        kind, bounds = members
        if isinstance(bounds, Items):
            most = f"a list of {bounds.least} to {bounds.most}" + (", none twice" if bounds.unique else "")
            return f"{most}; each {wanted(get_args(kind)[0])}"
        return str(bounds.wanted)
    if not members:
        return PLAIN[hint]
    return wanted(members[0]) if len(members) == 1 else "a line of one of the kinds below"


def _default(one: Field[Any]) -> str:
    if one.default is MISSING:
        return "required"
    if one.default in (None, ()):
        return "not said"
    return f"`{one.default if isinstance(one.default, str) else json.dumps(one.default)}`"
