"""The counting rules: what one event adds to each measure. Each rule is a small function with its source.

Live recording, rebuilds and verification all use these rules. Nothing else in the service turns events into figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from service.domain.counting.stated import ABOVE, BELOW, BETWEEN, ROUNDED
from service.domain.counting.wholes import placed, tree_of
from service.domain.model.days import OperatingDays
from service.domain.model.events import (
    ActivityRecorded,
    AmmunitionLine,
    ArrestRecorded,
    CashLine,
    DrugLine,
    Event,
    OtherPropertyLine,
    PhoneLine,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import HOME_CURRENCY

# The force of what counts for no force.
NOBODY = ""


class Count(NamedTuple):
    """What one event adds to one measure, in the measure's unit. `category` is empty if the measure has none.

    `qualifier` and `lines` are as in `stated`. `force` is None for that of the event, NOBODY for what belongs to none.
    """

    measure: str
    category: str
    quantity: int
    qualifier: str
    force: str | None = None
    lines: int = 1


def counts_of(event: Event, measures: Mapping[str, Measure]) -> list[Count]:
    """Return what the event adds to each measure, in a fixed order; an empty list for events that count nothing."""
    match event.data:
        case ArrestRecorded() as arrest:
            return [_arrest(arrest)]
        case SeizureRecorded(lines=lines):
            return [*(count for line in lines for count in _line(line)), *_drug_seizures(lines)]
        case ActivityRecorded() as activity:
            return _activity(activity, measures[activity.measure])
    return []


def day_of(event: Event, days: OperatingDays) -> date | None:
    """Return the operating day that a fact counts on; None for an activity that covers more than one."""
    if event.occurred_on is not None:
        return event.occurred_on
    assert event.occurred_at is not None, "only facts have a day"
    day = days.day_of(event.occurred_at)
    if isinstance(event.data, ActivityRecorded) and event.data.occurred_before is not None:
        last = days.day_of(event.data.occurred_before - timedelta(microseconds=1))
        return day if day == last else None
    return day


def span_of(event: Event, days: OperatingDays) -> tuple[date, date] | None:
    """Return the first and the last operating day of an activity that covers more than one; None for other facts."""
    if not isinstance(event.data, ActivityRecorded) or event.data.occurred_before is None:
        return None
    if day_of(event, days) is not None:
        return None
    assert event.occurred_at is not None, "a period starts at a moment"
    last_moment = event.data.occurred_before - timedelta(microseconds=1)
    first, last = days.day_of(event.occurred_at), days.last_day_begun_by(last_moment)
    assert first is not None, "a period starts on a day of the operation"
    return first, last


def _arrest(arrest: ArrestRecorded) -> Count:
    """Count each arrest under one primary reason, so that the reasons add up exactly to the arrests."""
    return Count("arrests", arrest.reason, arrest.count, arrest.qualifier)


def _activity(activity: ActivityRecorded, measure: Measure) -> list[Count]:
    """Count a tally under its own measure only: a weight alone adds no seizure.

    A rounded quantity may be half a unit of rounding more or less; a range counts with its lower end. How much more or
    less is counted beside it. Its parts count for their forces and categories, and the rest where the tally does.
    """
    category = activity.category or measure.default_category or ""
    force = NOBODY if activity.whole else None
    if not activity.of_which and force is None and activity.rounded_to is None and activity.to is None:
        return [Count(activity.measure, category, activity.quantity, activity.qualifier)]
    tree = replace(tree_of(activity), qualifier=_code(activity))
    counts = [
        Count(activity.measure, one.category or category, one.quantity, one.qualifier, one.force or force, one.lines)
        for one in placed(tree)
    ]
    return counts + [Count(activity.measure, category, *margin, force) for margin in _margins(activity)]


def _code(activity: ActivityRecorded) -> str:
    if activity.rounded_to is not None:
        return ROUNDED
    return activity.qualifier if activity.to is None else BETWEEN


def _margins(activity: ActivityRecorded) -> list[tuple[int, str]]:
    if activity.rounded_to is not None:
        half = activity.rounded_to // 2
        return [(half, BELOW), (half, ABOVE)]
    return [] if activity.to is None else [(activity.to - activity.quantity, ABOVE)]


def _line(line: SeizureLine) -> Iterator[Count]:
    match line:
        case WeaponLine():
            yield from _weapons(line)
        case AmmunitionLine():
            yield Count("ammunition", "", line.rounds, line.qualifier)
        case DrugLine():
            yield from _drug_amounts(line)
        case VehicleLine():
            yield Count("vehicles", line.ground, line.count, line.qualifier)
        case CashLine():
            yield _cash(line)
        case PhoneLine():
            yield Count("phones", "", line.count, line.qualifier)
        case OtherPropertyLine():
            yield Count("other_property", line.property, line.count, line.qualifier)


def _weapons(line: WeaponLine) -> Iterator[Count]:
    """Count weapons as items in two views, by kind and by how they were acquired; the views are never added."""
    yield Count("weapons", line.weapon, line.count, line.qualifier)
    yield Count("weapons_by_acquisition", line.acquired, line.count, line.qualifier)


def _cash(line: CashLine) -> Count:
    """Count pounds in pence, and each foreign currency separately in its minor unit.

    There is no minimum amount: the 1,000 pounds of the Proceeds of Crime Act 2002 s.294 do not apply to cash seized as
    evidence under the Police and Criminal Evidence Act 1984.
    """
    if line.currency == HOME_CURRENCY:
        return Count("cash", "", line.amount_minor, line.qualifier)
    return Count("foreign_cash", line.currency, line.amount_minor, line.qualifier)


def _drug_amounts(line: DrugLine) -> Iterator[Count]:
    """Count weight, plants, tablets, wraps and street value as separate measures, never added together."""
    amounts = (
        ("drug_weight", line.weight_milligrams),
        ("drug_plants", line.plants),
        ("drug_tablets", line.tablets),
        ("drug_wraps", line.wraps),
        ("drug_value", line.value_pence),
    )
    for measure, amount in amounts:
        if amount is not None:
            yield Count(measure, line.drug, amount, line.qualifier)


def _drug_seizures(lines: tuple[SeizureLine, ...]) -> Iterator[Count]:
    """Count a seizure with drugs once in total, once under each class and once under each drug found in it.

    Classes and drugs therefore do not add up to the seizures.
    Source: Home Office, Seizures of drugs in England and Wales, user guide.
    """
    drugs = [line.drug for line in lines if isinstance(line, DrugLine)]
    if not drugs:
        return
    yield Count("drug_seizures", "", 1, "exact")
    for drug_class in sorted({drug.partition("/")[0] for drug in drugs}):
        yield Count("drug_seizures_by_class", drug_class, 1, "exact")
    for substance in sorted({path for drug in drugs for path in _substances(drug)}):
        yield Count("drug_seizures_by_substance", substance, 1, "exact")


def _substances(drug: str) -> Iterator[str]:
    """Yield the substance and each form beneath it, so that resin is cannabis too; the class if no more is known."""
    steps = drug.split("/")
    for length in range(min(2, len(steps)), len(steps) + 1):
        yield "/".join(steps[:length])
