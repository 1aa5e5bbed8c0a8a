"""marshmallow schemas generated from the event classes: they report every error and document the API's bodies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import marshmallow as ma
from msgspec import structs

from service.domain.model.events import (
    DATA_CLASSES,
    FACTS,
    LINE_CLASSES,
    REPORTS,
    Event,
    EventWithdrawn,
    ForceJoined,
    OperationOpened,
    ReturnDeclared,
)
from service.domain.model.part import Part
from service.domain.model.vocabulary import Items, Matching, Slug, Whole, bounds_of
from service.errors import FieldError, Invalid
from service.wire.fields import DayField, EventId, InstantField, ListOf, OneOf, Text, Truth, WholeNumber
from service.wire.strict_json import pointer_step

MaField = ma.fields.Field[Any]
Options = dict[str, tuple[str, ...]]

REPORT_TYPES = tuple(cls.wire_type for cls in REPORTS)
FACT_FIELDS = ("occurred_at", "occurred_on", "place", "incident", "assisting")
# The forces of an opening, each given by key or as an object.
FORCES = Items(0, 200)
CORRECTION_FIELDS = ("corrects", "correction_reason")
NO_TIME = "Expected occurred_at, or occurred_on if only the operating day is known; found neither."
TWO_TIMES = "Expected occurred_at or occurred_on; found both. Leave out occurred_on if the moment is known."
PERIOD_WITHOUT_START = (
    "A period starts at a moment: send occurred_at instead of occurred_on, or leave out occurred_before."
)
NO_DAYS = "Expected day, or day_from and day_before for several days; found none of them."
DAYS_TWICE = "Expected day, or day_from and day_before; found both. For several days, leave out day."
NO_FIRST_DAY = "Expected the first day beside day_before; found none."
NO_LAST_DAY = "Expected the day after the last one beside day_from; found none. For a single day, send day instead."


class WrongFields(Invalid):
    """Fields are missing, unknown, of the wrong type or out of bounds; `errors` lists each of them."""

    code = "wrong_fields"


class StrictSchema(ma.Schema):
    """A closed object: an unknown member is an error."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {"unknown": "Unknown field.", "type": "Expected an object."}


class EventSchema(StrictSchema):
    """The rules that the schemas of all events share."""

    @ma.validates_schema(skip_on_field_errors=True)
    def _reason_with_correction(self, data: Mapping[str, Any], **_options: Any) -> None:
        if bool(data.get("corrects")) != bool(data.get("correction_reason")):
            raise ma.ValidationError("corrects and correction_reason must be sent together.", "correction_reason")


class FactSchema(EventSchema):
    """The rules that the schemas of all facts share."""

    @ma.validates_schema(pass_original=True, skip_on_field_errors=False)
    def _time(self, _data: Mapping[str, Any], row: Any, **_options: Any) -> None:
        if isinstance(row, dict) and (mistake := mistake_in_time(row)):
            raise ma.ValidationError(mistake)


class ReturnDeclaredSchema(EventSchema):
    """The rules of the schema of returns."""

    @ma.validates_schema(pass_original=True, skip_on_field_errors=False)
    def _days(self, _data: Mapping[str, Any], row: Any, **_options: Any) -> None:
        if isinstance(row, dict) and (mistake := mistake_in_days(row)):
            raise ma.ValidationError(mistake)


class LineField(MaField):
    """One line of a seizure; its `kind` determines its fields."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ma.ValidationError("Expected an object.")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in LINE_CLASSES:
            raise ma.ValidationError({"kind": [f"Expected one of {', '.join(LINE_CLASSES)}."]})
        return line_schema(kind)().load(value)


class ForceField(MaField):
    """A force that takes part from the start: its key, or an object with further fields."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return field_for(Slug, {}).deserialize(value, attr, data)
        if not isinstance(value, dict):
            raise ma.ValidationError("Expected a force's key, or an object with force, reports, name and kind.")
        return schema_of(ForceJoined)().load(value)


def mistake_in_time(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is wrong with the time of a fact, as marshmallow's messages; None if nothing is.

    A fact has either a moment or a day. An activity that covers a period has a moment, at which the period starts.
    """
    moment, day = row.get("occurred_at"), row.get("occurred_on")
    if day is None:
        return {"occurred_at": [NO_TIME]} if moment is None else None
    if moment is not None:
        return {"occurred_on": [TWO_TIMES]}
    data = row.get("data")
    starts_nowhere = isinstance(data, dict) and data.get("occurred_before") is not None
    return {"data": {"occurred_before": [PERIOD_WITHOUT_START]}} if starts_nowhere else None


def mistake_in_days(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is wrong with the days of a return, as marshmallow's messages; None if nothing is.

    A return is for one day, or for several that are given by the first and by the day after the last.
    """
    data = row.get("data")
    if not isinstance(data, dict):
        return None
    one, first, before = (data.get(name) for name in ("day", "day_from", "day_before"))
    if one is None and first is None and before is None:
        return {"data": {"day": [NO_DAYS]}}
    if one is not None and (first is not None or before is not None):
        return {"data": {"day": [DAYS_TWICE]}}
    if one is None and (first is None or before is None):
        return {"data": {"day_from": [NO_FIRST_DAY]} if first is None else {"day_before": [NO_LAST_DAY]}}
    return None


def mistake_in(cls: Any, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is wrong between the fields of an event of this class, as marshmallow's messages; None: nothing."""
    if cls in FACTS:
        return mistake_in_time(row)
    return mistake_in_days(row) if cls is ReturnDeclared else None


def check(schema: ma.Schema, row: Any) -> None:
    """Check a JSON value against a schema.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    if messages := schema.validate(row):
        raise wrong_fields(messages)


def wrong_fields(messages: Any) -> WrongFields:
    """Return marshmallow's messages as one error."""
    errors = flatten(messages)
    return WrongFields(f"{errors[0].pointer or 'The body'}: {errors[0].detail}", errors=errors)


def flatten(messages: Any, pointer: str = "") -> list[FieldError]:
    """Return marshmallow's nested messages as a list of errors with JSON pointers."""
    if isinstance(messages, dict):
        steps = {key: "" if key == "_schema" else f"/{pointer_step(str(key))}" for key in messages}
        return [error for key, inner in messages.items() for error in flatten(inner, pointer + steps[key])]
    return [FieldError(pointer, str(message)) for message in messages]


@cache
def event_schema(wire_type: str) -> ma.Schema:
    """Return the schema of an event of this type, envelope and data."""
    cls: Any = DATA_CLASSES[wire_type]
    has_required = any(one.required for one in structs.fields(cls))
    members = {
        "type": OneOf((wire_type,), required=True),
        **fields_of(Event, **envelope(cls)),
        "data": ma.fields.Nested(schema_of(cls), required=has_required),
        "recorded_at": InstantField(allow_none=True),
    }
    rules = FactSchema if cls in FACTS else ReturnDeclaredSchema if cls is ReturnDeclared else EventSchema
    return rules.from_dict(members, name=f"{cls.__name__}Event")()


@cache
def change_schema(wire_type: str) -> ma.Schema:
    """Return the schema of a coordinator's request that records a setup event: an id, and the data fields beside it."""
    cls = DATA_CLASSES[wire_type]
    members = {**_request_fields(), **fields_of(cls, leave_out=never_sent(cls))}
    return StrictSchema.from_dict(members, name=f"{cls.__name__}Call")()


@cache
def opening_schema() -> ma.Schema:
    """Return the schema of the request that opens an operation."""
    operation = field_for(Slug, {"required": True})
    members = {**_request_fields(), "operation": operation, **fields_of(OperationOpened, leave_out=("forces",))}
    return StrictSchema.from_dict({**members, "forces": ListOf(ForceField(), FORCES)}, name="OpeningCall")()


@cache
def line_schema(kind: str) -> type[ma.Schema]:
    """Return the schema of a seizure line of this kind."""
    cls = LINE_CLASSES[kind]
    return StrictSchema.from_dict({"kind": OneOf((kind,), required=True), **fields_of(cls)}, name=cls.__name__)


@cache
def schema_of(cls: type[Part]) -> type[ma.Schema]:
    """Return the schema of a part of an event."""
    return StrictSchema.from_dict(fields_of(cls), name=cls.__name__)


def fields_of(
    cls: type[Part], *, leave_out: tuple[str, ...] = (), required: tuple[str, ...] = ()
) -> dict[str, MaField]:
    """Return the marshmallow fields of an event class, by their names on the wire.

    `required` names fields that must be sent although the class has a default.
    """
    return {
        one.encode_name: _field(one, must=one.name in required)
        for one in structs.fields(cls)
        if one.name not in leave_out
    }


def envelope(cls: type[Part]) -> Options:
    """Return the arguments for `fields_of(Event)` that give the envelope of data of this class."""
    if cls in FACTS:
        return {"leave_out": ("data",)}
    if cls is EventWithdrawn:
        return {"leave_out": ("data", *FACT_FIELDS), "required": CORRECTION_FIELDS}
    return {"leave_out": ("data", *FACT_FIELDS, *CORRECTION_FIELDS)}


def never_sent(cls: type[Part]) -> tuple[str, ...]:
    """Return the names of a class's fields that only the service fills in."""
    names: tuple[str, ...] = getattr(cls, "never_sent", ())
    return names


def field_for(hint: Any, options: dict[str, Any]) -> MaField:
    """Return the marshmallow field for a type of the vocabulary."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(hint, options)
    if origin is Literal:
        return OneOf(arguments, **options)
    if origin in (Union, UnionType):
        members = [member for member in arguments if member is not NoneType]
        return field_for(members[0], options) if len(members) == 1 else LineField(**options)
    plain: dict[Any, type[MaField]] = {datetime: InstantField, date: DayField, UUID: EventId, bool: Truth}
    return plain[hint](**options) if hint in plain else ma.fields.Nested(schema_of(hint), **options)


def _bounded(hint: Any, options: dict[str, Any]) -> MaField:
    match bounds_of(hint):
        case Whole() as bounds:
            return WholeNumber(bounds, **options)
        case Matching() as shape:
            return Text(shape, **options)
        case Items() as bounds:
            (item, _ellipsis) = get_args(get_args(hint)[0])
            return ListOf(field_for(item, {}), bounds, **options)


def _field(one: structs.FieldInfo, *, must: bool) -> MaField:
    is_required = must or one.required
    options: dict[str, Any] = {"required": is_required, "allow_none": not is_required}
    if is_required:
        options["error_messages"] = {"required": "This field is required.", "null": "This field must not be null."}
    elif isinstance(one.default, str | int):
        options["dump_default"] = one.default
    return field_for(one.type, options)


def _request_fields() -> dict[str, MaField]:
    return {"id": EventId(required=True), "recorded_at": InstantField(allow_none=True)}
