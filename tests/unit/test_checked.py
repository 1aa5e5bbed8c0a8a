"""The reader accepts exactly what the schemas accept, and its events have the content that was sent."""

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
from tests.golden.cases import invalid_cases

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
NAMES = (
    *("data", "count", "corrects", "correction_reason", "recorded_at", "place", "assisting", "kind", "colour", "id"),
    *("occurred_at", "occurred_on", "occurred_before", "day", "day_from", "day_before"),
)


@st.composite
def mutated_reports(draw: st.DrawFn) -> dict[str, Any]:
    """Return the JSON of a report with up to two members changed, added or removed."""
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
    """Return every object and every non-empty list in a JSON value."""
    if isinstance(value, dict):
        return [value, *(found for member in value.values() for found in containers(member))]
    if isinstance(value, list) and value:
        return [value, *(found for item in value for found in containers(item))]
    return []


@given(events())
def test_every_event_is_read(event: Event) -> None:
    assert agreed(content(event)) in (event, None)


@given(mutated_reports())
def test_the_reader_accepts_what_the_schema_accepts(row: dict[str, Any]) -> None:
    agreed(row)


def test_the_reader_and_the_schema_agree_on_invalid_bodies() -> None:
    rows = [parsed(case.body) for case in invalid_cases() if case.address == "events"]
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
def test_an_invalid_event_is_refused_by_both(cls: type[Any], row: dict[str, Any]) -> None:
    whole = {"id": "0190c2a4-0000-7000-8000-000000000001", "force": "surrey", "occurred_at": "2023-01-17T21:40:00Z"}
    assert agreed(whole | {"type": cls.wire_type} | row) is None


def test_an_opening_with_a_duplicate_force_and_an_invalid_field_reports_the_field() -> None:
    body = examples.OPENING | {"forces": ["kent", {"force": "kent"}]}
    for row, pointer in ((body, "/forces"), (body | {"name": ""}, "/name"), (body | {"imported": 1}, "/imported")):
        with pytest.raises(WrongFields) as refused:
            load_opening(row, "metropolitan")
        assert [one.pointer for one in refused.value.errors] == [pointer]


def test_one_day_in_two_formats_is_not_a_duplicate() -> None:
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
def test_a_reader_that_refuses_what_its_schema_accepts_raises_an_error(
    load: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_values: Any) -> Any:
        raise ValueError

    load()
    monkeypatch.setattr(checked, "convert", refuse)
    with pytest.raises(AssertionError):
        load()


def agreed(row: dict[str, Any]) -> Event | None:
    """Return the event of a JSON object; None if it is invalid. Reader and schema must agree."""
    refused = bool(event_schema(row["type"]).validate(row))
    try:
        event = load_event(row)
    except WrongFields:
        assert refused
        return None
    assert not refused
    assert is_equivalent(content(event), row)
    return event


def is_equivalent(written: Any, sent: Any) -> bool:
    """Return whether an event is written as it was sent, except for formats and omitted members."""
    if isinstance(written, dict):
        omitted = [value for name, value in sent.items() if name not in written and name != "recorded_at"]
        return all(map(can_be_omitted, omitted)) and all(is_equivalent(written[name], sent[name]) for name in written)
    if isinstance(written, list):
        return len(written) == len(sent) and all(map(is_equivalent, written, sent))
    if isinstance(written, str):
        return written in (sent, sent.lower()) or parse_instant(written) == parse_instant(sent)
    return bool(written == sent)


def can_be_omitted(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(can_be_omitted, value.values()))
    return value in (None, [], 1, "exact", "unstated", "events", "OFFICIAL-SENSITIVE", True, False)


def parsed(body: str) -> Any:
    try:
        return parse(body.encode("utf-8", "surrogateescape"))
    except (NotJson, JsonTrap):
        return None
