"""The content of a claims file: sources, and printed figures with their bounds and scopes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from service.domain.claims.bounds import Bounds, describe
from service.domain.claims.extents import ALL, Extent, extent
from service.domain.model.currencies import MINOR_UNITS

Days = tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a figure covers. `operation`: one inside the file's operation; `days`: first and last, both included."""

    operation: str | None = None
    forces: Extent = field(default_factory=extent)
    days: Days | None = None
    categories: Extent = field(default_factory=extent)

    def within(self, other: Scope) -> bool:
        """Return whether this scope is a part of the other, or equal to it."""
        return (
            other.operation in (None, self.operation)
            and days_within(self.days, other.days)
            and self.forces.within(other.forces)
            and self.categories.within(other.categories)
        )

    def apart_from(self, other: Scope) -> bool:
        """Return whether the two scopes are disjoint.

        Different operations do not make them disjoint: operations inside one operation may overlap.
        """
        return (
            days_apart(self.days, other.days)
            or self.forces.apart_from(other.forces)
            or self.categories.apart_from(other.categories)
        )

    def describe(self) -> str:
        """Return the scope in words: `surrey; knife`; `the whole` if nothing narrows it."""
        days = "" if self.days is None else f"{self.days[0]} to {self.days[1]}"
        if self.days and self.days[0] == self.days[1]:
            days = str(self.days[0])
        operation = "" if self.operation is None else f"operation {self.operation}"
        words = [word for word in (operation, self.forces.describe(), self.categories.describe(), days) if word]
        return "; ".join(words) or "the whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source that printed figures. `forces` or `force_count`: the forces it names; `lists_all`: see the format."""

    source: str
    place: str
    url: str = ""
    published: date | datetime | None = None
    moment: datetime | None = None
    days: Days | None = None
    forces: frozenset[str] = frozenset()
    force_count: int | None = None
    lists_all: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One printed figure. `place`: its place in the file; `printed`: its words and digits; `bounds` None: no number.

    `unit` is the smallest unit of the measure, used by the bounds; `threshold` is the number of "more than" and the
    like, `digits` that of an exact figure that is no range and not known to be rounded. `known` and `additive` are from
    the catalogue. `note` is passed through.
    """

    place: str
    source: str
    moment: datetime | None
    scope: Scope
    measure: str
    unit: str
    printed: str
    says: str
    bounds: Bounds | None
    threshold: Fraction | None = None
    digits: Fraction | None = None
    known: bool = True
    additive: bool = True
    note: str = ""

    def describe(self) -> str:
        """Return the claim in words, with its source: `surrey: 21 arrests (release)`."""
        return f"{self.scope.describe()}: {self.printed} ({self.source})"

    def describe_bounds(self, bounds: Bounds) -> str:
        """Return bounds in words, in this claim's unit."""
        return describe(bounds, self.unit, self.currency)

    @property
    def currency(self) -> str | None:
        """The currency of foreign money, which is its category; otherwise None."""
        return self.scope.categories.describe() if self.unit == MINOR_UNITS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedBreakdown:
    """One measure by force, category or day, as printed. `complete`: no line is missing."""

    place: str
    by: str
    complete: bool
    scope: Scope
    lines: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsFile:
    """A claims file that has been read. `claims` includes the lines of the breakdowns."""

    operation: str | None
    forces: frozenset[str]
    sources: Mapping[str, Source]
    claims: tuple[Claim, ...]
    breakdowns: tuple[PrintedBreakdown, ...]


def with_members(scope: Scope, groups: Mapping[str, Iterable[str]]) -> Scope:
    """Return the scope in which each group of forces comes with its members, so that they are inside it."""
    forces = scope.forces
    if not groups or not groups.keys() & (forces.included | forces.excluded):
        return scope

    def widened(named: Iterable[str]) -> Iterator[str]:
        for force in named:
            yield from (force, *groups.get(force, ()))

    included = () if forces.included == {ALL} else widened(forces.included)
    return replace(scope, forces=extent(included, widened(forces.excluded)))


def days_within(days: Days | None, other: Days | None) -> bool:
    """Return whether the days are all within the other days; None means all days."""
    return other is None or (days is not None and other[0] <= days[0] and days[1] <= other[1])


def days_apart(days: Days | None, other: Days | None) -> bool:
    """Return whether no day is in both; None means all days."""
    return days is not None and other is not None and (days[1] < other[0] or other[1] < days[0])
