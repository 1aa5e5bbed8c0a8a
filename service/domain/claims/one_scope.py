"""Rule 1: figures of one scope. Two without a common value contradict each other; thresholds far apart are suspect."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from service.domain.claims.claim import Claim
from service.domain.claims.findings import Finding
from service.domain.claims.groups import Group

FAR_APART = 2


def compare_one_scope(group: Group) -> Iterator[Finding]:
    """Yield the findings between figures that are over the same scope."""
    for node in group.nodes:
        for one, other in combinations(node.claims, 2):
            if finding := _compare(one, other):
                yield finding


def _compare(one: Claim, other: Claim) -> Finding | None:
    assert one.bounds is not None
    assert other.bounds is not None
    both = f"{one.measure}, {one.describe()}, and {other.describe()}"
    if not one.bounds.meets(other.bounds):
        return Finding(
            kind="contradiction",
            rule="no_common_value",
            detail=f"{both}: no number is both.",
            places=(one.place, other.place),
        )
    if one.threshold is not None and other.threshold is not None and _far_apart(one, other):
        return Finding(
            kind="suspect",
            rule="thresholds_apart",
            detail=f"{both}: one is at least {FAR_APART} times the other.",
            places=(one.place, other.place),
        )
    return None


def _far_apart(one: Claim, other: Claim) -> bool:
    assert one.threshold is not None
    assert other.threshold is not None
    low, high = sorted((one.threshold, other.threshold))
    return high > low and high >= FAR_APART * low
