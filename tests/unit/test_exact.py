"""`recorded_from_canonical` accepts a text if and only if it is the canonical text of its event."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from service.domain.model.events import DATA_CLASSES, LINE_CLASSES, Event, RecordedBy, RecordedEvent
from service.eventlog.check_block import UNREADABLE
from service.wire.codec import canonical, recorded_from_canonical, recorded_from_text, text_of
from tests.factories.operations import RecordedEventFactory
from tests.factories.reports import ArrestRecordedFactory, SeizureRecordedFactory
from tests.factories.strategies import recorded_events

CLASSES: tuple[Any, ...] = (Event, RecordedBy, *DATA_CLASSES.values(), *LINE_CLASSES.values())
# Every member of every class, with its default. Most are invalid where the test puts them.
MEMBERS = [
    (item.encode_name, None if item.required or item.default == () else item.default)
    for cls in CLASSES
    for item in fields(cls)
]
VALUES: list[Any] = [
    None,
    [],
    {},
    "",
    "x",
    0,
    1,
    2,
    -1,
    1.0,
    2.5,
    2**53,
    True,
    False,
    [None],
    [[]],
    [1],
    ["x"],
    {"x": 1},
]
INSTANTS = ["2023-01-17T21:40:00Z", "2023-01-17T21:40:00.000000Z", "2023-01-17T21:40:00+00:00", "2023-W03-2T21:40:00Z"]
SPELLINGS: list[Callable[[str], str]] = [
    str.upper,
    str.title,
    lambda text: text.replace("-", ""),
    lambda text: text.replace("Z", "+00:00"),
    lambda text: text.replace("Z", ".000000Z"),
    lambda text: text.replace("T", " "),
    lambda text: f" {text}",
    lambda text: f"{{{text}}}",
    lambda text: f"{text[:10]}T23:59:60Z",
    lambda text: f"urn:{text.replace('-', '')}",
]
TEXT_CHANGES: list[Callable[[str], str]] = [
    lambda text: text.replace(":", ": ", 1),
    lambda text: text + " ",
    lambda text: text.replace('"force"', '"\\u0066orce"'),
    lambda text: text.replace('"force":', '"force":"twice","force":', 1),
    lambda text: json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")),
    lambda text: text.replace("/", "\\/"),
    lambda text: text[:-1],
    lambda text: f"[{text}]",
]


def containers(value: Any) -> Iterator[Any]:
    """Yield every non-empty object and list in a JSON value."""
    if isinstance(value, (dict, list)) and value:
        yield value
        for member in value.values() if isinstance(value, dict) else value:
            yield from containers(member)


@st.composite
def mutated(draw: st.DrawFn, recorded: st.SearchStrategy[RecordedEvent]) -> str:
    """Return the text of an event with up to two changes to its JSON, and perhaps one to its format."""
    row = json.loads(text_of(draw(recorded)))
    for _ in range(draw(st.integers(0, 2))):
        inside = draw(st.sampled_from(list(containers(row))))
        if isinstance(inside, dict) and draw(st.booleans()):
            name, default = draw(st.sampled_from([*MEMBERS, ("colour", "blue"), ("kind", "phone")]))
            inside[name] = draw(st.sampled_from([default, *VALUES, *INSTANTS]))
            continue
        key = draw(st.sampled_from(list(inside) if isinstance(inside, dict) else list(range(len(inside)))))
        if draw(st.booleans()) and isinstance(inside[key], str):
            inside[key] = draw(st.sampled_from(SPELLINGS))(inside[key])
        elif draw(st.booleans()):
            del inside[key]
        else:
            inside[key] = draw(st.sampled_from([*VALUES, *INSTANTS]))
        if not row:
            return "{}"
    text = canonical(row).decode()
    return draw(st.sampled_from(TEXT_CHANGES))(text) if draw(st.booleans()) else text


def read_canonical(text: str) -> RecordedEvent | None:
    try:
        return recorded_from_canonical(text)
    except UNREADABLE:
        return None


def read_and_written(text: str) -> RecordedEvent | None:
    """Return the event of a text if the text is canonical: the reference implementation."""
    try:
        recorded = recorded_from_text(text)
        return recorded if text_of(recorded) == text else None
    except UNREADABLE:
        return None


@given(recorded_events())
def test_a_canonical_text_is_accepted(recorded: RecordedEvent) -> None:
    assert recorded_from_canonical(text_of(recorded)) == recorded


@given(mutated(recorded_events()))
def test_a_text_is_refused_if_and_only_if_it_is_not_canonical(text: str) -> None:
    assert read_canonical(text) == read_and_written(text)


ARREST = text_of(RecordedEventFactory(event=ArrestRecordedFactory(reason="knife", count=2, assisting=("kent",))))
SEIZURE = text_of(RecordedEventFactory(event=SeizureRecordedFactory()))


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (ARREST, {"colour": "blue"}),
        (ARREST, {"place": None}),
        (ARREST, {"assisting": []}),
        (ARREST, {"assisting": "kent"}),
        (ARREST, {"assisting": [None]}),
        (ARREST, {"data": {"reason": "knife", "count": 1}}),
        (ARREST, {"data": {"reason": "knife", "count": 2.0}}),
        (ARREST, {"data": {"reason": "knife", "count": None}}),
        (ARREST, {"data": {"reason": "knife", "count": 2, "qualifier": "exact"}}),
        (ARREST, {"data": {"reason": "knife", "count": 2, "colour": "blue"}}),
        (ARREST, {"data": {"reason": ["knife"], "count": 2}}),
        (ARREST, {"data": {"count": 2}}),
        (ARREST, {"data": {}}),
        (ARREST, {"id": json.loads(ARREST)["id"].upper()}),
        (ARREST, {"id": json.loads(ARREST)["id"].replace("-", "")}),
        (ARREST, {"occurred_at": "2023-01-17T21:40:00.000000Z"}),
        (ARREST, {"occurred_at": "2023-01-17T21:40:00+00:00"}),
        (ARREST, {"occurred_at": "2023-W03-2T21:40:00Z"}),
        (ARREST, {"recorded_at": "2023-01-17T22:40:00+01:00"}),
        (ARREST, {"recorded_by": {"force": "surrey"}}),
        (ARREST, {"recorded_by": {"force": "surrey", "role": None}}),
        (ARREST, {"recorded_by": {"force": "surrey", "role": 1.0}}),
        (ARREST, {"recorded_by": {"force": "surrey", "role": "force", "name": "x"}}),
        (SEIZURE, {"data": {"lines": []}}),
        (SEIZURE, {"data": {"lines": [{"kind": "phone", "count": 1}]}}),
        (SEIZURE, {"data": {"lines": [{"kind": "phone", "rounds": 4}]}}),
        (SEIZURE, {"data": {"lines": [{"kind": "boat"}]}}),
        (SEIZURE, {"data": {"lines": [{"count": 2}]}}),
    ],
)
def test_each_deviation_is_refused(text: str, changed: dict[str, Any]) -> None:
    other = canonical(json.loads(text) | changed).decode()
    assert read_canonical(text) is not None
    assert read_canonical(other) is None
    assert read_and_written(other) is None


@pytest.mark.parametrize("change", TEXT_CHANGES, ids=range(len(TEXT_CHANGES)))
def test_another_format_of_the_same_json_is_refused(change: Callable[[str], str]) -> None:
    text = text_of(RecordedEventFactory(event=ArrestRecordedFactory(reason="drugs/a")))
    assert read_canonical(text) is not None
    assert read_canonical(change(text)) is None
