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

# An event as a finding names it: its operation, and the seq of its first version there.
Fact = tuple[str, int]


class Sighting(NamedTuple):
    """What is compared of one version of an arrest or seizure. `first_seq` is the seq of its first version.

    Two sightings pair only where their `party` differs: the force, or for a sighting from a part the part as a whole.
    `categories` are joined by commas.
    """

    operation: str
    party: str
    seq: int
    first_seq: int
    force: str
    type: str
    place: str | None
    incident: str | None
    occurred_microseconds: int
    categories: str


class Pair(NamedTuple):
    """Two sightings of different parties, in the order of the pass that found them."""

    earlier: Sighting
    later: Sighting

    @property
    def facts(self) -> tuple[Fact, Fact]:
        """What the two are versions of, in order: the same however often either is corrected."""
        one, other = ((version.operation, version.first_seq) for version in self)
        return (one, other) if one < other else (other, one)

    @property
    def is_certain(self) -> bool:
        """Whether both are of one incident."""
        return self.later.incident is not None and self.later.incident == self.earlier.incident


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
