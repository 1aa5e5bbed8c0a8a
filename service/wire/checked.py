"""What is sent, as events: checked and made in one pass. If anything does not fit, the schema reports what is wrong.

msgspec checks types, words and bounds. What it would let pass is checked before, in the JSON itself: patterns, unknown
fields, lists that repeat an item, and the spelling of ids, moments and days. Both take the same events: a test compares
them, and an event that a reader refuses and its schema accepts is an error of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NoReturn, Union, get_args, get_origin
from uuid import UUID

import marshmallow as ma
from msgspec import convert, structs

from service.domain.deciding.draft import Opening, Submission
from service.domain.model.events import DATA_CLASSES, LINE_CLASSES, Event, ForceJoined, OperationOpened
from service.domain.model.instants import in_utc, parse_day, parse_instant
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

# It returns the value as `convert` takes it, or raises one of DOES_NOT_FIT.
Check = Callable[[Any], Any]
DOES_NOT_FIT = (LookupError, TypeError, ValueError)
UUID_CHARACTERS = 36


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
    return load_submission(row, tuple(DATA_CLASSES)).event


def load_change(wire_type: str, row: Any, force: str) -> Submission:
    """Return the setup event of a coordinator's call. `force` is the coordinator's own.

    Raises:
        WrongFields: naming every field that is wrong.
    """
    try:
        cls = DATA_CLASSES[wire_type]
        return _flat(cls, _checked_call(cls)(row), force)
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
    sent = convert(_checked_envelope(cls)(row), Sent)
    if (sent.corrects is None) != (sent.correction_reason is None):
        raise ValueError(row)
    event = event_of(sent, convert(_checked_object(cls)(row.get("data", {})), cls))
    return Submission(event, None if sent.recorded_at is None else in_utc(sent.recorded_at))


def _opening(row: Json, force: str) -> Opening:
    members = _checked_opening()(row)
    # Unlike other fields, this one takes no null.
    if row.get("forces", ()) is None:
        raise ValueError(row)
    forces: list[ForceJoined] = members.pop("forces", [])
    members["forces"] = names = [joined.force for joined in forces]
    operation = members.pop("operation")
    submission = _flat(OperationOpened, members, force)
    if len(set(names)) < len(names):
        raise WrongFields("A force stands in the list twice.", pointer="/forces")
    return Opening(operation=operation, submission=submission, forces=forces)


def _flat(cls: Any, members: Json, force: str) -> Submission:
    """Return the event of a call whose data stands beside its id."""
    event_id, recorded_at = members.pop("id"), members.pop("recorded_at", None)
    return Submission(Event(id=UUID(event_id), force=force, data=convert(members, cls)), recorded_at)


@cache
def _checked_envelope(cls: type[Part]) -> Check:
    around = envelope(cls)
    own = _checks(Event, leave_out=around["leave_out"])
    return _members({**own, "type": None, "data": None, "recorded_at": parse_instant}, around.get("required", ()))


@cache
def _checked_call(cls: type[Part]) -> Check:
    return _members({**_call_checks(), **_checks(cls, leave_out=never_sent(cls))})


@cache
def _checked_opening() -> Check:
    own = {"operation": _check_of(Slug), "forces": _items(_force, FORCES)}
    return _members({**_call_checks(), **_checks(OperationOpened, leave_out=("forces",)), **own})


@cache
def _checked_object(cls: type[Part]) -> Check:
    tag = cls.__struct_config__.tag_field
    return _members(_checks(cls) if tag is None else {tag: None, **_checks(cls)})


def _call_checks() -> dict[str, Check | None]:
    return {"id": _check_of(UUID), "recorded_at": parse_instant}


def _checks(cls: type[Part], leave_out: tuple[str, ...] = ()) -> dict[str, Check | None]:
    return {one.encode_name: _check_of(one.type) for one in structs.fields(cls) if one.name not in leave_out}


def _members(checks: dict[str, Check | None], required: tuple[str, ...] = ()) -> Check:
    """Return the check of an object that has these members and no others. Members that are null are left out.

    `required` names members that `convert` takes to be optional.
    """

    def checked(row: Any) -> Json:
        if type(row) is not dict:
            raise TypeError(row)
        kept = {}
        for name, value in row.items():
            check_value = checks[name]
            if value is not None:
                kept[name] = value if check_value is None else check_value(value)
        for name in required:
            kept[name]
        return kept

    return checked


def _check_of(hint: Any) -> Check | None:
    """Return the check of a field of this type; None where msgspec checks all."""
    if get_origin(hint) is Annotated:
        return _bounded(hint)
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        return _check_of(members[0]) if len(members) == 1 else _line
    if isinstance(hint, type) and issubclass(hint, Part):
        return _checked_object(hint)
    spelled: dict[Any, Check] = {UUID: _text(UUID_TEXT, UUID_CHARACTERS), datetime: parse_instant, date: parse_day}
    return spelled.get(hint)


def _bounded(hint: Any) -> Check | None:
    match bounds_of(hint):
        case Matching(expression=expression, most=most):
            return _text(re.compile(expression), most)
        case Items() as bounds:
            return _items(_check_of(get_args(get_args(hint)[0])[0]), bounds)
    return None


def _text(shape: re.Pattern[str], most: int) -> Check:
    fullmatch = shape.fullmatch

    def checked(text: Any) -> Any:
        if len(text) <= most and fullmatch(text):
            return text
        raise ValueError(text)

    return checked


def _items(check_item: Check | None, bounds: Items) -> Check:
    def checked(items: Any) -> list[Any]:
        if type(items) is not list or len(items) > bounds.most:
            raise TypeError(items)
        if bounds.unique and any(item in items[:index] for index, item in enumerate(items)):
            raise ValueError(items)
        return items if check_item is None else [check_item(item) for item in items]

    return checked


def _line(row: Any) -> Any:
    return _checked_object(LINE_CLASSES[row["kind"]])(row)


def _force(one: Any) -> ForceJoined:
    return convert(_checked_object(ForceJoined)({"force": one} if isinstance(one, str) else one), ForceJoined)
