"""The evidence that two events are one: what they have in common, as shown to the coordinator."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.duplicates.match_candidates import COMPARED, categories_of, shared_categories
from service.domain.duplicates.pairs import CERTAIN
from service.domain.model.events import Event

# What makes a pair. A force that may read only one event of a pair is told nothing more.
GROUNDS = {CERTAIN: ("incident", "type"), "likely": ("type", "category", "place", "time")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What two events share: `same` lists the matching properties, the other fields give their values.

    `categories` are the related paths of both events; `assisting` are the forces of the pair that the other event
    lists as assisting.
    """

    same: tuple[str, ...]
    place: str | None = None
    categories: tuple[str, ...] = ()
    seconds_apart: int | None = None
    assisting: tuple[str, ...] = ()


def evidence_of(one: Event, other: Event, *, window_seconds: int) -> Evidence:
    """Return what two arrests or two seizures of two forces have in common."""
    assert isinstance(one.data, COMPARED)
    assert isinstance(other.data, COMPARED)
    assert one.occurred_at is not None
    assert other.occurred_at is not None
    place = one.place if one.place == other.place else None
    categories = tuple(shared_categories(categories_of(one.data), categories_of(other.data)))
    seconds_apart = int(abs(one.occurred_at - other.occurred_at).total_seconds())
    shared = {
        "incident": one.incident is not None and one.incident == other.incident,
        "type": one.type == other.type,
        "category": bool(categories),
        "place": place is not None,
        "time": seconds_apart <= window_seconds,
    }
    return Evidence(
        same=tuple(name for name, is_shared in shared.items() if is_shared),
        place=place,
        categories=categories,
        seconds_apart=seconds_apart,
        assisting=tuple(sorted({one.force} & set(other.assisting) | {other.force} & set(one.assisting))),
    )
