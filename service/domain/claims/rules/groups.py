"""Groups of comparable claims: one measure at one moment, by scope, with the relations between the scopes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import TypeVar

from service.domain.claims.bounds import Bounds, joined
from service.domain.claims.claim import Claim, ClaimsFile, Days, PrintedBreakdown, Scope, days_apart, days_within
from service.domain.claims.extents import Extent, extent

Value = TypeVar("Value", bound=Hashable)

# The same officers are deployed on several days, so their number is not additive over days.
NOT_ADDED_OVER_DAYS = ("officers",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFacts:
    """What is known about the operation: its forces, those of them that a list may leave out, and its days.

    `has_others`: it has a residual force, so that other forces may take part as well.
    """

    forces: frozenset[str] = frozenset()
    optional_forces: frozenset[str] = frozenset()
    has_others: bool = False
    days: Days | None = None


@dataclass(slots=True)
class Node:
    """One scope and all claims with this scope; `bounds` are their joint bounds."""

    scope: Scope
    claims: list[Claim] = field(default_factory=list)
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def places(self) -> tuple[str, ...]:
        """The places of the claims in the file."""
        return tuple(claim.place for claim in self.claims)


@dataclass(slots=True, kw_only=True)
class Group:
    """One measure at one moment. Sets of nodes are bit masks: bit i is nodes[i].

    `inside[i]`: the nodes that are a part of node i; `apart[i]`: the nodes disjoint from it.
    """

    measure: str
    unit: str
    nodes: list[Node]
    index: dict[Scope, int]
    inside: list[int]
    apart: list[int]

    def parts(self, whole: int) -> list[int]:
        """Return the nodes that are a part of a node."""
        return list(bits(self.inside[whole]))


Key = tuple[datetime | None, str, str, str]


def with_canonical_scopes(file: ClaimsFile, facts: OperationFacts) -> ClaimsFile:
    """Return the file with canonical scopes: a list of all forces, or of all days, becomes the unrestricted scope."""

    def canonical(claim: Claim) -> Claim:
        return replace(claim, scope=_canonical_scope(claim.scope, claim.source, file, facts))

    breakdowns = tuple(
        replace(
            one,
            scope=_canonical_scope(one.scope, one.lines[0].source, file, facts),
            lines=tuple(map(canonical, one.lines)),
        )
        for one in file.breakdowns
        if one.lines
    )
    return replace(file, claims=tuple(map(canonical, file.claims)), breakdowns=breakdowns)


def group_claims(claims: Iterable[Claim], breakdowns: Iterable[PrintedBreakdown]) -> dict[Key, Group]:
    """Return the groups of all claims with a number. The whole of a breakdown is included, printed or not."""
    nodes: dict[Key, dict[Scope, Node]] = {}
    for claim in claims:
        if claim.bounds is not None:
            scopes = nodes.setdefault(key_of(claim), {})
            scopes.setdefault(claim.scope, Node(claim.scope)).claims.append(claim)
    for breakdown in breakdowns:
        scopes = nodes.setdefault(key_of(breakdown.lines[0]), {})
        scopes.setdefault(breakdown.scope, Node(breakdown.scope))
    return {key: _group(key, list(scopes.values())) for key, scopes in nodes.items()}


def key_of(claim: Claim) -> Key:
    """Return the key that comparable claims share. A measure that is not additive is compared by category only."""
    category = "" if claim.additive else claim.scope.categories.describe()
    return claim.moment, claim.measure, claim.unit, category


def bits(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _group(key: Key, nodes: list[Node]) -> Group:
    _moment, measure, unit, _category = key
    for node in nodes:
        node.bounds = joined([claim.bounds for claim in node.claims if claim.bounds is not None] or [Bounds()])
    scopes = [node.scope for node in nodes]
    index = {scope: number for number, scope in enumerate(scopes)}
    inside, apart = _relations(scopes, by_day=unit not in NOT_ADDED_OVER_DAYS)
    return Group(measure=measure, unit=unit, nodes=nodes, index=index, inside=inside, apart=apart)


def _relations(scopes: Sequence[Scope], *, by_day: bool) -> tuple[list[int], list[int]]:
    """Return, for each scope, the mask of the scopes inside it and of those disjoint from it.

    Each dimension is compared separately and each distinct value once: scopes are many, forces and categories few.
    """
    operations, days = [one.operation for one in scopes], [one.days for one in scopes]
    forces, categories = [one.forces for one in scopes], [one.categories for one in scopes]
    within = [
        _related(operations, lambda one, other: one in (None, other)),
        _related(days, lambda one, other: days_within(other, one)),
        _related(forces, lambda one, other: other.within(one)),
        _related(categories, lambda one, other: other.within(one)),
    ]
    apart = [
        _related(days, lambda one, other: by_day and days_apart(one, other)),
        _related(forces, Extent.apart_from),
        _related(categories, Extent.apart_from),
    ]
    inside = [reduce(and_, masks) & ~(1 << number) for number, masks in enumerate(zip(*within, strict=True))]
    return inside, [reduce(or_, masks) for masks in zip(*apart, strict=True)]


def _related(values: Sequence[Value], holds: Callable[[Value, Value], bool]) -> list[int]:
    """Return, for each value, the mask of the values for which the relation holds."""
    where: dict[Value, int] = {}
    for number, value in enumerate(values):
        where[value] = where.get(value, 0) | 1 << number
    masks = {one: sum(mask for other, mask in where.items() if holds(one, other)) for one in where}
    return [masks[value] for value in values]


def _canonical_scope(scope: Scope, source: str, file: ClaimsFile, facts: OperationFacts) -> Scope:
    printed = file.sources[source]
    days = printed.days or facts.days
    if scope.days and days and scope.days[0] <= days[0] and days[1] <= scope.days[1]:
        scope = replace(scope, days=None)
    everybody = file.forces or facts.forces or printed.forces
    if everybody and not scope.forces.is_all:
        named = everybody - scope.forces.excluded if "" in scope.forces.included else scope.forces.included
        if named:
            scope = replace(scope, forces=extent() if named >= everybody else extent(named))
    return scope
