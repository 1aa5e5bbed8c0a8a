"""Schemas made from the event classes, so that there is one definition of each event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import marshmallow as ma

from service.api.fields import Day, EventId, Instant, ListOf, OneOf, Text, Truth, WholeNumber
from service.domain.events import FACTS, LINE_CLASSES, EventWithdrawn
from service.domain.vocabulary import Items, Matching, Whole
from service.eventlog.codec import wire_name

MaField = ma.fields.Field[Any]
Options = dict[str, tuple[str, ...]]

FACT_FIELDS = ("occurred_at", "place", "incident", "assisting")
CORRECTION_FIELDS = ("corrects", "correction_reason")


class StrictSchema(ma.Schema):
    """A closed object: a member that it does not name is an error."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {"unknown": "There is no such field here.", "type": "Wanted an object."}


class LineField(MaField):
    """One line of a seizure, whose `kind` says which fields it has."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ma.ValidationError("Wanted an object.")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in LINE_CLASSES:
            raise ma.ValidationError({"kind": [f"Wanted one of {', '.join(LINE_CLASSES)}."]})
        return line_schema(kind)().load(value)


@cache
def line_schema(kind: str) -> type[ma.Schema]:
    """Return the schema of a seizure line of this kind."""
    cls = LINE_CLASSES[kind]
    return StrictSchema.from_dict({"kind": OneOf((kind,), required=True), **fields_of(cls)}, name=cls.__name__)


@cache
def schema_of(cls: Any) -> type[ma.Schema]:
    """Return the schema of a part of an event."""
    return StrictSchema.from_dict(fields_of(cls), name=cls.__name__)


def fields_of(cls: type[Any], *, leave_out: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> dict[str, MaField]:
    """Return the marshmallow fields of an event class, by their names on the wire.

    `required` names fields that have a default in the class and must be sent all the same.
    """
    hints = get_type_hints(cls, include_extras=True)
    return {
        wire_name(cls, item.name): _field(hints[item.name], item, must=item.name in required)
        for item in fields(cls)
        if item.name not in leave_out
    }


def envelope(cls: type[Any]) -> Options:
    """Return what `fields_of(Event)` is to leave out and to require around data of this class, besides the data."""
    if cls in FACTS:
        return {"leave_out": ("data",), "required": ("occurred_at",)}
    if cls is EventWithdrawn:
        return {"leave_out": ("data", *FACT_FIELDS), "required": CORRECTION_FIELDS}
    return {"leave_out": ("data", *FACT_FIELDS, *CORRECTION_FIELDS)}


def _field(hint: Any, item: Field[Any], *, must: bool) -> MaField:
    is_required = must or item.default is MISSING
    options: dict[str, Any] = {"required": is_required, "allow_none": not is_required}
    if is_required:
        options["error_messages"] = {"required": "This field is required.", "null": "This field must not be null."}
    elif isinstance(item.default, str | int):
        options["dump_default"] = item.default
    return field_for(hint, options)


def field_for(hint: Any, options: dict[str, Any]) -> MaField:
    """Return the field for a type of the vocabulary."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1], options)
    if origin is Literal:
        return OneOf(arguments, **options)
    if origin in (Union, UnionType):
        members = [member for member in arguments if member is not NoneType]
        return field_for(members[0], options) if len(members) == 1 else LineField(**options)
    plain: dict[Any, type[MaField]] = {datetime: Instant, date: Day, UUID: EventId, bool: Truth}
    return plain[hint](**options) if hint in plain else ma.fields.Nested(schema_of(hint), **options)


def _annotated(hint: Any, bounds: Any, options: dict[str, Any]) -> MaField:
    match bounds:
        case Whole():
            return WholeNumber(bounds, **options)
        case Matching():
            return Text(bounds, **options)
        case Items():
            return ListOf(field_for(get_args(hint)[0], {}), bounds, **options)
    raise AssertionError(f"no field for {hint} with {bounds}")
