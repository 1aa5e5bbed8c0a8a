"""Rule 5: sources of one moment that differ from each other, or from the operation, in their days or forces.

A source whose figures are all about one operation inside this one is compared only with other sources about that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.claims.claim import ClaimsFile, Days, Source
from service.domain.claims.extents import listed
from service.domain.claims.rules.findings import Finding, described
from service.domain.claims.rules.groups import OperationFacts
from service.domain.model.days import london_date

THE_OPERATION = "the operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedForces:
    """The forces that `who` names: at least `required` (None: only a number is known), at most `allowed`.

    `has_others`: further forces may be named as well, so that no force is one too many.
    """

    who: str
    place: str
    least: int
    most: int
    required: frozenset[str] | None = None
    allowed: frozenset[str] = frozenset()
    has_others: bool = False

    def is_consistent_with(self, other: NamedForces) -> bool:
        """Return whether both can be right."""
        return self._allows(other) and other._allows(self)

    def describe(self) -> str:
        """Return in words who names which forces."""
        if self.required is None:
            return f"{self.who}: {self.least} forces"
        others = " and others" if self.has_others else ""
        return f"{self.who}: {listed(sorted(self.required)) or 'no force'}{others}"

    def _allows(self, other: NamedForces) -> bool:
        if self.has_others:
            return True
        if self.required is None or other.required is None:
            return other.least <= self.most
        return other.required <= self.allowed


def compare_sources(file: ClaimsFile, facts: OperationFacts) -> Iterator[Finding]:
    """Yield at most one difference in days and one in forces for each moment and operation."""
    by_subject: dict[tuple[datetime | None, str | None], list[Source]] = {}
    operations: dict[str, set[str | None]] = {}
    for claim in file.claims:
        operations.setdefault(claim.source, set()).add(claim.scope.operation)
    for source in file.sources.values():
        about = operations.get(source.source, set())
        # A source whose figures are all about one operation inside this one.
        inside = next(iter(about)) if len(about) == 1 else None
        by_subject.setdefault((source.moment, inside), []).append(source)
    for (moment, inside), sources in by_subject.items():
        yield from _compare_days(sources, facts.days if inside is None else None, moment)
        of_operation = _named_by_operation(file, facts) if inside is None else ()
        yield from _compare_forces([*_named_by_sources(sources), *of_operation])


def _compare_days(sources: Sequence[Source], days: Days | None, moment: datetime | None) -> Iterator[Finding]:
    named = [(source.source, source.place, source.days) for source in sources if source.days is not None]
    if days and named:
        named.append((THE_OPERATION, "", _until(days, moment)))
    if len({days for _who, _place, days in named}) > 1:
        spans = described(named, lambda one: f"{one[0]}: {one[2][0]} to {one[2][1]}", "; ")
        places = tuple(f"{place}/days" for _who, place, _days in named if place)
        yield Finding(kind="difference", rule="days_differ", detail=f"The days differ. {spans}.", places=places)


def _until(days: Days, moment: datetime | None) -> Days:
    """Return the operation's days up to a moment: an interim result covers no later days."""
    return days if moment is None else (days[0], min(days[1], max(days[0], london_date(moment))))


def _compare_forces(named: Sequence[NamedForces]) -> Iterator[Finding]:
    # Of those that name the same forces one is enough. Most of the others differ from one of the first few.
    different = list({replace(one, who="", place=""): one for one in named}.values())
    differing = [one for one in named if any(not one.is_consistent_with(other) for other in different)]
    if differing:
        words = described(differing, NamedForces.describe, "; ")
        places = tuple(one.place for one in differing if one.place)
        yield Finding(kind="difference", rule="forces_differ", detail=f"The forces differ. {words}.", places=places)


def _named_by_sources(sources: Sequence[Source]) -> Iterator[NamedForces]:
    for source in sources:
        if source.forces:
            yield _named(source.source, f"{source.place}/forces", source.forces, source.forces)
        if source.force_count is not None:
            count, place = source.force_count, f"{source.place}/force_count"
            yield NamedForces(who=source.source, place=place, least=count, most=count)


def _named_by_operation(file: ClaimsFile, facts: OperationFacts) -> Iterator[NamedForces]:
    if file.forces:
        yield _named("the file", "/forces", file.forces, file.forces)
    if facts.forces:
        everybody = facts.forces | facts.optional_forces
        required = facts.forces - facts.optional_forces
        yield _named(THE_OPERATION, "", required, everybody, has_others=facts.has_others)


def _named(
    who: str, place: str, required: frozenset[str], allowed: frozenset[str], *, has_others: bool = False
) -> NamedForces:
    return NamedForces(
        who=who,
        place=place,
        least=len(required),
        most=len(allowed),
        required=required,
        allowed=allowed,
        has_others=has_others,
    )
