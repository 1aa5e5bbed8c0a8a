"""Events as text and back. The canonical text (RFC 8785) is what is stored, hashed and exported.

Both directions follow the fields of the event classes; there is no second definition. `content` is what the sender
sent, without nulls, empty lists and default values; the text adds operation, seq, recorded_at and recorded_by.

All keys are ASCII, and all numbers are whole and below 2^53: for such values RFC 8785 is JSON with sorted keys and no
spaces, which orjson writes at a fraction of the cost. A test compares it with an implementation of the RFC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson

from service.domain.events import DATA_CLASSES, LINE_CLASSES, Event, RecordedBy, RecordedEvent
from service.domain.instants import EARLIEST_YEAR, LATEST_YEAR, parse_day, parse_instant
from service.eventlog.frozen import maker_of

Json = dict[str, Any]
# What is JSON as it is, and what is written as JSON as it stands.
PLAIN = {str, int, bool}
WRITTEN_AS_THEY_ARE = {*PLAIN, UUID, date, datetime}
Convert = Callable[[Any], Any]
# There are far fewer senders than events: one object for each will do.
MOST_SENDERS = 1_000


def text_of(recorded: RecordedEvent) -> str:
    """Return the canonical text of a recorded event."""
    return canonical(_recorded(recorded)).decode()


def canonical(value: Any) -> bytes:
    """Return the canonical text (RFC 8785) of JSON whose keys are ASCII and whose numbers are whole and below 2^53.

    Ids, days and moments in UTC may stand in it; they are written as on the wire.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def as_json(recorded: RecordedEvent) -> Json:
    """Return a recorded event as the JSON object that its canonical text is of."""
    return _plain(_recorded(recorded))


def content(event: Event) -> Json:
    """Return what the sender sent, without nulls, empty lists, empty objects and default values."""
    return _plain(_sent(event))


def _plain(row: Json) -> Json:
    """Return a JSON object with ids, days and moments as texts, its members in the order in which they were."""
    plain: Json = orjson.loads(orjson.dumps(row, option=orjson.OPT_UTC_Z))
    return plain


def _recorded(recorded: RecordedEvent) -> Json:
    row = _sent(recorded.event)
    row["operation"] = recorded.operation
    row["seq"] = recorded.seq
    row["recorded_at"] = recorded.recorded_at
    row["recorded_by"] = _signature(recorded.recorded_by.force, recorded.recorded_by.role)
    return row


def _sent(event: Event) -> Json:
    sent = encode(event)
    sent["type"] = event.type
    return sent


def recorded_from_text(text: str) -> RecordedEvent:
    """Return the recorded event of a stored or exported canonical text.

    Raises:
        KeyError, ValueError, TypeError: the text is not one that this service wrote.
    """
    row = orjson.loads(text)
    return RecordedEvent(
        event=event_from(row),
        operation=row["operation"],
        seq=row["seq"],
        recorded_at=read_instant(row["recorded_at"]),
        recorded_by=_recorded_by(**row["recorded_by"]),
    )


def event_from(row: Mapping[str, Any]) -> Event:
    """Return the event of a JSON object that has been checked; members that are no part of an event are passed over."""
    cls: Any = DATA_CLASSES[row["type"]]
    event: Event = maker_of(Event)(
        {"data": _object_reader(cls)(row.get("data") or {}), **_members_reader(Event, "data")(row)}
    )
    return event


def encode(value: Any) -> Json:
    """Return an event, or a part of one, for `canonical`, leaving out what is null, empty or the default."""
    cls: Any = type(value)
    return _object_writer(cls)(value)


def decode(cls: Any, row: Mapping[str, Any]) -> Any:
    """Return an object of this event class from its JSON; unknown members are passed over, nulls count as missing."""
    return _object_reader(cls)(row)


def wire_name(cls: type[Any], name: str) -> str:
    """Return the name that a field has on the wire; it differs only where Python reserves the word."""
    return str(getattr(cls, "wire_names", {}).get(name, name))


@cache
def _object_writer(cls: Any) -> Callable[[Any], Json]:
    """Return the function that turns an object of this class into a JSON object."""
    kind: Json = {"kind": cls.kind} if cls in LINE_CLASSES.values() else {}
    hints = get_type_hints(cls, include_extras=True)
    wires = [wire_name(cls, item.name) for item in fields(cls)]
    defaults = [None if item.default is MISSING else item.default for item in fields(cls)]
    writers = [_writer(hints[item.name]) for item in fields(cls)]
    values_of = _values_of(cls)

    def write(value: Any) -> Json:
        written = kind.copy()
        for wire, default, convert, member in zip(wires, defaults, writers, values_of(value), strict=True):
            if member is default:
                continue
            if convert is not None:
                if as_wire := convert(member):
                    written[wire] = as_wire
            elif type(member) not in WRITTEN_AS_THEY_ARE:
                raise TypeError(f"{member!r} is no {wire} of {cls.__name__}")
            elif default is None or member != default:
                written[wire] = member
        return written

    return write


def _writer(hint: Any) -> Convert | None:
    """Return the function that turns the value of a field with this type into JSON; None: `canonical` writes it."""
    if get_origin(hint) is Annotated:
        return _writer(get_args(hint)[0])
    if get_origin(hint) is tuple:
        write_item = _writer(get_args(hint)[0]) or _as_it_is
        return lambda items: [write_item(item) for item in items]
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        return _writer(members[0]) if len(members) == 1 else encode
    return _object_writer(hint) if hasattr(hint, "__dataclass_fields__") else None


def _as_it_is(item: Any) -> Any:
    if type(item) in WRITTEN_AS_THEY_ARE:
        return item
    raise TypeError(f"{item!r} is in no list of an event")


def _values_of(cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of an object's fields in their order."""
    names = [item.name for item in fields(cls)]
    get = attrgetter(*names) if names else None
    if get is None:
        return lambda _value: ()
    return get if len(names) > 1 else lambda value: (get(value),)


@lru_cache(MOST_SENDERS, typed=True)
def _signature(force: str, role: str) -> Json:
    return encode(RecordedBy(force=force, role=role))


@lru_cache(MOST_SENDERS, typed=True)
def _recorded_by(force: str, role: str) -> RecordedBy:
    return RecordedBy(force=force, role=role)


@cache
def _object_reader(cls: Any) -> Convert:
    """Return the function that makes an object of this class from its JSON."""
    read_members, make = _members_reader(cls), maker_of(cls)
    return lambda row: make(read_members(row))


@cache
def _members_reader(cls: Any, *leave_out: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return the function that reads the fields of a class, without some, from their members in a JSON object."""
    hints = get_type_hints(cls, include_extras=True)
    names = [item.name for item in fields(cls) if item.name not in leave_out]
    members = [(name, wire_name(cls, name), _reader(hints[name])) for name in names]

    def read(row: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for name, wire, convert in members:
            value = row.get(wire)
            if value is not None:
                values[name] = value if convert is None else convert(value)
        return values

    return read


def _reader(hint: Any) -> Convert | None:
    """Return the function that turns the JSON of a field with this type into the field's value; None: it is that."""
    if get_origin(hint) is Annotated:
        return _reader(get_args(hint)[0])
    if get_origin(hint) is tuple:
        read_item = _reader(get_args(hint)[0])
        return tuple if read_item is None else lambda items: tuple([read_item(item) for item in items])
    if get_origin(hint) in (Union, UnionType):
        return _union_reader(hint)
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return _object_reader(hint)
    readers: dict[Any, Convert] = {datetime: read_instant, date: parse_day, UUID: UUID}
    return readers.get(hint)


def _union_reader(hint: Any) -> Convert | None:
    members = [member for member in get_args(hint) if member is not NoneType]
    if len(members) == 1:
        return _reader(members[0])
    if set(members) == set(LINE_CLASSES.values()):
        return _read_line
    return None


def _read_line(row: Mapping[str, Any]) -> Any:
    cls: Any = LINE_CLASSES[row["kind"]]
    return _object_reader(cls)(row)


def read_instant(text: str) -> datetime:
    """Return a moment. As we write it, it is read at once; what senders may write besides, as they write it."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is UTC and EARLIEST_YEAR <= moment.year <= LATEST_YEAR else parse_instant(text)
