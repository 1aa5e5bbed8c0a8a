"""Rules 3 and 4, for lists marked complete: they must add up to their whole, and parts that they lack are nil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from service.domain.claims.bounds import Bounds, summed
from service.domain.claims.claim import Claim, ClaimsFile, Scope
from service.domain.claims.extents import extent
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import Key, Node, bits, key_of
from service.domain.claims.rules.parts import LowerBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteList:
    """Figures by force, category or day that together make up `whole`."""

    place: str
    by: str
    whole: Scope
    lines: tuple[Claim, ...]


def complete_lists(file: ClaimsFile) -> list[CompleteList]:
    """Return the breakdowns marked complete, and each source's figures of the measures in its `lists_all`."""
    marked = [
        CompleteList(place=one.place, by=one.by, whole=one.scope, lines=one.lines)
        for one in file.breakdowns
        if one.complete
    ]
    return marked + [one for source in file.sources for one in _listed_by(source, file)]


def compare_to_whole(lists: Iterable[CompleteList], groups: Mapping[Key, LowerBounds]) -> Iterator[Finding]:
    """Yield a contradiction for each complete list whose lines add up to less than the lower bound of its whole."""
    for one in lists:
        lower = groups.get(key_of(one.lines[0]))
        if lower is None or not one.lines[0].additive or one.whole not in lower.group.index:
            continue
        node = lower.group.nodes[lower.group.index[one.whole]]
        most = _most(one, lower)
        least = _least(one, lower)
        if Bounds(least).is_above(most):
            yield _below(one, most, least, node)


def compare_to_others(lists: Iterable[CompleteList], claims: Iterable[Claim]) -> Iterator[Finding]:
    """Yield a contradiction for each figure above 0 in a part that a complete list lacks."""
    found = list(claims)
    for one in lists:
        for claim in found:
            if claim.bounds is not None and claim.bounds.least > 0 and _lacks(one, claim):
                yield Finding(
                    kind="contradiction",
                    rule="not_in_complete_list",
                    detail=f"{claim.measure}, {claim.describe()}: the list of {one.lines[0].source} by {one.by}, "
                    "which is marked complete, lacks it.",
                    places=(claim.place, one.place),
                )


def _listed_by(source: str, file: ClaimsFile) -> Iterator[CompleteList]:
    """Yield the widest lists by category that a source prints of the measures in its `lists_all`."""
    by_whole: dict[tuple[tuple[object, ...], Scope], list[Claim]] = {}
    for claim in file.claims:
        listed = claim.measure in file.sources[source].lists_all and not claim.scope.categories.is_all
        if claim.source == source and listed:
            key, whole = (claim.measure, claim.unit, claim.moment), replace(claim.scope, categories=extent())
            by_whole.setdefault((key, whole), []).append(claim)
    for (group, whole), lines in by_whole.items():
        others = [other for other_group, other in by_whole if other_group == group and other != whole]
        if not any(whole.within(other) for other in others):
            place = f"{file.sources[source].place}/lists_all"
            yield CompleteList(place=place, by="category", whole=whole, lines=tuple(lines))


def _most(one: CompleteList, lower: LowerBounds) -> Bounds:
    """Return the bounds of the sum of the lines; a line inside another is counted with it."""
    group = lower.group
    numbers = {group.index[line.scope] for line in one.lines if line.bounds is not None}
    if len({line.scope for line in one.lines}) > len(numbers):
        return Bounds()
    inner = {part for number in numbers for part in bits(group.inside[number])}
    return summed([group.nodes[number].bounds for number in sorted(numbers - inner)])


def _least(one: CompleteList, lower: LowerBounds) -> int:
    """Return the lower bound of the whole, from figures printed for it and from parts along other dimensions.

    Missing parts along the list's dimension are left to the next rule.
    """
    whole, nodes = lower.group.index[one.whole], lower.group.nodes
    others = [
        part for part in lower.group.parts(whole) if _along(one.by, nodes[part].scope, one.whole) == nodes[part].scope
    ]
    printed = (claim.bounds.least for claim in nodes[whole].claims if claim.bounds is not None)
    return max(lower.sum_of(others), *printed, 0)


def _below(one: CompleteList, most: Bounds, least: int, node: Node) -> Finding:
    claim = one.lines[0]
    return Finding(
        kind="contradiction",
        rule="breakdown_below_whole",
        detail=f"{claim.measure}, {one.whole.describe()}: it is at least "
        f"{claim.describe_bounds(Bounds(least)).removeprefix('at least ')}; the list of {claim.source} "
        f"by {one.by}, which is marked complete, adds up to {claim.describe_bounds(most)}.",
        places=(*node.places, one.place),
    )


def _lacks(one: CompleteList, claim: Claim) -> bool:
    first = one.lines[0]
    if (claim.measure, claim.unit, claim.moment) != (first.measure, first.unit, first.moment):
        return False
    alone = _along(one.by, Scope(), claim.scope)
    lines = [_along(one.by, Scope(), line.scope) for line in one.lines]
    is_part = alone != Scope() and claim.scope.within(one.whole)
    return is_part and all(alone.apart_from(line) for line in lines)


def _along(by: str, scope: Scope, other: Scope) -> Scope:
    """Return the scope with the other's forces, categories or days, depending on `by`."""
    match by:
        case "force":
            return replace(scope, forces=other.forces)
        case "category":
            return replace(scope, categories=other.categories)
    return replace(scope, days=other.days)
