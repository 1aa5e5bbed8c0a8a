"""Unusual values: what a person should look at again before it is recorded. The only definition of `unusual`.

Nothing here is invalid. A value is unusual if most such values come from a slip: a wrong unit, a missing decimal point,
pence for pounds, a month for a day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from service.domain.counting.figures import EXACT, display
from service.domain.counting.rules import day_of
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.days import OperatingDays
from service.domain.model.drugs import gram_price
from service.domain.model.events import FACTS, ActivityRecorded, ArrestRecorded, DrugLine, Event, SeizureRecorded
from service.domain.model.reference_data import Measure

# A single number of people or items above this is unusual.
MOST_IN_ONE = 1_000
# A weight so many times the others' middle weight, or so small a part of it, is probably in another unit.
TIMES_THE_OTHERS = 1_000
# Quality, place and quantity move a price, but not so many times up or down; a wrong unit moves it a hundred times.
TIMES_THE_PRICE = 4
# Pence for a gram of a drug whose price is not known: grams are sold for pounds, not for pence or thousands.
ANY_PRICE = (100, 25_000)
# A day that is so far from every other one may have its month and day exchanged. It takes so many events to tell.
DAYS_APART = 28
FEWEST_EVENTS = 3
NOT_ITEMS = ("pence", "milligrams", MINOR_UNITS)
ITEMS_OF_A_LINE = ("count", "rounds", "plants", "tablets", "wraps")


@dataclass(frozen=True, slots=True)
class Unusual:
    """An unusual value: the index of its event, its JSON pointer in it, the value as people write it, and why."""

    index: int
    pointer: str
    value: str
    why: str


class _Weight(NamedTuple):
    event: int
    pointer: str
    drug: str
    milligrams: int


def unusual(
    events: Sequence[Event], measures: Mapping[str, Measure], days: OperatingDays, among: Collection[int] | None = None
) -> list[Unusual]:
    """Return the unusual values of facts, by event. Other events are left out.

    All events are compared with each other; with `among`, only values of the events with these indexes are returned.
    """
    chosen = range(len(events)) if among is None else among
    found = [
        one
        for index in chosen
        for one in (
            *_many(index, events[index], measures),
            *_prices(index, events[index], _day(events[index], days)),
        )
    ]
    found += [one for one in _weights_apart(events) if one.index in chosen]
    found += [one for one in _days_apart(events, days) if one.index in chosen]
    return sorted(found, key=lambda one: (one.index, one.pointer))


def _many(index: int, event: Event, measures: Mapping[str, Measure]) -> Iterator[Unusual]:
    for pointer, number in _numbers(event, measures):
        if number > MOST_IN_ONE:
            yield Unusual(index, pointer, f"{number:,}", f"It is more than {MOST_IN_ONE:,}.")


def _numbers(event: Event, measures: Mapping[str, Measure]) -> Iterator[tuple[str, int]]:
    match event.data:
        case ArrestRecorded(count=count):
            yield "/data/count", count
        case ActivityRecorded(measure=measure, quantity=quantity) if measures[measure].unit not in NOT_ITEMS:
            yield "/data/quantity", quantity
        case SeizureRecorded(lines=lines):
            for place, line in enumerate(lines):
                for name in ITEMS_OF_A_LINE:
                    number = getattr(line, name, None)
                    if number is not None:
                        yield f"/data/lines/{place}/{name}", number


def _prices(index: int, event: Event, day: date | None) -> Iterator[Unusual]:
    """Yield street values that are too low or too high for the weight of their drug."""
    for pointer, line in _drugs(event):
        if line.value_pence is None or not line.weight_milligrams:
            continue
        a_gram = line.value_pence * 1_000 / line.weight_milligrams
        expected = _unless_plausible(line.drug, day, a_gram)
        if expected:
            weight = display(line.weight_milligrams, "milligrams", EXACT)
            value = display(line.value_pence, "pence", EXACT)
            why = f"For {weight} that is {_pounds(a_gram)} a gram; {expected}."
            yield Unusual(index, f"{pointer}/value_pence", value, why)


def _unless_plausible(drug: str, day: date | None, pence_a_gram: float) -> str:
    """Return what the price of a gram of a drug is expected to be; empty if the one found is plausible."""
    price = None if day is None else gram_price(drug, day)
    if price is None:
        low, high = ANY_PRICE
        return "" if low <= pence_a_gram <= high else f"expected {_pounds(low)} to {_pounds(high)}"
    if price.low_pence <= pence_a_gram * TIMES_THE_PRICE and pence_a_gram <= price.high_pence * TIMES_THE_PRICE:
        return ""
    prices = " to ".join(_pounds(one) for one in sorted({price.low_pence, price.high_pence}))
    return f"{drug} was sold at about {prices} in {' and '.join(map(str, price.years))}"


def _pounds(pence: float) -> str:
    return f"£{pence / 100:,.2f}".removesuffix(".00")


def _drugs(event: Event) -> Iterator[tuple[str, DrugLine]]:
    if isinstance(event.data, SeizureRecorded):
        for place, line in enumerate(event.data.lines):
            if isinstance(line, DrugLine):
                yield f"/data/lines/{place}", line


def _weights_apart(events: Sequence[Event]) -> Iterator[Unusual]:
    """Yield weights that are a thousand times the others', of the same drug if there are any, or a thousandth."""
    weights = [
        _Weight(index, f"{pointer}/weight_milligrams", "/".join(line.drug.split("/")[:2]), line.weight_milligrams)
        for index, event in enumerate(events)
        for pointer, line in _drugs(event)
        if line.weight_milligrams
    ]
    everything = sorted(one.milligrams for one in weights)
    by_drug: defaultdict[str, list[int]] = defaultdict(list)
    for one in sorted(weights, key=lambda one: one.milligrams):
        by_drug[one.drug].append(one.milligrams)
    for one in weights:
        same = by_drug[one.drug]
        others, of = (same, one.drug) if len(same) > 1 else (everything, "drugs")
        if len(others) == 1:
            continue
        low, high = _middles_without(others, one.milligrams)
        if one.milligrams >= high * TIMES_THE_OTHERS:
            yield _weight_apart(one, of, high, f"It is {one.milligrams // high:,} times the others")
        elif one.milligrams * TIMES_THE_OTHERS <= low:
            yield _weight_apart(one, of, low, f"The others are {low // one.milligrams:,} times as much")


def _weight_apart(weight: _Weight, of: str, middle: int, how_far: str) -> Unusual:
    value, usual = (display(one, "milligrams", EXACT) for one in (weight.milligrams, middle))
    return Unusual(weight.event, weight.pointer, value, f"{how_far}: other weights of {of} here are around {usual}.")


def _middles_without(ordered: Sequence[int], value: int) -> tuple[int, int]:
    """Return the two middle ones of ordered numbers without one that has this value; of an odd number, twice one."""
    place = bisect_left(ordered, value)
    middles = ((len(ordered) - 2) // 2, (len(ordered) - 1) // 2)
    low, high = (ordered[middle if middle < place else middle + 1] for middle in middles)
    return low, high


def _days_apart(events: Sequence[Event], days: OperatingDays) -> Iterator[Unusual]:
    """Yield single days that are weeks away from every other day."""
    dated = [(index, day) for index, event in enumerate(events) if (day := _day(event, days)) is not None]
    if len(dated) < FEWEST_EVENTS:
        return
    times = Counter(day for _index, day in dated)
    ordered = sorted(times)
    for index, day in dated:
        place = bisect_left(ordered, day)
        nearest = min(
            (ordered[one] for one in (place - 1, place + 1) if 0 <= one < len(ordered)),
            key=lambda other: abs((other - day).days),
            default=day,
        )
        apart = abs((nearest - day).days)
        if times[day] == 1 and apart >= DAYS_APART:
            pointer = "/occurred_on" if events[index].occurred_at is None else "/occurred_at"
            yield Unusual(
                index,
                pointer,
                f"{day}",
                f"It is {apart} days from the nearest other day, {nearest}. Are day and month exchanged?",
            )


def _day(event: Event, days: OperatingDays) -> date | None:
    return day_of(event, days) if isinstance(event.data, FACTS) else None
