"""The exported table of a log keeps its columns and cells, because users rely on them."""

import json
from pathlib import Path
from typing import Any

from service.domain.model.events import DATA_CLASSES, LINE_CLASSES
from service.exports.tables import csv_text
from service.exports.tables_of_answers import events_table

EXPECTED = Path(__file__).parent / "exports/events.csv"
KNIFE = {"kind": "weapon", "weapon": "bladed/knife", "count": 2, "acquired": "seized", "qualifier": "at_least"}
DRUG = {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 12_500, "plants": 4, "tablets": 3, "wraps": 2}
LINES = [
    KNIFE,
    {"kind": "ammunition", "rounds": 40, "qualifier": "about"},
    DRUG | {"value_pence": 150_005},
    {"kind": "vehicle", "ground": "stolen_recovered", "count": 1},
    {"kind": "cash", "currency": "GBP", "amount_minor": 52_000},
    {"kind": "cash", "currency": "EUR", "amount_minor": 700},
    {"kind": "phone", "count": 5},
    {"kind": "other", "property": "jewellery", "count": 6},
]
AN_ID, ANOTHER_ID = "018d1a2b-0000-7000-8000-00000000a001", "018d1a2b-0000-7000-8000-00000000a002"
CORRECTION = {"corrects": ANOTHER_ID, "correction_reason": "mistake"}
FACT = {"occurred_at": "2024-01-16T21:40:00Z", "place": "m25", "incident": "0f" * 32, "assisting": ["btp", "kent"]}
ACTIVITY = {"measure": "vehicles_stopped", "category": "hgv", "quantity": 12, "qualifier": "more_than"}
DAYS = [{"from": "2024-01-16T06:00:00Z", "before": "2024-01-17T06:00:00Z"}]
FIGURE = {"measure": "arrests", "unit": "arrests", "quantity": 1}
SENT: list[dict[str, Any]] = [
    {"type": "operation.opened", "data": {"name": "Tour", "lead_force": "surrey", "days": DAYS, "forces": ["surrey"]}},
    {"type": "force.joined", "data": {"force": "surrey", "name": "Surrey Police", "kind": "territorial"}},
    {"type": "measure.registered", "data": {"measure": "hats", "label": "Hats", "unit": "hats", "additive": False}},
    {"type": "operation.amended", "data": {"places": ["m25", "m4"]}},
    {"type": "part.accepted", "data": {"part": "tour-west"}},
    {"type": "arrest.recorded", "data": {"reason": "knife", "count": 3, "qualifier": "under"}, **FACT},
    {"type": "seizure.recorded", "data": {"lines": LINES}, **FACT},
    {"type": "activity.recorded", "data": ACTIVITY | {"occurred_before": "2024-01-17T00:00:00Z"}, **FACT, **CORRECTION},
    {"type": "return.declared", "data": {"day": "2024-01-16", "status": "nil", "measures": ["arrests", "cash"]}},
    {"type": "event.withdrawn", **CORRECTION},
    {
        "type": "duplicate.ruled_out",
        "data": {"events": [AN_ID, ANOTHER_ID], "operations": ["tour", "tour-west"], "first_seqs": [6, 2]},
    },
    {"type": "figures.published", "data": {"label": "final", "as_of_seq": 9, "number": 1, "figures": [FIGURE]}},
    {"type": "operation.closed"},
    {"type": "operation.reopened"},
    {"type": "activity.recorded", "data": ACTIVITY, "occurred_on": "2024-01-16"},
    {"type": "duplicate.reopened", "data": {"events": [AN_ID, ANOTHER_ID]}},
    {"type": "publication.made_public", "data": {"publication": AN_ID}},
    {"type": "force.amended", "data": {"force": "surrey", "reports": "tallies"}},
    {"type": "force.left", "data": {"force": "surrey"}},
    {"type": "part.removed", "data": {"part": "tour-west"}},
]
TEXTS = [
    json.dumps(
        {"operation": "tour", "seq": seq, "id": AN_ID, "force": "surrey", "recorded_at": "2024-01-18T08:00:00.000001Z"}
        | {"recorded_by": {"force": "metropolitan", "role": "coordinator"}}
        | event
    )
    for seq, event in enumerate(SENT, start=1)
]


def test_every_type_of_event_and_kind_of_line_is_covered() -> None:
    assert {event["type"] for event in SENT} == set(DATA_CLASSES)
    assert {line["kind"] for line in LINES} == set(LINE_CLASSES)


def test_the_events_of_a_log_as_csv() -> None:
    found = "".join(csv_text(events_table(TEXTS)))
    assert found == "\ufeff" + EXPECTED.read_text(encoding="utf-8").replace("\n", "\r\n")


def test_only_whole_numbers_and_pounds_are_number_columns() -> None:
    columns = events_table([]).columns
    assert [column.name for column in columns if column.kind == "whole"] == [
        *("seq", "line", "count", "quantity", "rounded_to", "to", "rounds", "weight_milligrams", "plants"),
        *("tablets", "wraps", "value_pence", "amount_minor"),
    ]
    assert [column.name for column in columns if column.kind == "pounds"] == ["value_pounds", "amount_pounds"]
