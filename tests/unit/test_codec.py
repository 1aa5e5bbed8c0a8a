"""Encoding and decoding events: the round trip is lossless, and an event has exactly one text."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given

from service.domain.model.events import (
    CashLine,
    DrugLine,
    PhoneLine,
    RecordedBy,
    RecordedEvent,
    WeaponLine,
    Window,
)
from service.wire.checked import load_event
from service.wire.codec import as_json, recorded_from_text, text_of
from service.wire.schemas import WrongFields
from tests.factories.contents import content
from tests.factories.operations import RecordedEventFactory
from tests.factories.reports import ArrestRecordedFactory, EventWithdrawnFactory, SeizureRecordedFactory
from tests.factories.setup import OperationOpenedFactory
from tests.factories.strategies import recorded_events

AN_ID = UUID("0190c2a4-0000-7000-8000-000000000001")
ANOTHER_ID = UUID("0190c2a4-0000-7000-8000-000000000002")


def empty_members(value: Any) -> list[Any]:
    """Return every null, empty list and empty object in a JSON value."""
    if isinstance(value, dict):
        return [found for member in value.values() for found in empty_members(member)] or [value] * (not value)
    if isinstance(value, list):
        return [found for item in value for found in empty_members(item)] or [value] * (not value)
    return [value] * (value is None)


@given(recorded_events())
def test_the_round_trip_of_an_event_is_lossless(recorded: RecordedEvent) -> None:
    assert recorded_from_text(text_of(recorded)) == recorded


@given(recorded_events())
def test_the_text_is_canonical_on_one_line_and_without_empty_members(recorded: RecordedEvent) -> None:
    text, row = text_of(recorded), as_json(recorded)
    assert text.encode() == rfc8785.dumps(json.loads(text))
    assert text == json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert len(text.splitlines()) == 1
    assert empty_members(row) == []


def test_the_text_of_an_arrest() -> None:
    arrest = ArrestRecordedFactory(
        id=AN_ID,
        reason="drugs",
        count=2,
        place="m25",
        assisting=("kent",),
        occurred_at=datetime(2023, 1, 17, 21, 40, tzinfo=UTC),
    )
    recorded = RecordedEventFactory(event=arrest, seq=12, recorded_at=datetime(2023, 1, 18, 8, 0, 0, 5, tzinfo=UTC))
    assert text_of(recorded) == (
        '{"assisting":["kent"],"data":{"count":2,"reason":"drugs"},"force":"surrey",'
        '"id":"0190c2a4-0000-7000-8000-000000000001","occurred_at":"2023-01-17T21:40:00Z","operation":"lantern",'
        '"place":"m25","recorded_at":"2023-01-18T08:00:00.000005Z","recorded_by":{"force":"surrey","role":"force"},'
        '"seq":12,"type":"arrest.recorded"}'
    )


def test_the_text_of_an_arrest_of_a_day() -> None:
    recorded = RecordedEventFactory(event=ArrestRecordedFactory(id=AN_ID, day_only=True), seq=12)
    assert text_of(recorded) == (
        '{"data":{"reason":"knife"},"force":"surrey","id":"0190c2a4-0000-7000-8000-000000000001",'
        '"occurred_on":"2023-01-17","operation":"lantern","recorded_at":"2023-01-18T08:00:00Z",'
        '"recorded_by":{"force":"surrey","role":"force"},"seq":12,"type":"arrest.recorded"}'
    )


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2200, 1, 1)])
def test_a_day_outside_1900_to_2199_is_refused(day: date) -> None:
    text = text_of(RecordedEventFactory(event=ArrestRecordedFactory(day_only=True, occurred_on=day)))
    with pytest.raises(ValueError, match="years 1900 to 2199"):
        recorded_from_text(text)


def test_a_field_at_its_default_is_not_written() -> None:
    stated = ArrestRecordedFactory(id=AN_ID, count=1, qualifier="exact", assisting=(), place=None)
    assert content(stated)["data"] == {"reason": "knife"}
    assert set(content(stated)) == {"id", "type", "force", "occurred_at", "data"}


def test_a_withdrawal_has_no_data() -> None:
    withdrawal = EventWithdrawnFactory(id=AN_ID, corrects=ANOTHER_ID, correction_reason="duplicate")
    assert content(withdrawal) == {
        "id": str(AN_ID),
        "type": "event.withdrawn",
        "force": "surrey",
        "corrects": str(ANOTHER_ID),
        "correction_reason": "duplicate",
    }


def test_each_line_of_a_seizure_has_its_kind() -> None:
    lines = (
        WeaponLine(weapon="bladed/knife"),
        DrugLine(drug="a/cocaine", wraps=3, qualifier="about"),
        CashLine(currency="GBP", amount_minor=52_000),
        PhoneLine(),
    )
    assert content(SeizureRecordedFactory(lines=lines))["data"]["lines"] == [
        {"kind": "weapon", "weapon": "bladed/knife"},
        {"kind": "drug", "drug": "a/cocaine", "wraps": 3, "qualifier": "about"},
        {"kind": "cash", "currency": "GBP", "amount_minor": 52_000},
        {"kind": "phone"},
    ]


def test_a_window_is_written_with_its_wire_names() -> None:
    night = Window(starts_at=datetime(2023, 1, 16, 18, tzinfo=UTC), ends_at=datetime(2023, 1, 17, 4, tzinfo=UTC))
    assert content(OperationOpenedFactory(days=(night,)))["data"]["days"] == [
        {"from": "2023-01-16T18:00:00Z", "before": "2023-01-17T04:00:00Z"}
    ]


def test_nulls_in_a_sent_event_are_ignored() -> None:
    arrest = ArrestRecordedFactory()
    assert load_event(content(arrest) | {"place": None, "assisting": None}) == arrest


def test_unknown_members_are_ignored_in_a_stored_event_and_refused_in_a_sent_one() -> None:
    recorded = RecordedEventFactory(event=ArrestRecordedFactory())
    row = as_json(recorded) | {"place": None, "colour": "blue"}
    row["data"] |= {"colour": "blue"}
    assert recorded_from_text(json.dumps(row)) == recorded
    with pytest.raises(WrongFields):
        load_event(content(recorded.event) | {"colour": "blue"})


@pytest.mark.parametrize("text", ["{}", "[]", "null", "", '{"type":"nothing.happened"}', '{"a":' * 2_000])
def test_a_text_that_this_service_did_not_write_is_refused(text: str) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        recorded_from_text(text)


def test_the_sender_is_part_of_the_text() -> None:
    arrest = ArrestRecordedFactory()
    by_force = RecordedEventFactory(event=arrest)
    by_coordinator = RecordedEventFactory(
        event=arrest, recorded_by=RecordedBy(force="metropolitan", role="coordinator")
    )
    assert text_of(by_force) != text_of(by_coordinator)
