"""The evidence that two events are one: what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.domain.duplicates.lines import lines_in, text_of
from service.domain.duplicates.match_candidates import COMPARED, MICROSECOND, categories_of, shared_categories
from service.domain.duplicates.ranking import AmountsCompared, amounts_compared
from service.domain.model.days import OperatingDays
from service.domain.model.events import RecordedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What two events share: `same` lists the matching properties, `amounts` says how their amounts compare.

    `categories` are the related paths of both events; `assisting` are the forces of the pair that the other event
    lists as assisting. `seconds_apart` is None unless both events have a moment.
    """

    same: tuple[str, ...]
    amounts: AmountsCompared
    place: str | None = None
    categories: tuple[str, ...] = ()
    seconds_apart: int | None = None
    assisting: tuple[str, ...] = ()


def evidence_of(
    first: RecordedEvent, second: RecordedEvent, *, days: Mapping[str, OperatingDays], window_seconds: int
) -> Evidence:
    """Return what two arrests or two seizures of two parties have in common. `days` are those of each operation."""
    one, other = first.event, second.event
    assert isinstance(one.data, COMPARED)
    assert isinstance(other.data, COMPARED)
    place = one.place if one.place == other.place else None
    categories = tuple(shared_categories(categories_of(one.data), categories_of(other.data)))
    seconds_apart = None
    if one.occurred_at is not None and other.occurred_at is not None:
        seconds_apart = int(abs(one.occurred_at - other.occurred_at).total_seconds())
    shared = {
        "incident": one.incident is not None and one.incident == other.incident,
        "type": one.type == other.type,
        "category": bool(categories),
        "place": place is not None,
        "time": seconds_apart is not None and seconds_apart <= window_seconds,
        "day": seconds_apart is None and _on_one_day(first, second, days),
    }
    return Evidence(
        same=tuple(name for name, is_shared in shared.items() if is_shared),
        place=place,
        categories=categories,
        seconds_apart=seconds_apart,
        amounts=amounts_compared(*(lines_in(text_of(data), "") for data in (one.data, other.data))),
        assisting=tuple(sorted({one.force} & set(other.assisting) | {other.force} & set(one.assisting))),
    )


def _on_one_day(first: RecordedEvent, second: RecordedEvent, days: Mapping[str, OperatingDays]) -> bool:
    """Return whether the day of one event contains the moment of the other, or overlaps its day."""
    one, other = (_extent(recorded, days[recorded.operation]) for recorded in (first, second))
    return one[0] < other[1] and other[0] < one[1]


def _extent(recorded: RecordedEvent, days: OperatingDays) -> tuple[datetime, datetime]:
    event = recorded.event
    if event.occurred_on is not None:
        return days.extent_of(event.occurred_on)
    assert event.occurred_at is not None, "a fact has a moment or a day"
    return event.occurred_at, event.occurred_at + MICROSECOND
