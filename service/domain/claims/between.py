"""All that can be said about claims without any record: the rules between claims of one moment.

Claims of different moments are never compared: what is true later need not have been true before.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.findings import KINDS, Finding
from service.domain.claims.groups import Facts, group_claims, settle
from service.domain.claims.lists import compare_to_others, compare_to_whole, complete_lists
from service.domain.claims.one_scope import compare_one_scope
from service.domain.claims.parts import compare_parts, raise_parts
from service.domain.claims.reached import compare_forces
from service.domain.claims.sources import compare_sources
from service.domain.claims.views import compare_views

NO_FACTS = Facts()


def compare_claims(file: ClaimsFile, facts: Facts = NO_FACTS) -> list[Finding]:
    """Return the findings between the claims of a file, the worst kind first.

    `facts` is what a record knows of the operation; without one it is what the file and its sources say.
    """
    return sorted(_findings(file, facts), key=lambda finding: KINDS.index(finding.kind))


def _findings(file: ClaimsFile, facts: Facts) -> Iterator[Finding]:
    settled = settle(file, facts)
    groups = group_claims(settled.claims, settled.breakdowns)
    raised = {key: raise_parts(group) for key, group in groups.items()}
    for key, group in groups.items():
        yield from compare_one_scope(group)
        yield from compare_parts(raised[key])
    lists = complete_lists(settled)
    yield from compare_to_whole(lists, raised)
    yield from compare_to_others(lists, settled.claims)
    yield from compare_views(settled.claims)
    yield from compare_sources(file, facts)
    for group in groups.values():
        yield from compare_forces(group, _everybody(file, facts))
    yield from _unknown_measures(file)


def _everybody(file: ClaimsFile, facts: Facts) -> frozenset[str]:
    """Return who takes part, as the file says; else the record; else the sources, if all name the same."""
    named = {source.forces for source in file.sources.values() if source.forces}
    return file.forces or facts.forces - facts.optional_forces or (named.pop() if len(named) == 1 else frozenset())


def _unknown_measures(file: ClaimsFile) -> Iterator[Finding]:
    unknown: dict[str, list[str]] = {}
    for claim in file.claims:
        if not claim.known:
            unknown.setdefault(claim.measure, []).append(claim.place)
    for measure, places in unknown.items():
        detail = f"{measure} is in no catalogue: its unit is taken as it is printed."
        yield Finding(kind="note", rule="unknown_measure", detail=detail, places=tuple(places))
