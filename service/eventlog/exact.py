"""Reading a stored text as what this service wrote, and as nothing that only comes to the same event.

A text is canonical if `text_of` gives it again. To write every event once more takes as long as to read it, so this is
found out on the way. Two things are enough: the text's JSON, written again, is the text; and the event, written as
JSON, is that JSON. The second holds if every member is of a field, and none is null, empty, its field's default, or
spelled otherwise than here. Like the codec, this follows the fields of the event classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson

from service.domain.events import DATA_CLASSES, LINE_CLASSES, Event, RecordedBy, RecordedEvent
from service.domain.instants import format_instant, parse_day
from service.eventlog.codec import MOST_SENDERS, PLAIN, Json, canonical, read_instant, wire_name
from service.eventlog.frozen import maker_of, uuid_of

# As `str` writes one.
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Read = Callable[[Any], Any]
# Many events of one transaction are recorded, and many happen, at one moment.
MOST_INSTANTS = 1_000


class NotCanonical(ValueError):
    """The text is not the one that its event has. What exactly is wrong with it, the codec can tell."""


def recorded_from_canonical(text: str) -> RecordedEvent:
    """Return the recorded event whose canonical text this is, to the letter.

    Raises:
        NotCanonical, AttributeError, LookupError, TypeError, ValueError: the text is not one that this service wrote.
    """
    row = orjson.loads(text)
    if canonical(row).decode() != text:
        raise NotCanonical(text)
    read_event = _event_reader(row.pop("type"))
    return RecordedEvent(
        operation=row.pop("operation"),
        seq=row.pop("seq"),
        recorded_at=_instant(row.pop("recorded_at")),
        recorded_by=_recorded_by(**row.pop("recorded_by")),
        # What is left.
        event=read_event(row),
    )


@cache
def _event_reader(wire_type: str) -> Callable[[Json], Event]:
    """Return the function that makes an event of this type from the members that are left in its row."""
    cls: Any = DATA_CLASSES[wire_type]
    read_members, make = _members_reader(Event, data=_object_reader(cls)), maker_of(Event)

    def read(row: Json) -> Event:
        values = read_members(row)
        if "data" not in values:
            values["data"] = cls()
        event: Event = make(values)
        return event

    return read


@lru_cache(MOST_SENDERS, typed=True)
def _recorded_by(force: str, role: str) -> RecordedBy:
    recorded_by: RecordedBy = _object_reader(RecordedBy)({"force": force, "role": role})
    return recorded_by


@cache
def _object_reader(cls: Any) -> Read:
    """Return the function that makes an object of this class from its JSON."""
    read_members, make = _members_reader(cls), maker_of(cls)
    return lambda row: make(read_members(row))


def _members_reader(cls: Any, **given: Read) -> Callable[[Json], dict[str, Any]]:
    """Return the function that reads the fields of a class from all members of a JSON object."""
    hints = get_type_hints(cls, include_extras=True)
    members = {
        wire_name(cls, item.name): (item.name, given.get(item.name) or _reader(hints[item.name]), item.default)
        for item in fields(cls)
    }

    def read(row: Json) -> dict[str, Any]:
        values = {}
        for wire, value in row.items():
            name, convert, default = members[wire]
            if convert is None:
                if type(value) not in PLAIN or value == default:
                    raise NotCanonical(wire)
                values[name] = value
            elif value:
                values[name] = convert(value)
            else:
                raise NotCanonical(wire)
        return values

    return read


def _reader(hint: Any) -> Read | None:
    """Return the function that turns the JSON of a field with this type into the field's value; None: it is that."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _reader(arguments[0])
    if origin is tuple:
        return _items_reader(_reader(arguments[0]) or _plain)
    if origin in (Union, UnionType):
        members = [member for member in arguments if member is not NoneType]
        return _reader(members[0]) if len(members) == 1 else _line
    if hasattr(hint, "__dataclass_fields__"):
        return _object_reader(hint)
    readers: dict[Any, Read] = {datetime: _instant, date: parse_day, UUID: _uuid}
    return readers.get(hint)


def _items_reader(read_item: Read) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise NotCanonical(value)
        return tuple([read_item(item) for item in value])

    return read


def _plain(value: Any) -> Any:
    if type(value) in PLAIN:
        return value
    raise NotCanonical(value)


def _line(row: Json) -> Any:
    cls: Any = LINE_CLASSES[row.pop("kind")]
    return _object_reader(cls)(row)


def _uuid(text: str) -> UUID:
    if UUID_TEXT.fullmatch(text):
        return uuid_of(text)
    raise NotCanonical(text)


@lru_cache(MOST_INSTANTS)
def _instant(text: str) -> datetime:
    moment = read_instant(text)
    if format_instant(moment) == text:
        return moment
    raise NotCanonical(text)
