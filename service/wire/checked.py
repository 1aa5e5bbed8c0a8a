"""Events from what is sent. If anything does not fit, the schema reports all that is wrong.

msgspec checks types, words and bounds. What it would let pass is tested first, on the JSON itself: patterns, unknown
fields, lists that repeat an item, and the spelling of ids, moments and days. Reader and schema accept the same events:
a test compares them, and an event that the reader refuses and the schema accepts is an error of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin
from uuid import UUID

import marshmallow as ma
from msgspec import ValidationError, convert, structs

from service.domain.deciding.draft import Opening, Submission
from service.domain.model.events import DATA_CLASSES, LINE_CLASSES, Event, ForceJoined, OperationOpened
from service.domain.model.instants import DAY, INSTANT, in_utc, parse_instant
from service.domain.model.part import Part
from service.domain.model.vocabulary import Items, Matching, Slug, bounds_of
from service.wire.codec import Envelope, Json, event_of
from service.wire.fields import UUID_TEXT
from service.wire.schemas import (
    FORCES,
    REPORT_TYPES,
    WrongFields,
    change_schema,
    check,
    envelope,
    event_schema,
    never_sent,
    opening_schema,
)

Made = TypeVar("Made")
# Tests a JSON value: the result is falsy, or one of DOES_NOT_FIT is raised, if the value does not fit.
Fits = Callable[[Any], object]
ALL_TYPES = tuple(DATA_CLASSES)
DOES_NOT_FIT = (LookupError, TypeError, ValueError)


class Sent(Envelope, frozen=True, kw_only=True):
    """An event as it is sent; `recorded_at` for imported operations only."""

    recorded_at: datetime | None = None


def load_submission(row: Any, types: tuple[str, ...] = REPORT_TYPES) -> Submission:
    """Return an event that a force sent, with the recorded_at that imported operations ask for.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    if not isinstance(row, dict):
        raise WrongFields("Wanted an event as a JSON object.", pointer="")
    wire_type = row.get("type")
    if not isinstance(wire_type, str) or wire_type not in types:
        raise WrongFields(f"Wanted a type of event: {', '.join(types)}.", pointer="/type")
    try:
        return _submission(DATA_CLASSES[wire_type], row)
    except DOES_NOT_FIT as error:
        _report(event_schema(wire_type), row, error)


def load_event(row: Any) -> Event:
    """Return the event of a JSON object, whatever its type.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    return load_submission(row, ALL_TYPES).event


def load_change(wire_type: str, row: Any, force: str) -> Submission:
    """Return the setup event of a coordinator's call. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    try:
        return _change(DATA_CLASSES[wire_type], row, force)
    except DOES_NOT_FIT as error:
        _report(change_schema(wire_type), row, error)


def load_opening(row: Any, force: str) -> Opening:
    """Return the operation that a coordinator's call opens. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    try:
        return _opening(row, force)
    except DOES_NOT_FIT as error:
        _report(opening_schema(), row, error)


def _report(schema: ma.Schema, row: Any, error: Exception) -> NoReturn:
    check(schema, row)
    raise AssertionError("the reader refused what its schema accepts") from error


def _submission(cls: Any, row: Json) -> Submission:
    data = row.get("data", {})
    if not _envelope_fits(cls)(row) or not _object_fits(cls)(data):
        raise ValueError(row)
    sent = _converted(row, Sent)
    if (sent.corrects is None) != (sent.correction_reason is None):
        raise ValueError(row)
    event = event_of(sent, _converted(data, cls))
    return Submission(event, None if sent.recorded_at is None else in_utc(sent.recorded_at))


def _change(cls: Any, row: Json, force: str) -> Submission:
    if not _call_fits(cls)(row):
        raise ValueError(row)
    return _called(cls, row, force)


def _opening(row: Json, force: str) -> Opening:
    if not _opening_fits()(row):
        raise ValueError(row)
    stated = [{"force": one} if isinstance(one, str) else one for one in row.get("forces", [])]
    forces = [_converted(one, ForceJoined) for one in stated]
    names = [joined.force for joined in forces]
    operation = convert(row["operation"], Slug)
    submission = _called(OperationOpened, row | {"forces": names}, force)
    if len(set(names)) < len(names):
        raise WrongFields("A force stands in the list twice.", pointer="/forces")
    return Opening(operation=operation, submission=submission, forces=forces)


def _called(cls: Any, row: Json, force: str) -> Submission:
    """Return the event of a call, whose data stands beside its id."""
    event = Event(id=UUID(row["id"]), force=force, data=_converted(row, cls))
    sent = row.get("recorded_at")
    return Submission(event, None if sent is None else parse_instant(sent))


def _converted(row: Json, cls: type[Made]) -> Made:
    """Return the object of this class that is in a JSON object; nulls count as missing."""
    try:
        return convert(row, cls)
    except ValidationError:
        return convert(_without_nulls(row), cls)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@cache
def _envelope_fits(cls: type[Part]) -> Fits:
    around = envelope(cls)
    own = _members(Event, leave_out=around["leave_out"])
    return _has({**own, "type": None, "data": None, "recorded_at": INSTANT.fullmatch}, around.get("required", ()))


@cache
def _call_fits(cls: type[Part]) -> Fits:
    return _has({**CALL, **_members(cls, leave_out=never_sent(cls))}, required=("id",))


@cache
def _opening_fits() -> Fits:
    own = {**_members(OperationOpened), "operation": _fits(Slug), "forces": _items_fit(_force_fits, FORCES)}
    return _has({**CALL, **own}, required=("id", "operation"))


@cache
def _object_fits(cls: type[Part]) -> Fits:
    tag = cls.__struct_config__.tag_field
    return _has(_members(cls) if tag is None else {tag: None, **_members(cls)})


def _members(cls: type[Part], leave_out: tuple[str, ...] = ()) -> dict[str, Fits | None]:
    return {one.encode_name: _fits(one.type) for one in structs.fields(cls) if one.name not in leave_out}


def _has(members: dict[str, Fits | None], required: tuple[str, ...] = ()) -> Fits:
    """Return the test of an object that has these members and no others. A null fits: it counts as missing.

    `required` names members that must be there although `convert` does not ask for them.
    """

    def fits(row: Any) -> bool:
        if type(row) is not dict:
            return False
        for name, value in row.items():
            value_fits = members[name]
            if value_fits is not None and value is not None and not value_fits(value):
                return False
        return not required or all(row.get(name) is not None for name in required)

    return fits


def _fits(hint: Any) -> Fits | None:
    """Return the test of a field of this type; None if msgspec checks all of it."""
    if get_origin(hint) is Annotated:
        return _bounded(hint)
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        return _fits(members[0]) if len(members) == 1 else _line_fits
    if isinstance(hint, type) and issubclass(hint, Part):
        return _object_fits(hint)
    spelled: dict[Any, Fits] = {UUID: UUID_TEXT.fullmatch, datetime: INSTANT.fullmatch, date: DAY.fullmatch}
    return spelled.get(hint)


def _bounded(hint: Any) -> Fits | None:
    match bounds_of(hint):
        case Matching(expression=expression):
            return re.compile(expression).fullmatch
        case Items() as bounds:
            return _items_fit(_fits(get_args(get_args(hint)[0])[0]), bounds)
    return None


def _items_fit(item_fits: Fits | None, bounds: Items) -> Fits:
    def fits(items: Any) -> bool:
        if type(items) is not list or len(items) > bounds.most:
            return False
        if bounds.unique and any(item in items[:index] for index, item in enumerate(items)):
            return False
        return item_fits is None or all(map(item_fits, items))

    return fits


def _line_fits(row: Any) -> object:
    return _object_fits(LINE_CLASSES[row["kind"]])(row)


def _force_fits(one: Any) -> object:
    return _object_fits(ForceJoined)({"force": one} if isinstance(one, str) else one)


CALL: dict[str, Fits | None] = {"id": UUID_TEXT.fullmatch, "recorded_at": INSTANT.fullmatch}
