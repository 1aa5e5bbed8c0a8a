"""Rule 1: figures of one scope contradict each other if they have no common value; thresholds far apart are suspect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from service.domain.claims.claim import Claim
from service.domain.claims.rules.findings import Finding, Kind, Rule, listed
from service.domain.claims.rules.groups import Group

FAR_APART = 2


def compare_one_scope(group: Group) -> Iterator[Finding]:
    """Yield the findings between figures of the same scope: one for each figure that disagrees with earlier ones."""
    for node in group.nodes:
        for number, claim in enumerate(node.claims):
            earlier = node.claims[:number]
            yield from _against(claim, earlier, _excludes, ("contradiction", "no_common_value", "no number is both"))
            too_far = f"one is at least {FAR_APART} times the other"
            yield from _against(claim, earlier, _is_far_from, ("suspect", "thresholds_apart", too_far))


def _against(
    claim: Claim,
    earlier: Sequence[Claim],
    is_wrong: Callable[[Claim, Claim], bool],
    verdict: tuple[Kind, Rule, str],
) -> Iterator[Finding]:
    others = [other for other in earlier if is_wrong(other, claim)]
    if others:
        kind, rule, words = verdict
        described = listed([other.describe() for other in others])
        yield Finding(
            kind=kind,
            rule=rule,
            detail=f"{claim.measure}, {described}, and {claim.describe()}: {words}.",
            places=(*(other.place for other in others), claim.place),
        )


def _excludes(one: Claim, other: Claim) -> bool:
    assert one.bounds is not None
    assert other.bounds is not None
    return not one.bounds.meets(other.bounds)


def _is_far_from(one: Claim, other: Claim) -> bool:
    if one.threshold is None or other.threshold is None or _excludes(one, other):
        return False
    low, high = sorted((one.threshold, other.threshold))
    return high > low and high >= FAR_APART * low
