"""The comparison of a measure with a second view of it: weapons by acquisition, drug seizures by class or substance.

Differences are suspect, not contradictions: releases differ in whether surrendered weapons are among the weapons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.domain.claims.claim import Claim
from service.domain.claims.extents import Extent
from service.domain.claims.rules.families import Budget
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import group_claims
from service.domain.claims.rules.one_scope import compare_one_scope
from service.domain.claims.rules.parts import compare_parts, lower_bounds_of
from service.domain.statement.second_views import SECOND_VIEWS

# The figures that are grouped for a file; a figure is grouped again for each category of a view.
MOST_GROUPED = 4_000


def compare_views(claims: Iterable[Claim], budget: Budget) -> Iterator[Finding]:
    """Yield the findings between the figures of a measure and those of a second view of it.

    A view is compared as if its categories were categories of the measure. If it is not additive, each of its
    categories is compared separately.
    """
    found, grouped = list(claims), 0
    for view, first in SECOND_VIEWS.items():
        wholes = [claim for claim in found if claim.measure == first and claim.scope.categories.is_all]
        seen = [replace(claim, measure=first, additive=True) for claim in found if claim.measure == view]
        for summable in _summable(seen, view, found) if wholes else ():
            beside = _beside(summable, wholes)
            grouped += len(beside) + len(summable)
            if grouped > MOST_GROUPED:
                budget.is_short = True
                return
            for finding in _compare([*beside, *summable], budget) if beside else ():
                if _is_of_both(finding, wholes, summable):
                    detail = f"{view} counts the same as {first}. {finding.detail}"
                    yield replace(finding, kind="suspect", rule="second_view_differs", detail=detail)


def _summable(seen: list[Claim], view: str, found: list[Claim]) -> Iterable[list[Claim]]:
    """Return the claims of a view in groups that may be summed."""
    if all(claim.additive for claim in found if claim.measure == view):
        return [seen]
    by_category: dict[Extent, list[Claim]] = {}
    for claim in seen:
        if not claim.scope.categories.is_all:
            by_category.setdefault(claim.scope.categories, []).append(claim)
    return by_category.values()


def _beside(summable: Iterable[Claim], wholes: Iterable[Claim]) -> list[Claim]:
    """Return the wholes that are true at a moment of these claims."""
    moments = {claim.moment for claim in summable}
    return [claim for claim in wholes if claim.moment in moments]


def _compare(claims: list[Claim], budget: Budget) -> Iterator[Finding]:
    for group in group_claims(claims).values():
        yield from compare_one_scope(group)
        yield from compare_parts(lower_bounds_of(group, budget))


def _is_of_both(finding: Finding, wholes: list[Claim], view: list[Claim]) -> bool:
    places = set(finding.places)
    return all(not places.isdisjoint(claim.place for claim in claims) for claims in (wholes, view))
