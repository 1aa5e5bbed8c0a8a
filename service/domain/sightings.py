"""What is compared of two events to see whether they may be one: type, place, moment, incident and categories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from service.domain.events import (
    AmmunitionLine,
    ArrestRecorded,
    CashLine,
    DrugLine,
    OtherPropertyLine,
    PhoneLine,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)

# What two forces can both count. An activity may be a sum that a force made itself, which no single event equals.
COMPARED = (ArrestRecorded, SeizureRecorded)


class Sighting(NamedTuple):
    """What is compared of one version of an arrest or seizure. `first_seq` is the seq of its first version.

    `categories` are joined by commas.
    """

    seq: int
    first_seq: int
    force: str
    type: str
    place: str | None
    incident: str | None
    occurred_microseconds: int
    categories: str


class Pair(NamedTuple):
    """Two sightings of different forces, in the order of the pass that found them."""

    earlier: Sighting
    later: Sighting

    @property
    def fact_seqs(self) -> tuple[int, int]:
        """The seqs of the first versions, the lower first: the same however often either is corrected."""
        one, other = self.earlier.first_seq, self.later.first_seq
        return (one, other) if one < other else (other, one)


def categories_of(data: ArrestRecorded | SeizureRecorded) -> list[str]:
    """Return the category paths of an arrest or seizure, sorted, each once; those of a seizure begin with the kind."""
    if isinstance(data, ArrestRecorded):
        return [data.reason]
    return sorted({f"{line.kind}/{_category(line)}".removesuffix("/") for line in data.lines})


def shared_categories(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """Return the paths of either that are also the other's, or lie above or beneath one of the other's; sorted."""
    ones, others = set(one), set(other)
    return sorted({path for mine, theirs in ((ones, others), (others, ones)) for path in mine if _met(path, theirs)})


def steps_above(path: str) -> list[str]:
    """Return the paths above a path, the shortest first: those of a/b/c are a and a/b."""
    steps = path.split("/")
    return ["/".join(steps[:length]) for length in range(1, len(steps))]


def _met(path: str, others: set[str]) -> bool:
    return not others.isdisjoint((path, *steps_above(path))) or any(path in steps_above(one) for one in others)


def _category(line: SeizureLine) -> str:
    match line:
        case WeaponLine():
            return line.weapon
        case DrugLine():
            return line.drug
        case VehicleLine():
            return line.ground
        case CashLine():
            return line.currency
        case OtherPropertyLine():
            return line.property
        case AmmunitionLine() | PhoneLine():
            return ""
