"""Rule 2: a whole is at least the sum of its disjoint parts.

The lower bound of each part is first raised to the sum of its own parts, so that a force inside a region counts once. A
partial breakdown that falls short of its whole never contradicts it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from service.domain.claims.bounds import Bounds, joined
from service.domain.claims.claim import Claim
from service.domain.claims.rules.families import Budget, IndependentSetSearch
from service.domain.claims.rules.findings import Finding, described
from service.domain.claims.rules.groups import Group, ScopeNode


@dataclass(slots=True)
class LowerBounds:
    """The lower bounds of a group: `least[i]` is that of node i, `disjoint[i]` the disjoint parts it follows from."""

    group: Group
    search: IndependentSetSearch
    least: list[int]
    disjoint: list[list[int]]

    def bounds(self, number: int) -> Bounds:
        """Return the bounds of a node, from its figures and its parts."""
        return self.group.nodes[number].bounds.at_least(self.least[number])


def lower_bounds_of(group: Group, budget: Budget) -> LowerBounds:
    """Return the lower bounds of a group's nodes: at least the sum of disjoint parts."""
    least = [node.bounds.least for node in group.nodes]
    disjoint: list[list[int]] = [[] for _ in least]
    shapes = [_shape(node) for node in group.nodes]
    search = IndependentSetSearch(weights=least, apart=group.apart, shape=shapes.__getitem__, budget=budget)
    # A part has fewer parts than its whole, so this order visits parts before wholes.
    for whole in sorted(range(len(least)), key=lambda number: group.parts(number).bit_count()):
        disjoint[whole] = search.heaviest(group.parts(whole))
        least[whole] = max(least[whole], sum(least[part] for part in disjoint[whole]))
    return LowerBounds(group, search, least, disjoint)


def compare_parts(lower: LowerBounds) -> Iterator[Finding]:
    """Yield a contradiction for each whole that is below the sum of its disjoint parts."""
    for number, node in enumerate(lower.group.nodes):
        parts = lower.disjoint[number]
        total = Bounds(sum(lower.least[part] for part in parts))
        # If a whole was printed more than once with different numbers, report only those that the parts contradict.
        below = [claim for claim in node.claims if claim.bounds is not None and total.is_above(claim.bounds)]
        if below:
            yield _contradiction(below, parts, lower)


def _contradiction(wholes: Sequence[Claim], parts: Sequence[int], lower: LowerBounds) -> Finding:
    claim, nodes = wholes[0], lower.group.nodes
    total = claim.describe_bounds(Bounds(sum(lower.least[part] for part in parts)))
    without = _without(joined([one.bounds for one in wholes if one.bounds]), [lower.bounds(part) for part in parts])
    left_out = [nodes[parts[one]] for one in without]
    named = f" Without {described(left_out, _named, ' or ')} they agree." if left_out else ""

    def part(number: int) -> str:
        return f"{claim.describe_bounds(lower.bounds(number))} ({_named(nodes[number])})"

    return Finding(
        kind="contradiction",
        rule="parts_above_whole",
        detail=(
            f"{claim.measure}, {described(wholes, Claim.describe, ' and ')}: its parts add up to {total}: "
            f"{described(parts, part)}.{named}"
        ),
        places=(*(one.place for one in wholes), *(place for number in parts for place in nodes[number].places)),
        without=tuple(place for node in left_out for place in node.places),
    )


def _without(whole: Bounds, parts: list[Bounds]) -> list[int]:
    """Return the parts whose omission, one at a time, makes the others agree with the whole.

    First choice are parts without which the others make exactly the whole, for example one office's figure that was
    added on top. Otherwise it is the only part without which the others no longer exceed the whole, if there is one.
    """
    least, most = sum(part.least for part in parts), sum(part.before - 1 for part in parts if part.before is not None)
    unlimited = sum(part.before is None for part in parts)
    exact, enough = [], []
    for number, part in enumerate(parts):
        is_limited = unlimited == (part.before is None)
        before = most - (part.before - 1 if part.before is not None else 0) + 1 if is_limited else None
        rest = Bounds(least - part.least, before)
        if _makes(rest, whole):
            exact.append(number)
        if not rest.is_above(whole):
            enough.append(number)
    return exact or (enough if len(enough) == 1 else [])


def _makes(parts: Bounds, whole: Bounds) -> bool:
    """Return whether the parts make the whole, as opposed to an open lower bound that may grow to it."""
    if parts.before is None:
        return not parts.is_above(whole) and parts.least >= whole.least
    return parts.meets(whole)


def _named(node: ScopeNode) -> str:
    return node.scope.describe()


def _shape(node: ScopeNode) -> Hashable:
    scope = node.scope
    return scope.operation, scope.forces.is_all, scope.days is None, scope.categories.is_all
