"""Events as text and back. The canonical text (RFC 8785) is what is stored, hashed and exported.

Both directions follow the fields of the event classes; there is no second definition. `content` is what the sender
sent, without nulls, empty lists and default values; the text adds operation, seq, recorded_at and recorded_by.

All keys are ASCII, and all numbers are whole and below 2^53: for such values RFC 8785 is JSON with sorted keys and no
spaces, which orjson writes at a fraction of the cost. A test compares it with an implementation of the RFC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson

from service.domain.events import DATA_CLASSES, LINE_CLASSES, Event, RecordedBy, RecordedEvent
from service.domain.instants import format_instant, parse_day, parse_instant

Json = dict[str, Any]
PLAIN = (str, int, bool)


def text_of(recorded: RecordedEvent) -> str:
    """Return the canonical text of a recorded event."""
    return canonical(as_json(recorded)).decode()


def canonical(value: Any) -> bytes:
    """Return the canonical text (RFC 8785) of JSON whose keys are ASCII and whose numbers are whole and below 2^53."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def as_json(recorded: RecordedEvent) -> Json:
    """Return a recorded event as the JSON object that its canonical text is of."""
    row = content(recorded.event)
    row["operation"] = recorded.operation
    row["seq"] = recorded.seq
    row["recorded_at"] = format_instant(recorded.recorded_at)
    row["recorded_by"] = encode(recorded.recorded_by)
    return row


def content(event: Event) -> Json:
    """Return what the sender sent, without nulls, empty lists, empty objects and default values."""
    sent: Json = encode(event)
    sent["type"] = event.type
    return sent


def recorded_from_text(text: str) -> RecordedEvent:
    """Return the recorded event of a stored or exported canonical text.

    Raises:
        KeyError, ValueError, TypeError: the text is not one that this service wrote.
    """
    row = json.loads(text)
    return RecordedEvent(
        event=event_from(row),
        operation=row["operation"],
        seq=row["seq"],
        recorded_at=parse_instant(row["recorded_at"]),
        recorded_by=decode(RecordedBy, row["recorded_by"]),
    )


def event_from(row: Mapping[str, Any]) -> Event:
    """Return the event of a JSON object that has been checked; members that are no part of an event are passed over."""
    data = decode(DATA_CLASSES[row["type"]], row.get("data") or {})
    event: Event = decode(Event, {**row, "data": data})
    return event


def encode(value: Any) -> Any:
    """Return an event, a part of one or a plain value as JSON, leaving out what is null, empty or the default."""
    cls: Any = type(value)
    return _writer(cls)(value)


def decode(cls: Any, row: Mapping[str, Any]) -> Any:
    """Return an object of this event class from its JSON; unknown members are passed over, nulls count as missing."""
    return cls(**{name: read(row[wire]) for name, wire, read in _readers(cls) if row.get(wire) is not None})


def wire_name(cls: type[Any], name: str) -> str:
    """Return the name that a field has on the wire; it differs only where Python reserves the word."""
    return str(getattr(cls, "wire_names", {}).get(name, name))


@cache
def _writer(cls: Any) -> Callable[[Any], Any]:
    """Return the function that turns a value of this type into JSON."""
    if issubclass(cls, tuple):
        return lambda items: [encode(item) for item in items]
    if hasattr(cls, "__dataclass_fields__"):
        return _fields_writer(cls)
    writers: dict[Any, Callable[[Any], Any]] = {datetime: format_instant, date: str, UUID: str}
    return writers.get(cls, _as_it_is)


def _fields_writer(cls: Any) -> Callable[[Any], Json]:
    kind: Json = {"kind": cls.kind} if cls in LINE_CLASSES.values() else {}
    members = [(wire_name(cls, item.name), item.default) for item in fields(cls)]
    values_of = _values_of(cls)

    def write(value: Any) -> Json:
        written = kind.copy()
        for (wire, default), member in zip(members, values_of(value), strict=True):
            if member is None or member in (default, ()):
                continue
            if type(member) in PLAIN:
                written[wire] = member
            elif (as_wire := encode(member)) != {}:
                written[wire] = as_wire
        return written

    return write


def _values_of(cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of an object's fields in their order."""
    names = [item.name for item in fields(cls)]
    get = attrgetter(*names) if names else None
    if get is None:
        return lambda _value: ()
    return get if len(names) > 1 else lambda value: (get(value),)


@cache
def _readers(cls: Any) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple((item.name, wire_name(cls, item.name), _reader(hints[item.name])) for item in fields(cls))


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return the function that turns the JSON of a field with this type into the field's value."""
    if get_origin(hint) is Annotated:
        return _reader(get_args(hint)[0])
    if get_origin(hint) is tuple:
        read_item = _reader(get_args(hint)[0])
        return lambda items: tuple(read_item(item) for item in items)
    if get_origin(hint) in (Union, UnionType):
        return _union_reader(hint)
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return lambda row: decode(hint, row)
    readers: dict[Any, Callable[[Any], Any]] = {datetime: parse_instant, date: parse_day, UUID: UUID}
    return readers.get(hint, _as_it_is)


def _union_reader(hint: Any) -> Callable[[Any], Any]:
    members = [member for member in get_args(hint) if member is not NoneType]
    if len(members) == 1:
        return _reader(members[0])
    if set(members) == set(LINE_CLASSES.values()):
        return lambda row: decode(LINE_CLASSES[row["kind"]], row)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
