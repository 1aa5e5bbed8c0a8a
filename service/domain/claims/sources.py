"""Rule 5: sources of one moment that differ in the days they cover or the forces they name, or from the operation.

A source whose figures are all of one operation inside this one speaks of that one, and is compared with its like alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from service.domain.claims.claim import ClaimsFile, Days, Source
from service.domain.claims.findings import Finding
from service.domain.claims.groups import Facts
from service.domain.days import london_date

THE_OPERATION = "the operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Whom somebody names: at least `required`, who are None where only a number is known; at most `allowed`.

    `has_others`: those who are allowed are not all, so that nobody can be too many.
    """

    who: str
    place: str
    least: int
    most: int
    required: frozenset[str] | None = None
    allowed: frozenset[str] = frozenset()
    has_others: bool = False

    def fits(self, other: Naming) -> bool:
        """Return whether the two can both be right."""
        return self._has_room_for(other) and other._has_room_for(self)

    def describe(self) -> str:
        """Return who names whom, in words."""
        if self.required is None:
            return f"{self.who}: {self.least} forces"
        others = " and others" if self.has_others else ""
        return f"{self.who}: {', '.join(sorted(self.required)) or 'no force'}{others}"

    def _has_room_for(self, other: Naming) -> bool:
        if self.has_others:
            return True
        if self.required is None or other.required is None:
            return other.least <= self.most
        return other.required <= self.allowed


def compare_sources(file: ClaimsFile, facts: Facts) -> Iterator[Finding]:
    """Yield at most one difference in days and one in forces for each moment."""
    by_subject: dict[tuple[datetime | None, str | None], list[Source]] = {}
    for source in file.sources.values():
        by_subject.setdefault((source.moment, _operation_of(source, file)), []).append(source)
    for (moment, inside), sources in by_subject.items():
        yield from _compare_days(sources, facts.days if inside is None else None, moment)
        yield from _compare_namings([*_namings(sources), *(_of_operation(file, facts) if inside is None else ())])


def _operation_of(source: Source, file: ClaimsFile) -> str | None:
    """Return the operation inside this one that all figures of a source are of; None: they are of this one."""
    named = {claim.scope.operation for claim in file.claims if claim.source == source.source}
    return named.pop() if len(named) == 1 else None


def _compare_days(sources: Sequence[Source], days: Days | None, moment: datetime | None) -> Iterator[Finding]:
    said = [(source.source, source.place, source.days) for source in sources if source.days is not None]
    if days and said:
        said.append((THE_OPERATION, "", _until(days, moment)))
    if len({days for _who, _place, days in said}) > 1:
        spans = "; ".join(f"{who}: {first} to {last}" for who, _place, (first, last) in said)
        places = tuple(f"{place}/days" for _who, place, _days in said if place)
        yield Finding(kind="difference", rule="days_differ", detail=f"The days differ. {spans}.", places=places)


def _until(days: Days, moment: datetime | None) -> Days:
    """Return the operation's days up to a moment: an interim result covers no later ones."""
    return days if moment is None else (days[0], min(days[1], max(days[0], london_date(moment))))


def _compare_namings(namings: Sequence[Naming]) -> Iterator[Finding]:
    differing = {
        number
        for one, other in combinations(range(len(namings)), 2)
        for number in (one, other)
        if not namings[one].fits(namings[other])
    }
    if differing:
        said = "; ".join(namings[number].describe() for number in sorted(differing))
        places = tuple(namings[number].place for number in sorted(differing) if namings[number].place)
        yield Finding(kind="difference", rule="forces_differ", detail=f"The forces differ. {said}.", places=places)


def _namings(sources: Sequence[Source]) -> Iterator[Naming]:
    for source in sources:
        if source.forces:
            yield _named(source.source, f"{source.place}/forces", source.forces, source.forces)
        if source.force_count is not None:
            count, place = source.force_count, f"{source.place}/force_count"
            yield Naming(who=source.source, place=place, least=count, most=count)


def _of_operation(file: ClaimsFile, facts: Facts) -> Iterator[Naming]:
    if file.forces:
        yield _named("the file", "/forces", file.forces, file.forces)
    if facts.forces:
        everybody = facts.forces | facts.optional_forces
        required = facts.forces - facts.optional_forces
        yield _named(THE_OPERATION, "", required, everybody, has_others=facts.has_others)


def _named(
    who: str, place: str, required: frozenset[str], allowed: frozenset[str], *, has_others: bool = False
) -> Naming:
    return Naming(
        who=who,
        place=place,
        least=len(required),
        most=len(allowed),
        required=required,
        allowed=allowed,
        has_others=has_others,
    )
