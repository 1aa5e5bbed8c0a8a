"""The rules that compare the claims of one moment with each other, without a record.

Claims of different moments are never compared: a figure that is true later need not have been true earlier.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.extents import ALL
from service.domain.claims.rules.families import Budget
from service.domain.claims.rules.findings import KINDS, MOST_FINDINGS, Finding, Findings
from service.domain.claims.rules.groups import (
    OperationFacts,
    group_claims,
    key_of,
    with_canonical_scopes,
    with_forces_of_sources,
)
from service.domain.claims.rules.lists import compare_lists, complete_lists, scopes_of
from service.domain.claims.rules.one_scope import compare_one_scope
from service.domain.claims.rules.parts import compare_parts, lower_bounds_of
from service.domain.claims.rules.reached import compare_forces
from service.domain.claims.rules.sources import compare_sources
from service.domain.claims.rules.views import compare_views
from service.domain.model.reference_data import force_catalogue, nearest_force

NO_FACTS = OperationFacts()


def compare_claims(file: ClaimsFile, facts: OperationFacts = NO_FACTS) -> Findings:
    """Return the findings between the claims of a file, worst kind first.

    `facts` come from the record of the operation. Without a record, the file and its sources are used.
    """
    budget = Budget()
    found = sorted(_findings(file, facts, budget), key=lambda finding: KINDS.index(finding.kind))
    not_all = [_not_all_tried()] if budget.is_short else []
    return Findings(
        listed=tuple(one.shortened() for one in (*found[:MOST_FINDINGS], *not_all)),
        not_listed=max(0, len(found) - MOST_FINDINGS),
        any_wrong=any(one.is_wrong for one in found),
    )


def _findings(printed: ClaimsFile, facts: OperationFacts, budget: Budget) -> Iterator[Finding]:
    file = with_forces_of_sources(printed, facts)
    canonical = with_canonical_scopes(file, facts)
    lists = complete_lists(canonical)
    wholes = ((key_of(one.lines[0]), one.scope) for one in canonical.breakdowns)
    groups = group_claims(canonical.claims, (*wholes, *scopes_of(lists)))
    lower_bounds = {key: lower_bounds_of(group, budget) for key, group in groups.items()}
    for key, group in groups.items():
        yield from compare_one_scope(group)
        yield from compare_parts(lower_bounds[key])
    yield from compare_lists(lists, lower_bounds, canonical.claims)
    yield from compare_views(canonical.claims, budget)
    yield from compare_sources(file, facts)
    for group in groups.values():
        yield from compare_forces(group, _everybody(file, facts), budget)
    yield from _unknown_measures(file)
    if not facts.forces:
        yield from _unknown_forces(file)


def _not_all_tried() -> Finding:
    detail = (
        "The scopes of the figures overlap in too many ways to try every sum, so a contradiction may be missing here. "
        "Split the file, for example by measure, and compare each part."
    )
    return Finding(kind="note", rule="sums_not_all_tried", detail=detail, places=())


def _everybody(file: ClaimsFile, facts: OperationFacts) -> frozenset[str]:
    """Return the forces that take part: from the file, else the record, else the sources if all name the same."""
    named = {source.forces for source in file.sources.values() if source.forces}
    return file.forces or facts.forces - facts.optional_forces or (named.pop() if len(named) == 1 else frozenset())


def _unknown_measures(file: ClaimsFile) -> Iterator[Finding]:
    unknown: dict[str, list[str]] = {}
    for claim in file.claims:
        if not claim.known:
            unknown.setdefault(claim.measure, []).append(claim.place)
    for measure, places in unknown.items():
        detail = f"{measure} is not in the catalogue; its unit is taken as printed."
        yield Finding(kind="note", rule="unknown_measure", detail=detail, places=tuple(places))


def _unknown_forces(file: ClaimsFile) -> Iterator[Finding]:
    """Yield a note for each force that is neither known nor listed by the file; a record names its own forces."""
    unknown: dict[str, list[str]] = {}
    named = {one: one.included | one.excluded for one in {claim.scope.forces for claim in file.claims}}
    places = [(f"{source.place}/forces", source.forces) for source in file.sources.values()]
    places += [(claim.place, named[claim.scope.forces]) for claim in file.claims]
    for place, forces in places:
        for force in forces - file.forces - force_catalogue().keys() - {ALL}:
            unknown.setdefault(force, []).append(place)
    for force in sorted(unknown):
        nearest = nearest_force(force)
        hint = f" Did you mean {nearest}?" if nearest else ""
        detail = f"{force} is no known force, and `forces` of the file does not list it.{hint}"
        yield Finding(kind="note", rule="unknown_force", detail=detail, places=tuple(unknown[force]))
