"""What is sent, checked field by field. Every schema of an event is derived from `domain/events.py`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import marshmallow as ma

from service.api.derive import StrictSchema, envelope, field_for, fields_of, schema_of
from service.api.fields import EventId, Instant, ListOf, OneOf
from service.api.readers import read_event
from service.api.strict_json import pointer_step
from service.domain.draft import Submission
from service.domain.events import (
    DATA_CLASSES,
    REPORTS,
    SETUP,
    Event,
    EventWithdrawn,
    ForceJoined,
    OperationOpened,
)
from service.domain.instants import parse_instant
from service.domain.vocabulary import Items, Slug
from service.errors import FieldError, Invalid
from service.eventlog.codec import decode, event_from
from service.usecases.operations import Opening

REPORT_TYPES = tuple(cls.wire_type for cls in REPORTS)


class WrongFields(Invalid):
    """Fields are missing, unknown, of the wrong type or out of bounds; `errors` lists each of them."""

    code = "wrong_fields"


class EventSchema(StrictSchema):
    """What the schemas of all events share."""

    @ma.validates_schema(skip_on_field_errors=True)
    def _reason_with_correction(self, data: Mapping[str, Any], **_options: Any) -> None:
        if bool(data.get("corrects")) != bool(data.get("correction_reason")):
            raise ma.ValidationError("corrects and correction_reason go together.", "correction_reason")


def load_submission(row: Any) -> Submission:
    """Return an event that a force sent, with the recorded_at that imported operations ask for.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    event = load_event(row, REPORT_TYPES)
    sent = row.get("recorded_at")
    return Submission(event, None if sent is None else parse_instant(sent))


def load_event(row: Any, types: tuple[str, ...] = tuple(DATA_CLASSES)) -> Event:
    """Return the event of a JSON object.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    if not isinstance(row, dict):
        raise WrongFields("Wanted an event as a JSON object.", pointer="")
    wire_type = row.get("type")
    if not isinstance(wire_type, str) or wire_type not in types:
        raise WrongFields(f"Wanted a type of event: {', '.join(types)}.", pointer="/type")
    if event := read_event(DATA_CLASSES[wire_type], row):
        return event
    check(event_schema(wire_type), row)
    return event_from(row)


def check(schema: ma.Schema, row: Any) -> None:
    """Refuse a JSON value that does not fit a schema.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    if messages := schema.validate(row):
        raise wrong_fields(messages)


def wrong_fields(messages: Any) -> WrongFields:
    """Return the error of marshmallow's messages."""
    errors = flatten(messages)
    return WrongFields(f"{errors[0].pointer or 'The body'}: {errors[0].detail}", errors=errors)


@cache
def event_schema(wire_type: str) -> ma.Schema:
    """Return the schema of an event of this type, envelope and data."""
    cls: Any = DATA_CLASSES[wire_type]
    members = {
        "type": OneOf((wire_type,), required=True),
        **fields_of(Event, **envelope(cls)),
        "data": ma.fields.Nested(schema_of(cls), required=cls not in (EventWithdrawn, *SETUP)),
        "recorded_at": Instant(allow_none=True),
    }
    return EventSchema.from_dict(members, name=f"{cls.__name__}Event")()


@cache
def change_schema(wire_type: str) -> ma.Schema:
    """Return the schema of a coordinator's call that records a setup event of this type: its data, flat, and an id."""
    cls = DATA_CLASSES[wire_type]
    never_sent = getattr(cls, "never_sent", ())
    return StrictSchema.from_dict(
        {**_call_fields(), **fields_of(cls, leave_out=never_sent)}, name=f"{cls.__name__}Call"
    )()


@cache
def opening_schema() -> ma.Schema:
    """Return the schema of the call that opens an operation."""
    operation = field_for(Slug, {"required": True})
    members = {**_call_fields(), "operation": operation, **fields_of(OperationOpened, leave_out=("forces",))}
    return StrictSchema.from_dict({**members, "forces": ListOf(ForceField(), Items(0, 200))}, name="OpeningCall")()


class ForceField(ma.fields.Field[Any]):
    """A force that takes part from the start: its key, or an object with what else is to be said of it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return field_for(Slug, {}).deserialize(value, attr, data)
        if not isinstance(value, dict):
            raise ma.ValidationError("Wanted a force's key, or an object with force, reports, name and kind.")
        return schema_of(ForceJoined)().load(value)


def load_change(wire_type: str, row: Any, force: str) -> Submission:
    """Return the setup event of a coordinator's call. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    check(change_schema(wire_type), row)
    return _call(DATA_CLASSES[wire_type], row, force)


def load_opening(row: Any, force: str) -> Opening:
    """Return the operation that a coordinator's call opens. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    check(opening_schema(), row)
    stated = [{"force": one} if isinstance(one, str) else one for one in row.get("forces") or []]
    forces = [decode(ForceJoined, one) for one in stated]
    names = [joined.force for joined in forces]
    if len(set(names)) < len(names):
        raise WrongFields("A force stands in the list twice.", pointer="/forces")
    return Opening(
        operation=row["operation"],
        submission=_call(OperationOpened, {**row, "forces": names}, force),
        forces=forces,
    )


def _call_fields() -> dict[str, ma.fields.Field[Any]]:
    return {"id": EventId(required=True), "recorded_at": Instant(allow_none=True)}


def _call(cls: type[Any], row: Mapping[str, Any], force: str) -> Submission:
    event = Event(id=UUID(row["id"]), force=force, data=decode(cls, row))
    sent = row.get("recorded_at")
    return Submission(event, None if sent is None else parse_instant(sent))


def flatten(messages: Any, pointer: str = "") -> list[FieldError]:
    """Return marshmallow's nested messages as a list of JSON pointers with what was wanted there."""
    if isinstance(messages, dict):
        steps = {key: "" if key == "_schema" else f"/{pointer_step(str(key))}" for key in messages}
        return [error for key, inner in messages.items() for error in flatten(inner, pointer + steps[key])]
    return [FieldError(pointer, str(message)) for message in messages]
