"""The comparison of a measure with a second view of it: weapons by acquisition, drug seizures by class or substance.

Differences are suspect, not contradictions: releases differ in whether surrendered weapons are among the weapons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.domain.claims.claim import Claim
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import group_claims
from service.domain.claims.rules.one_scope import compare_one_scope
from service.domain.claims.rules.parts import compare_parts, lower_bounds_of
from service.domain.statement.second_views import SECOND_VIEWS


def compare_views(claims: Iterable[Claim]) -> Iterator[Finding]:
    """Yield the findings between the figures of a measure and those of a second view of it.

    A view is compared as if its categories were categories of the measure. If it is not additive, each of its
    categories is compared separately.
    """
    found = list(claims)
    for view, first in SECOND_VIEWS.items():
        wholes = [claim for claim in found if claim.measure == first and claim.scope.categories.is_all]
        seen = [replace(claim, measure=first, additive=True) for claim in found if claim.measure == view]
        for summable in _summable(seen, view, found) if wholes else ():
            for finding in _compare([*wholes, *summable]):
                if _is_of_both(finding, wholes, summable):
                    detail = f"{view} counts the same as {first}. {finding.detail}"
                    yield replace(finding, kind="suspect", rule="second_view_differs", detail=detail)


def _summable(seen: list[Claim], view: str, found: list[Claim]) -> Iterable[list[Claim]]:
    """Return the claims of a view in groups that may be summed."""
    if all(claim.additive for claim in found if claim.measure == view):
        return [seen]
    by_category: dict[str, list[Claim]] = {}
    for claim in seen:
        if not claim.scope.categories.is_all:
            by_category.setdefault(claim.scope.categories.describe(), []).append(claim)
    return by_category.values()


def _compare(claims: list[Claim]) -> Iterator[Finding]:
    for group in group_claims(claims, ()).values():
        yield from compare_one_scope(group)
        yield from compare_parts(lower_bounds_of(group))


def _is_of_both(finding: Finding, wholes: list[Claim], view: list[Claim]) -> bool:
    places = set(finding.places)
    return all(not places.isdisjoint(claim.place for claim in claims) for claims in (wholes, view))
