"""The quick reading of events takes what the schemas take, and nothing else, and makes the same events of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.readers import read_event
from service.api.schemas import event_schema
from service.domain.events import DATA_CLASSES, REPORTS, ArrestRecorded, Event, SeizureRecorded
from service.eventlog.codec import content, event_from
from tests.factories.strategies import events, instances

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
def test_every_event_is_read_quickly(event: Event) -> None:
    assert read_event(type(event.data), content(event)) == event or schema_refuses(content(event))


@given(nearly_events())
def test_both_ways_of_reading_agree(row: dict[str, Any]) -> None:
    read = read_event(DATA_CLASSES[row["type"]], row)
    if schema_refuses(row):
        assert read is None
    elif read is not None:
        assert read == event_from(row)


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
    row = whole | {"type": cls.wire_type} | row
    assert read_event(cls, row) is None
    assert schema_refuses(row)


def schema_refuses(row: dict[str, Any]) -> bool:
    return bool(event_schema(row["type"]).validate(row))
