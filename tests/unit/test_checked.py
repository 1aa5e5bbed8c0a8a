"""Reading events takes what the schemas take, and nothing else, and makes events that say what was sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.http import examples
from service.domain.model.events import DATA_CLASSES, REPORTS, ArrestRecorded, Event, OperationAmended, SeizureRecorded
from service.domain.model.instants import parse_instant
from service.wire import checked
from service.wire.checked import load_change, load_event, load_opening
from service.wire.schemas import WrongFields, event_schema
from service.wire.strict_json import JsonTrap, NotJson, parse
from tests.factories.contents import content
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.strategies import events, instances
from tests.golden.cases import hostile_cases

NEAR_MISSES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2) | st.sampled_from([10**12, 10**12 + 1, 2**53]),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(
        [
            "Knife",
            "exact",
            "GBP",
            "a/cocaine",
            "2023-01-17",
            "2023-02-30",
            "2023-01-17T21:40:00Z",
            "2023-01-17T21:40:00",
        ]
    ),
    st.just("0190C2A4-0000-7000-8000-000000000001"),
    st.sampled_from([[], {}, [None], [{}], {"kind": "phone"}, [{"kind": "phone"}], ["m25", "m25"]]),
)
REPORTED = st.one_of(*(instances(Event, data=instances(cls)) for cls in REPORTS))
NAMES = ("data", "count", "corrects", "correction_reason", "recorded_at", "place", "assisting", "kind", "colour", "id")


@st.composite
def nearly_events(draw: st.DrawFn) -> dict[str, Any]:
    """Return the JSON of what forces report, in which up to two members have been changed, added or taken out."""
    row: dict[str, Any] = json.loads(json.dumps(content(draw(REPORTED))))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(containers(row)))
        if isinstance(place, list):
            place[draw(st.integers(0, len(place) - 1))] = draw(NEAR_MISSES)
        elif place and draw(st.booleans()):
            del place[draw(st.sampled_from(sorted(set(place) - {"type"}) or ["type"]))]
        else:
            place[draw(st.sampled_from([*sorted(set(place) - {"type"}), *NAMES]))] = draw(NEAR_MISSES)
    return row


def containers(value: Any) -> list[Any]:
    """Return every object, and every list that is not empty, in a JSON value."""
    if isinstance(value, dict):
        return [value, *(found for member in value.values() for found in containers(member))]
    if isinstance(value, list) and value:
        return [value, *(found for item in value for found in containers(item))]
    return []


@given(events())
def test_every_event_is_read(event: Event) -> None:
    assert agreed(content(event)) in (event, None)


@given(nearly_events())
def test_what_is_read_is_what_the_schema_accepts(row: dict[str, Any]) -> None:
    agreed(row)


def test_hostile_bodies_are_read_if_the_schema_accepts_them() -> None:
    rows = [parsed(case.body) for case in hostile_cases() if case.address == "events"]
    known = [row for row in rows if isinstance(row, dict) and isinstance(row.get("type"), str)]
    read = [agreed(row) for row in known if row["type"] in DATA_CLASSES]
    assert len(read) > 400
    assert len(list(filter(None, read))) > 50


@pytest.mark.parametrize(
    ("cls", "row"),
    [
        (ArrestRecorded, {"data": None}),
        (ArrestRecorded, {"data": {"reason": "knife", "count": True}}),
        (ArrestRecorded, {"data": {"reason": "knife", "count": 1.0}}),
        (ArrestRecorded, {"data": {"reason": "knife"}, "colour": None}),
        (ArrestRecorded, {"data": {"reason": "knife"}, "recorded_at": "yesterday"}),
        (ArrestRecorded, {"data": {"reason": "knife"}, "corrects": "0190c2a4-0000-7000-8000-000000000002"}),
        (SeizureRecorded, {"data": {"lines": [{"kind": ["phone"]}]}}),
        (SeizureRecorded, {"data": {"lines": [{"kind": "phone", "weapon": "bladed/knife"}]}}),
    ],
)
def test_what_does_not_fit_is_left_to_the_schema(cls: type[Any], row: dict[str, Any]) -> None:
    whole = {"id": "0190c2a4-0000-7000-8000-000000000001", "force": "surrey", "occurred_at": "2023-01-17T21:40:00Z"}
    assert agreed(whole | {"type": cls.wire_type} | row) is None


def test_an_opening_with_a_force_twice_and_a_wrong_field_is_told_of_the_field() -> None:
    body = examples.OPENING | {"forces": ["kent", {"force": "kent"}]}
    for row, pointer in ((body, "/forces"), (body | {"name": ""}, "/name"), (body | {"imported": 1}, "/imported")):
        with pytest.raises(WrongFields) as refused:
            load_opening(row, "metropolitan")
        assert [one.pointer for one in refused.value.errors] == [pointer]


def test_days_that_are_one_but_spelled_otherwise_are_two() -> None:
    night = {"from": "2023-01-16T18:00:00Z", "before": "2023-01-17T04:00:00Z"}
    body = {
        "id": "0190c2a4-0000-7000-8000-000000000001",
        "days": [night, night | {"from": "2023-01-16T19:00:00+01:00"}],
    }
    data = load_change("operation.amended", body, "metropolitan").event.data
    assert isinstance(data, OperationAmended)
    assert data.days[0] == data.days[1]


@pytest.mark.parametrize(
    "load",
    [
        lambda: load_event(content(ArrestRecordedFactory())),
        lambda: load_change("operation.closed", {"id": "0190c2a4-0000-7000-8000-000000000001"}, "metropolitan"),
        lambda: load_opening(examples.OPENING, "metropolitan"),
    ],
    ids=["event", "change", "opening"],
)
def test_a_reader_that_refuses_what_its_schema_accepts_is_not_overlooked(
    load: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_values: Any) -> Any:
        raise ValueError

    load()
    monkeypatch.setattr(checked, "convert", refuse)
    with pytest.raises(AssertionError):
        load()


def agreed(row: dict[str, Any]) -> Event | None:
    """Return the event of a JSON object, which says the same; None if reader and schema refuse it, as both must."""
    refused = bool(event_schema(row["type"]).validate(row))
    try:
        event = load_event(row)
    except WrongFields:
        assert refused
        return None
    assert not refused
    assert says_the_same(content(event), row)
    return event


def says_the_same(written: Any, sent: Any) -> bool:
    """Return whether what is written of an event is what was sent, but for spelling and for what is left out."""
    if isinstance(written, dict):
        left_out = [value for name, value in sent.items() if name not in written and name != "recorded_at"]
        return all(map(may_be_left_out, left_out)) and all(says_the_same(written[name], sent[name]) for name in written)
    if isinstance(written, list):
        return len(written) == len(sent) and all(map(says_the_same, written, sent))
    if isinstance(written, str):
        return written in (sent, sent.lower()) or parse_instant(written) == parse_instant(sent)
    return bool(written == sent)


def may_be_left_out(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(may_be_left_out, value.values()))
    return value in (None, [], 1, "exact", "unstated", "events", "OFFICIAL-SENSITIVE", True, False)


def parsed(body: str) -> Any:
    try:
        return parse(body.encode("utf-8", "surrogateescape"))
    except (NotJson, JsonTrap):
        return None
