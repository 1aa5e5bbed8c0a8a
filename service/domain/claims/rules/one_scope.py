"""Rule 1: figures of one scope contradict each other if they have no common value; thresholds far apart are suspect."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from math import inf

from service.domain.claims.bounds import Bounds
from service.domain.claims.claim import Claim
from service.domain.claims.reading.figure import STRICT
from service.domain.claims.rules.findings import MOST_FINDINGS, Finding, Kind, Rule, described
from service.domain.claims.rules.groups import Group

FAR_APART = 2


def compare_one_scope(group: Group) -> Iterator[Finding]:
    """Yield the findings between figures of the same scope: one for each figure that disagrees with earlier ones."""
    for node in group.nodes:
        if len(node.claims) > 1:
            yield from _compare_values(node.claims)
            yield from _compare_thresholds([claim for claim in node.claims if claim.threshold is not None])
            yield from _compare_digits(node.claims)


def _compare_values(claims: Sequence[Claim]) -> Iterator[Finding]:
    ends = [_ends(claim) for claim in claims]
    # The ends of the earlier figures that are furthest to the inside: most figures exclude none of them.
    highest_least, lowest_before, made = -inf, inf, 0
    for number, (least, before) in enumerate(ends):
        if highest_least >= before or lowest_before <= least:
            excluded = (claims[at] for at, (low, high) in enumerate(ends[:number]) if low >= before or high <= least)
            others = _some(excluded, made)
            made += 1
            yield _finding(others, claims[number], ("contradiction", "no_common_value", "no number is both"))
        highest_least, lowest_before = max(highest_least, least), min(lowest_before, before)


def _compare_thresholds(claims: Sequence[Claim]) -> Iterator[Finding]:
    """Yield a finding for each threshold far from earlier ones. Only their order is compared, which is fast."""
    values = sorted({claim.threshold for claim in claims if claim.threshold is not None})
    places = {value: place for place, value in enumerate(values)}
    orders: list[int] = []
    lowest, highest, made = len(values), -1, 0
    for claim in claims:
        value = claim.threshold or Fraction()
        far_below = bisect_right(values, value / FAR_APART) if value else 0
        far_above = bisect_left(values, value * FAR_APART) if value else bisect_right(values, value)
        if lowest < far_below or highest >= far_above:
            far = (claims[at] for at, order in enumerate(orders) if order < far_below or order >= far_above)
            others = _some((other for other in far if not _excludes(other, claim)), made)
            if others:
                made += 1
                too_far = f"one is at least {FAR_APART} times the other"
                yield _finding(others, claim, ("suspect", "thresholds_apart", too_far))
        orders.append(places[value])
        lowest, highest = min(lowest, orders[-1]), max(highest, orders[-1])


def _compare_digits(claims: Sequence[Claim]) -> Iterator[Finding]:
    """Yield a finding for each exact number that is also printed as a limit which it does not reach: more than it."""
    exact: dict[Fraction, list[Claim]] = {}
    strict: dict[Fraction, list[Claim]] = {}
    for claim in claims:
        if claim.digits is not None:
            exact.setdefault(claim.digits, []).append(claim)
        elif claim.threshold is not None and claim.says in STRICT:
            strict.setdefault(claim.threshold, []).append(claim)
    for digits in sorted(exact.keys() & strict.keys()):
        limits = [limit for limit in strict[digits] if not _excludes(limit, exact[digits][0])]
        if limits:
            words = "these are the same digits, so one of the two is probably a misprint"
            yield _finding([*exact[digits], *limits[1:]], limits[0], ("suspect", "same_digits", words))


def _some(others: Iterable[Claim], made: int) -> list[Claim]:
    """Return all others for a finding that may be listed; one is enough for those after, which are only counted."""
    return list(others if made < MOST_FINDINGS else islice(others, 1))


def _finding(others: Sequence[Claim], claim: Claim, verdict: tuple[Kind, Rule, str]) -> Finding:
    kind, rule, words = verdict
    return Finding(
        kind=kind,
        rule=rule,
        detail=f"{claim.measure}, {described(others, Claim.describe)}, and {claim.describe()}: {words}.",
        places=(*(other.place for other in others), claim.place),
    )


def _excludes(one: Claim, other: Claim) -> bool:
    (least, before), (low, high) = _ends(one), _ends(other)
    return low >= before or high <= least


def _ends(claim: Claim) -> tuple[int, float]:
    """Return the ends of a figure's bounds; infinity if they are open."""
    bounds = claim.bounds or Bounds()
    return bounds.least, inf if bounds.before is None else bounds.before
