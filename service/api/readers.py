"""Events straight from JSON, checked on the way: the quick path beside marshmallow, made from the same event classes.

A reader takes exactly what the schema of `derive` takes, converts it in the same pass, and stops at the first thing
that does not fit, without a word: what is wrong, the schema then tells. A test holds both to each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from service.api.derive import envelope
from service.api.fields import UUID_TEXT
from service.domain.events import LINE_CLASSES, Event
from service.domain.instants import parse_day, parse_instant
from service.domain.vocabulary import Items, Matching, Whole
from service.eventlog.codec import wire_name
from service.eventlog.frozen import maker_of, uuid_of

Read = Callable[[Any], Any]


class DoesNotFit(ValueError):
    """The value is not what its field takes. Never told to anybody: the schema has the words for it."""


def read_event(cls: Any, row: Mapping[str, Any]) -> Event | None:
    """Return the event with data of this class that a JSON object is; None if anything in it does not fit."""
    try:
        return _event_reader(cls)(row)
    except (TypeError, ValueError):
        return None


@cache
def _event_reader(cls: Any) -> Callable[[Mapping[str, Any]], Event]:
    read_members = _members_reader(Event, **envelope(cls), read_elsewhere=("type", "data", "recorded_at"))
    read_data, make = _object_reader(cls), maker_of(Event)

    def read(row: Mapping[str, Any]) -> Event:
        values = read_members(row)
        if ("corrects" in values) != ("correction_reason" in values):
            raise DoesNotFit
        if row.get("recorded_at") is not None:
            parse_instant(row["recorded_at"])
        values["data"] = read_data(row.get("data", {}))
        event: Event = make(values)
        return event

    return read


@cache
def _object_reader(cls: Any) -> Read:
    read_members, make = _members_reader(cls), maker_of(cls)
    return lambda row: make(read_members(row))


def _members_reader(
    cls: type[Any],
    *,
    leave_out: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    read_elsewhere: tuple[str, ...] = (),
) -> Callable[[Any], dict[str, Any]]:
    """Return the function that gives, of a JSON object, the values by the names of a class's fields.

    Nulls count as missing. It raises DoesNotFit if a member is unknown, missing, or not what its field takes.
    """
    hints = get_type_hints(cls, include_extras=True)
    own = [item for item in fields(cls) if item.name not in leave_out]
    readers = {wire_name(cls, item.name): (item.name, _reader(hints[item.name])) for item in own}
    needed = {item.name for item in own if item.default is MISSING or item.name in required}

    def read(row: Any) -> dict[str, Any]:
        if type(row) is not dict:
            raise DoesNotFit
        values = {}
        for key, value in row.items():
            if key in readers:
                if value is not None:
                    name, read_value = readers[key]
                    values[name] = read_value(value)
            elif key not in read_elsewhere:
                raise DoesNotFit
        if not needed <= values.keys():
            raise DoesNotFit
        return values

    return read


def _reader(hint: Any) -> Read:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1])
    if origin is Literal:
        return _word(frozenset(arguments))
    if origin in (Union, UnionType):
        members = [member for member in arguments if member is not NoneType]
        return _reader(members[0]) if len(members) == 1 else _line
    plain: dict[Any, Read] = {datetime: parse_instant, date: parse_day, UUID: _uuid, bool: _truth}
    return plain[hint] if hint in plain else _object_reader(hint)


def _bounded(hint: Any, bounds: Any) -> Read:
    match bounds:
        case Whole(least=least, most=most):
            return _whole(least, most)
        case Matching():
            return _text(re.compile(bounds.expression).fullmatch, bounds.most)
        case Items():
            return _items(_reader(get_args(hint)[0]), bounds)
    raise AssertionError(f"no reader for {hint} with {bounds}")


def _whole(least: int, most: int) -> Read:
    def read(value: Any) -> int:
        if type(value) is int and least <= value <= most:
            return value
        raise DoesNotFit

    return read


def _text(fullmatch: Callable[[str], object], most: int) -> Read:
    def read(value: Any) -> str:
        if type(value) is str and len(value) <= most and fullmatch(value):
            return value
        raise DoesNotFit

    return read


def _word(words: frozenset[str]) -> Read:
    def read(value: Any) -> str:
        if type(value) is str and value in words:
            return value
        raise DoesNotFit

    return read


def _items(read_item: Read, bounds: Items) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or not bounds.least <= len(value) <= bounds.most:
            raise DoesNotFit
        items = tuple([read_item(item) for item in value])
        if bounds.unique and any(item in items[:index] for index, item in enumerate(items)):
            raise DoesNotFit
        return items

    return read


def _uuid(value: Any) -> UUID:
    if type(value) is str and UUID_TEXT.fullmatch(value):
        return uuid_of(value)
    raise DoesNotFit


def _truth(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise DoesNotFit


def _line(value: Any) -> Any:
    """Read one line of a seizure, whose `kind` says which fields it has."""
    kind = value.get("kind") if type(value) is dict else None
    if type(kind) is not str or kind not in LINE_CLASSES:
        raise DoesNotFit
    return _line_reader(kind)(value)


@cache
def _line_reader(kind: str) -> Read:
    cls: Any = LINE_CLASSES[kind]
    read_members, make = _members_reader(cls, read_elsewhere=("kind",)), maker_of(cls)
    return lambda row: make(read_members(row))
