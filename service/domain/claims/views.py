"""Figures that count the same things in another way: weapons by how they came beside weapons, drugs by class.

Suspect and no contradiction: whether weapons that were handed in are among the weapons differs from release to release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.domain.claims.claim import Claim
from service.domain.claims.findings import Finding
from service.domain.claims.groups import group_claims
from service.domain.claims.one_scope import compare_one_scope
from service.domain.claims.parts import compare_parts, raise_parts
from service.domain.second_views import SECOND_VIEWS


def compare_views(claims: Iterable[Claim]) -> Iterator[Finding]:
    """Yield what does not fit between the figures of a measure and those of a second view of it.

    A view is compared as if it divided its measure into categories of its own. One that is never summed over its
    categories does so with each of them by itself.
    """
    found = list(claims)
    for view, first in SECOND_VIEWS.items():
        wholes = [claim for claim in found if claim.measure == first and claim.scope.categories.is_all]
        seen = [replace(claim, measure=first, additive=True) for claim in found if claim.measure == view]
        for alone in _added_up(seen, view, found) if wholes else ():
            for finding in _compare([*wholes, *alone]):
                if _is_of_both(finding, wholes, alone):
                    detail = f"{view} counts the same as {first}. {finding.detail}"
                    yield replace(finding, kind="suspect", rule="second_view_differs", detail=detail)


def _added_up(seen: list[Claim], view: str, found: list[Claim]) -> Iterable[list[Claim]]:
    """Return the claims of a view, those together that may be added up."""
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
        yield from compare_parts(raise_parts(group))


def _is_of_both(finding: Finding, wholes: list[Claim], view: list[Claim]) -> bool:
    places = set(finding.places)
    return all(not places.isdisjoint(claim.place for claim in claims) for claims in (wholes, view))
