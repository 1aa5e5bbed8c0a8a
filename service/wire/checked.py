"""Reads the events that are sent. If an event is invalid, its marshmallow schema reports every error.

msgspec checks types, words and bounds. Before that, this module checks on the JSON itself what msgspec does not:
patterns, unknown fields, duplicate list items, and the format of ids, moments and days. Reader and schema accept the
same events: a test compares them, and an event that the reader refuses and the schema accepts is a bug in this service.
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
from service.wire.codec import EventEnvelope, Json, event_of
from service.wire.fields import UUID_TEXT
from service.wire.schemas import (
    FORCES,
    REPORT_TYPES,
    WrongFields,
    change_schema,
    check,
    envelope,
    event_schema,
    mistake_in,
    never_sent,
    opening_schema,
)

Made = TypeVar("Made")
# Checks a JSON value: if the value is invalid, the result is falsy or one of INVALID is raised.
Check = Callable[[Any], object]
ALL_TYPES = tuple(DATA_CLASSES)
INVALID = (LookupError, TypeError, ValueError)


class Sent(EventEnvelope, frozen=True, kw_only=True):
    """An event as sent; `recorded_at` is for imported operations only."""

    recorded_at: datetime | None = None


def load_submission(row: Any, types: tuple[str, ...] = REPORT_TYPES) -> Submission:
    """Return an event that a force sent, with its recorded_at if the operation is imported.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    if not isinstance(row, dict):
        raise WrongFields("Expected an event as a JSON object.", pointer="")
    wire_type = row.get("type")
    if not isinstance(wire_type, str) or wire_type not in types:
        raise WrongFields(f"Expected one of {', '.join(types)}.", pointer="/type")
    try:
        return _submission(DATA_CLASSES[wire_type], row)
    except INVALID as error:
        _report(event_schema(wire_type), row, error)


def load_event(row: Any) -> Event:
    """Return the event of a JSON object, of any type.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    return load_submission(row, ALL_TYPES).event


def load_change(wire_type: str, row: Any, force: str) -> Submission:
    """Return the setup event of a coordinator's request. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    try:
        return _change(DATA_CLASSES[wire_type], row, force)
    except INVALID as error:
        _report(change_schema(wire_type), row, error)


def load_opening(row: Any, force: str) -> Opening:
    """Return the operation that a coordinator's request opens. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    try:
        return _opening(row, force)
    except INVALID as error:
        _report(opening_schema(), row, error)


def _report(schema: ma.Schema, row: Any, error: Exception) -> NoReturn:
    check(schema, row)
    raise AssertionError("the reader refused what its schema accepts") from error


def _submission(cls: Any, row: Json) -> Submission:
    data = row.get("data", {})
    if not _envelope_check(cls)(row) or not _object_check(cls)(data):
        raise ValueError(row)
    if mistake_in(cls, row):
        raise ValueError(row)
    sent = _converted(row, Sent)
    if (sent.corrects is None) != (sent.correction_reason is None):
        raise ValueError(row)
    event = event_of(sent, _converted(data, cls))
    return Submission(event, None if sent.recorded_at is None else in_utc(sent.recorded_at))


def _change(cls: Any, row: Json, force: str) -> Submission:
    if not _request_check(cls)(row):
        raise ValueError(row)
    return _from_request(cls, row, force)


def _opening(row: Json, force: str) -> Opening:
    if not _opening_check()(row):
        raise ValueError(row)
    joining = [{"force": one} if isinstance(one, str) else one for one in row.get("forces", [])]
    forces = [_converted(one, ForceJoined) for one in joining]
    names = [joined.force for joined in forces]
    operation = convert(row["operation"], Slug)
    submission = _from_request(OperationOpened, row | {"forces": names}, force)
    if len(set(names)) < len(names):
        raise WrongFields("The list has a duplicate force.", pointer="/forces")
    return Opening(operation=operation, submission=submission, forces=forces)


def _from_request(cls: Any, row: Json, force: str) -> Submission:
    """Return the event of a request, in which the data fields are beside the id."""
    event = Event(id=UUID(row["id"]), force=force, data=_converted(row, cls))
    sent = row.get("recorded_at")
    return Submission(event, None if sent is None else parse_instant(sent))


def _converted(row: Json, cls: type[Made]) -> Made:
    """Return a JSON object as an object of this class; nulls count as missing."""
    try:
        return convert(row, cls)
    except ValidationError:
        return convert(_without_nulls(row), cls)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@cache
def _envelope_check(cls: type[Part]) -> Check:
    options = envelope(cls)
    own = _members(Event, leave_out=options["leave_out"])
    return _members_check(
        {**own, "type": None, "data": None, "recorded_at": INSTANT.fullmatch}, options.get("required", ())
    )


@cache
def _request_check(cls: type[Part]) -> Check:
    return _members_check({**REQUEST, **_members(cls, leave_out=never_sent(cls))}, required=("id",))


@cache
def _opening_check() -> Check:
    own = {
        **_members(OperationOpened),
        "operation": _field_check(Slug),
        "forces": _items_check(_force_is_valid, FORCES),
    }
    return _members_check({**REQUEST, **own}, required=("id", "operation"))


@cache
def _object_check(cls: type[Part]) -> Check:
    tag = cls.__struct_config__.tag_field
    return _members_check(_members(cls) if tag is None else {tag: None, **_members(cls)})


def _members(cls: type[Part], leave_out: tuple[str, ...] = ()) -> dict[str, Check | None]:
    return {one.encode_name: _field_check(one.type) for one in structs.fields(cls) if one.name not in leave_out}


def _members_check(members: dict[str, Check | None], required: tuple[str, ...] = ()) -> Check:
    """Return the check of an object with these members and no others. Null is valid: it counts as missing.

    `required` names members that must be present although `convert` does not require them.
    """

    def is_valid(row: Any) -> bool:
        if type(row) is not dict:
            return False
        for name, value in row.items():
            check_value = members[name]
            if check_value is not None and value is not None and not check_value(value):
                return False
        return not required or all(row.get(name) is not None for name in required)

    return is_valid


def _field_check(hint: Any) -> Check | None:
    """Return the check of a field of this type; None if msgspec checks it completely."""
    if get_origin(hint) is Annotated:
        return _bounded(hint)
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        return _field_check(members[0]) if len(members) == 1 else _line_is_valid
    if isinstance(hint, type) and issubclass(hint, Part):
        return _object_check(hint)
    formats: dict[Any, Check] = {UUID: UUID_TEXT.fullmatch, datetime: INSTANT.fullmatch, date: DAY.fullmatch}
    return formats.get(hint)


def _bounded(hint: Any) -> Check | None:
    match bounds_of(hint):
        case Matching(expression=expression):
            return re.compile(expression).fullmatch
        case Items() as bounds:
            return _items_check(_field_check(get_args(get_args(hint)[0])[0]), bounds)
    return None


def _items_check(check_item: Check | None, bounds: Items) -> Check:
    def is_valid(items: Any) -> bool:
        if type(items) is not list or len(items) > bounds.most:
            return False
        if bounds.unique and any(item in items[:index] for index, item in enumerate(items)):
            return False
        return check_item is None or all(map(check_item, items))

    return is_valid


def _line_is_valid(row: Any) -> object:
    return _object_check(LINE_CLASSES[row["kind"]])(row)


def _force_is_valid(one: Any) -> object:
    return _object_check(ForceJoined)({"force": one} if isinstance(one, str) else one)


REQUEST: dict[str, Check | None] = {"id": UUID_TEXT.fullmatch, "recorded_at": INSTANT.fullmatch}
