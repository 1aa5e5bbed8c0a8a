"""Encodes and decodes events. Their canonical text (RFC 8785) is stored, hashed and exported.

msgspec reads and writes the event classes themselves, so an event has one definition. All keys are ASCII, and all
numbers are whole and below 2^53: for such values, RFC 8785 is JSON with sorted keys and no spaces, as msgspec writes
it. A test compares it with an implementation of the RFC.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Raw, json

from service.domain.model.events import DATA_CLASSES, Event, RecordedBy, RecordedEvent
from service.domain.model.instants import in_range, in_utc
from service.domain.model.part import Part
from service.domain.model.vocabulary import Code, CorrectionReason, IncidentKey, Seq, Slug

Json = dict[str, Any]

SORTED, UNSORTED = json.Encoder(order="sorted"), json.Encoder()
# Empty data is left out.
EMPTY = b"{}"
NO_DATA = Raw(EMPTY)


class NotCanonical(ValueError):
    """The text is not the canonical text of its event."""


class EventEnvelope(Part, frozen=True, kw_only=True):
    """An event as one JSON object, with its type and data."""

    id: UUID
    force: Slug
    data: Any = None
    occurred_at: datetime | None = None
    occurred_on: date | None = None
    place: Code | None = None
    incident: IncidentKey | None = None
    assisting: tuple[Slug, ...] = ()
    corrects: UUID | None = None
    correction_reason: CorrectionReason | None = None
    type: str


class RecordedEnvelope(EventEnvelope, frozen=True, kw_only=True):
    """A recorded event as one JSON object. Its data is decoded once its type is known."""

    data: Raw = NO_DATA
    operation: Slug
    seq: Seq
    recorded_at: datetime
    recorded_by: RecordedBy


DECODER = json.Decoder(RecordedEnvelope)


def text_of(recorded: RecordedEvent) -> str:
    """Return the canonical text of a recorded event."""
    return _encoded(recorded, SORTED).decode()


def as_json(recorded: RecordedEvent) -> Json:
    """Return a recorded event as a JSON object: the sender's fields, then those that the service added.

    Nulls, empty lists, empty objects and default values are left out, as in the canonical text.
    """
    row: Json = json.decode(_encoded(recorded, UNSORTED))
    return row


def canonical(value: Any) -> bytes:
    """Return the canonical text (RFC 8785) of a part of an event, or of a list of parts."""
    return SORTED.encode(value)


def recorded_from_text(text: str) -> RecordedEvent:
    """Return the recorded event of a stored or exported canonical text.

    Raises:
        LookupError, TypeError, ValueError: the text is not one that this service wrote.
    """
    try:
        line = DECODER.decode(text)
        data = _decoder(line.type).decode(line.data)
    except RecursionError as error:
        raise ValueError("the text is nested too deeply") from error
    return RecordedEvent(
        event=event_of(line, data),
        operation=line.operation,
        seq=line.seq,
        recorded_at=in_utc(line.recorded_at),
        recorded_by=line.recorded_by,
    )


def recorded_from_canonical(text: str) -> RecordedEvent:
    """Return the recorded event of a text that must be canonical, byte for byte.

    Raises:
        NotCanonical: the event has another canonical text.
        LookupError, TypeError, ValueError: the text is not one that this service wrote.
    """
    recorded = recorded_from_text(text)
    if text_of(recorded) != text:
        raise NotCanonical(text)
    return recorded


def event_of(envelope: EventEnvelope, data: Any) -> Event:
    """Return the event with this data in this envelope.

    Raises:
        ValueError: `occurred_at` or `occurred_on` is outside 1900 to 2199.
    """
    moment, day = envelope.occurred_at, envelope.occurred_on
    return Event(
        id=envelope.id,
        force=envelope.force,
        data=data,
        occurred_at=None if moment is None else in_utc(moment),
        occurred_on=None if day is None else in_range(day),
        place=envelope.place,
        incident=envelope.incident,
        assisting=envelope.assisting,
        corrects=envelope.corrects,
        correction_reason=envelope.correction_reason,
    )


def _encoded(recorded: RecordedEvent, encoder: json.Encoder) -> bytes:
    event = recorded.event
    data = encoder.encode(event.data)
    return encoder.encode(
        RecordedEnvelope(
            id=event.id,
            force=event.force,
            data=NO_DATA if data == EMPTY else Raw(data),
            occurred_at=event.occurred_at,
            occurred_on=event.occurred_on,
            place=event.place,
            incident=event.incident,
            assisting=event.assisting,
            corrects=event.corrects,
            correction_reason=event.correction_reason,
            type=event.type,
            operation=recorded.operation,
            seq=recorded.seq,
            recorded_at=recorded.recorded_at,
            recorded_by=recorded.recorded_by,
        )
    )


@cache
def _decoder(wire_type: str) -> json.Decoder[Any]:
    return json.Decoder(DATA_CLASSES[wire_type])
