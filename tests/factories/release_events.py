"""Printed figures as arrests and seizures: for each measure, the function that makes events for a quantity."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def _arrests(count: int, qualifier: str) -> list[Json]:
    return [{"type": "arrest.recorded", "data": {"reason": "unstated", "count": count, "qualifier": qualifier}}]


def _seizure(line: Json) -> Json:
    return {"type": "seizure.recorded", "data": {"lines": [line]}}


def _cash(pence: int, qualifier: str) -> list[Json]:
    return [_seizure({"kind": "cash", "currency": "GBP", "amount_minor": pence, "qualifier": qualifier})]


def _weapons(count: int, qualifier: str) -> list[Json]:
    return [_seizure({"kind": "weapon", "weapon": "unstated", "count": count, "qualifier": qualifier})]


def _vehicles(count: int, qualifier: str) -> list[Json]:
    return [_seizure({"kind": "vehicle", "ground": "unstated", "count": count, "qualifier": qualifier})]


def _drugs(count: int, qualifier: str) -> list[Json]:
    """Return one seizure for each, because each seizure counts once."""
    return [_seizure({"kind": "drug", "drug": "unstated", "qualifier": qualifier}) for _number in range(count)]


EVENTS: dict[str, Callable[[int, str], list[Json]]] = {
    "arrests": _arrests,
    "weapons": _weapons,
    "drug_seizures": _drugs,
    "vehicles": _vehicles,
    "cash": _cash,
}
