"""Groups of comparable claims: one measure at one moment, by scope, with the relations between the scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from operator import or_

from service.domain.claims.bounds import Bounds, joined
from service.domain.claims.claim import Claim, ClaimsFile, Days, Scope, with_members
from service.domain.claims.extents import ALL, Extent, extent
from service.domain.claims.rules.relations import CATEGORY, DAY, FORCE, Relations, relations_of

# The same officers are deployed on several days, so their number is not additive over days.
NOT_ADDED_OVER_DAYS = ("officers",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFacts:
    """What is known about the operation: its forces, those of them that a list may leave out, and its days.

    `has_others`: it has a residual force, so that other forces may take part as well. `groups` have their members.
    """

    forces: frozenset[str] = frozenset()
    optional_forces: frozenset[str] = frozenset()
    has_others: bool = False
    days: Days | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class ScopeNode:
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

    `relations` are those of the nodes' scopes; `apart[i]`: the nodes whose figures can be added to that of node i.
    """

    measure: str
    unit: str
    nodes: list[ScopeNode]
    index: dict[Scope, int]
    relations: Relations
    apart: list[int]

    def parts(self, whole: int) -> int:
        """Return the mask of the nodes that are a part of a node."""
        return self.relations.inside[whole]

    def is_inside_any(self, nodes: Iterable[int]) -> int:
        """Return the mask of the nodes that are a part of any of these."""
        return reduce(or_, (self.relations.inside[number] for number in nodes), 0)


Key = tuple[datetime | None, str, str, Extent | None]


def with_forces_of_sources(file: ClaimsFile, facts: OperationFacts) -> ClaimsFile:
    """Return the file in which the figures of a source that names fewer forces than take part are about those alone.

    A figure about some forces, or about an operation inside this one, stays as it is.
    """
    taking_part = _named_by_sources(file) if not (file.forces or facts.forces) else file.forces or facts.forces
    required = taking_part - facts.optional_forces
    some = {
        source.source: source.forces
        for source in file.sources.values()
        if source.forces and not required <= source.forces
    }

    def narrowed(scope: Scope, source: str) -> Scope:
        if source not in some or scope.operation is not None or ALL not in scope.forces.included:
            return scope
        named = some[source] - scope.forces.excluded
        return replace(scope, forces=extent(named)) if named else scope

    def narrowed_claim(claim: Claim) -> Claim:
        return replace(claim, scope=narrowed(claim.scope, claim.source))

    if not some:
        return file
    breakdowns = tuple(
        replace(one, scope=narrowed(one.scope, one.lines[0].source), lines=tuple(map(narrowed_claim, one.lines)))
        for one in file.breakdowns
        if one.lines
    )
    return replace(file, claims=tuple(map(narrowed_claim, file.claims)), breakdowns=breakdowns)


def _named_by_sources(file: ClaimsFile) -> frozenset[str]:
    return frozenset(force for source in file.sources.values() for force in source.forces)


def with_canonical_scopes(file: ClaimsFile, facts: OperationFacts) -> ClaimsFile:
    """Return the file with canonical scopes: a list of all forces, or of all days, becomes the unrestricted scope."""
    # Most claims share the forces of their block.
    known: dict[tuple[Extent, frozenset[str]], Extent] = {}
    named = _named_by_sources(file)

    def canonical(scope: Scope, source: str) -> Scope:
        printed, scope = file.sources[source], with_members(scope, facts.groups)
        everybody = file.forces or facts.forces or named
        key = (scope.forces, everybody)
        if key not in known:
            known[key] = _canonical_forces(*key)
        days = printed.days or facts.days
        is_all_days = scope.days and days and scope.days[0] <= days[0] and days[1] <= scope.days[1]
        return replace(scope, forces=known[key], days=None if is_all_days else scope.days)

    def canonical_claim(claim: Claim) -> Claim:
        return replace(claim, scope=canonical(claim.scope, claim.source))

    breakdowns = tuple(
        replace(one, scope=canonical(one.scope, one.lines[0].source), lines=tuple(map(canonical_claim, one.lines)))
        for one in file.breakdowns
        if one.lines
    )
    return replace(file, claims=tuple(map(canonical_claim, file.claims)), breakdowns=breakdowns)


def group_claims(claims: Iterable[Claim], unprinted: Iterable[tuple[Key, Scope]] = ()) -> dict[Key, Group]:
    """Return the groups of all claims with a number. `unprinted` are further scopes, with or without a figure."""
    nodes: dict[Key, dict[Scope, ScopeNode]] = {}
    for claim in claims:
        if claim.bounds is not None:
            scopes = nodes.setdefault(key_of(claim), {})
            scopes.setdefault(claim.scope, ScopeNode(claim.scope)).claims.append(claim)
    for key, scope in unprinted:
        scopes = nodes.setdefault(key, {})
        scopes.setdefault(scope, ScopeNode(scope))
    return {key: _group(key, list(scopes.values())) for key, scopes in nodes.items()}


def group_scopes(key: Key, claims: Iterable[Claim], scopes: Iterable[Scope]) -> Group:
    """Return one group of these scopes, and of claims that need not be comparable, such as of several classes."""
    nodes = {scope: ScopeNode(scope) for scope in scopes}
    for claim in claims:
        nodes.setdefault(claim.scope, ScopeNode(claim.scope)).claims.append(claim)
    return _group(key, list(nodes.values()))


def key_of(claim: Claim) -> Key:
    """Return the key that comparable claims share. A measure that is not additive is compared by category only."""
    return claim.moment, claim.measure, claim.unit, None if claim.additive else claim.scope.categories


def _group(key: Key, nodes: list[ScopeNode]) -> Group:
    _moment, measure, unit, _category = key
    for node in nodes:
        node.bounds = joined([claim.bounds for claim in node.claims if claim.bounds is not None] or [Bounds()])
    relations = relations_of([node.scope for node in nodes])
    dimensions = (FORCE, CATEGORY) if unit in NOT_ADDED_OVER_DAYS else (FORCE, CATEGORY, DAY)
    return Group(
        measure=measure,
        unit=unit,
        nodes=nodes,
        index={node.scope: number for number, node in enumerate(nodes)},
        relations=relations,
        apart=[reduce(or_, masks) for masks in zip(*(relations.apart[name] for name in dimensions), strict=True)],
    )


def _canonical_forces(forces: Extent, everybody: frozenset[str]) -> Extent:
    if not everybody or forces.is_all:
        return forces
    named = everybody - forces.excluded if ALL in forces.included else forces.included
    if not named:
        return forces
    return extent() if named >= everybody else extent(named)
