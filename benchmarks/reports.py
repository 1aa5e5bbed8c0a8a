"""The events of a benchmark: arrests and seizures over three days, the same for the service and its comparisons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from uuid_utils.compat import uuid7

Json = dict[str, Any]

LEAD = "metropolitan"
FORCES = (LEAD, "surrey", "kent", "essex", "sussex", "hampshire", "hertfordshire", "btp")
DAYS = ("2024-01-16", "2024-01-17", "2024-01-18")
REASONS = (
    *("knife", "weapon", "drugs", "burglary", "robbery", "wanted", "violence", "theft", "public_order", "driving"),
    *("fraud", "immigration", "sexual", "criminal_damage", "other", "unstated"),
)
SEIZURES: tuple[list[Json], ...] = (
    [{"kind": "weapon", "weapon": "bladed/knife", "count": 1, "acquired": "seized"}],
    [{"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 12_500}],
    [{"kind": "drug", "drug": "b/cannabis", "plants": 40}, {"kind": "cash", "currency": "GBP", "amount_minor": 52_000}],
    [{"kind": "vehicle", "ground": "stolen_recovered", "count": 1}, {"kind": "phone", "count": 2}],
)
# Four arrests for each seizure.
DATA: tuple[tuple[str, Json], ...] = (
    *(("arrest.recorded", {"reason": reason, "count": 1}) for reason in REASONS),
    *(("seizure.recorded", {"lines": lines}) for lines in SEIZURES),
)
# Any run of this many consecutive events covers every combination of force, day and data.
ALL_KEYS = len(FORCES) * len(DAYS) * len(DATA)


def opening(operation: str) -> Json:
    """Return the request body that opens an operation with all these forces."""
    return {
        "id": str(uuid7()),
        "operation": operation,
        "name": "Operation Measure",
        "lead_force": LEAD,
        "starts_at": f"{DAYS[0]}T00:00:00Z",
        "ends_at": "2024-01-19T00:00:00Z",
        "forces": list(FORCES),
        "places": ["m25"],
    }


SETUP_EVENTS = 1 + len(FORCES)


def report(number: int) -> Json:
    """Return event `number`, with a new id. Any `ALL_KEYS` consecutive numbers give every combination once."""
    of_force, force = divmod(number, len(FORCES))
    return json.loads(text(FORCES[force], of_force))  # type: ignore[no-any-return]


def text(force: str, number: int) -> bytes:
    """Return event `number` of a force as JSON, with a new id. Days and data repeat in a cycle."""
    before, after = _around_id(force, number % (len(DAYS) * len(DATA)))
    return before + str(uuid7()).encode() + after


def texts(force: str, count: int) -> Iterator[bytes]:
    """Yield `count` events of one force as JSON."""
    return (text(force, number) for number in range(count))


@cache
def _around_id(force: str, number: int) -> tuple[bytes, bytes]:
    rest, day = divmod(number, len(DAYS))
    wire_type, data = DATA[rest]
    event = {
        "id": "?",
        "type": wire_type,
        "force": force,
        "occurred_at": f"{DAYS[day]}T{rest:02}:{number % 60:02}:00Z",
        "place": "m25",
        "data": data,
    }
    before, _mark, after = json.dumps(event).encode().partition(b"?")
    return before, after
