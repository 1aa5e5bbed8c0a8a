"""Rule 2: a whole is no less than the sum of parts that have nothing in common.

Each part is first raised to the sum of its own parts, so that a force inside a region counts once. A partial breakdown
never contradicts its whole by falling short of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from service.domain.claims.bounds import Bounds, joined, summed
from service.domain.claims.claim import Claim
from service.domain.claims.families import Search
from service.domain.claims.findings import Finding, listed
from service.domain.claims.groups import Group, Node


@dataclass(slots=True)
class Raised:
    """A group whose nodes are raised: `least[i]` is what node i is at least, `family[i]` the parts that say so."""

    group: Group
    search: Search
    least: list[int]
    family: list[list[int]]

    def sum_of(self, parts: Sequence[int]) -> int:
        """Return what these parts make at least, each thing counted once."""
        return sum(self.least[part] for part in self.search.heaviest(parts))

    def bounds(self, number: int) -> Bounds:
        """Return what a node's own figures and its parts leave possible."""
        return self.group.nodes[number].bounds.at_least(self.least[number])


def raise_parts(group: Group) -> Raised:
    """Return the group with each node raised to the sum of its parts. A part has fewer parts than its whole."""
    least = [node.bounds.least for node in group.nodes]
    family: list[list[int]] = [[] for _ in least]
    search = Search(weights=least, apart=group.apart, shape=lambda number: _shape(group.nodes[number]))
    for whole in sorted(range(len(least)), key=lambda number: group.inside[number].bit_count()):
        family[whole] = search.heaviest(group.parts(whole))
        least[whole] = max(least[whole], sum(least[part] for part in family[whole]))
    return Raised(group, search, least, family)


def compare_parts(raised: Raised) -> Iterator[Finding]:
    """Yield a contradiction for each whole that is below the sum of its parts."""
    for number, node in enumerate(raised.group.nodes):
        parts = raised.family[number]
        total = Bounds(sum(raised.least[part] for part in parts))
        # Where a whole was printed twice and differently, it matters which of the two its parts contradict.
        below = [claim for claim in node.claims if claim.bounds is not None and total.is_above(claim.bounds)]
        if below:
            yield _contradiction(below, parts, raised)


def _contradiction(wholes: Sequence[Claim], parts: Sequence[int], raised: Raised) -> Finding:
    claim = wholes[0]
    nodes = [raised.group.nodes[part] for part in parts]
    total = claim.describe_bounds(Bounds(sum(raised.least[part] for part in parts)))
    without = _without(joined([one.bounds for one in wholes if one.bounds]), [raised.bounds(part) for part in parts])
    named = f" Without {listed([_named(nodes[one]) for one in without], ' or ')} they agree." if without else ""
    return Finding(
        kind="contradiction",
        rule="parts_above_whole",
        detail=(
            f"{claim.measure}, {' and '.join(one.describe() for one in wholes)}: its parts make {total}: "
            f"{listed([_part(nodes[one], raised.least[part], claim) for one, part in enumerate(parts)])}.{named}"
        ),
        places=(*(one.place for one in wholes), *(place for one in nodes for place in one.places)),
        without=tuple(place for one in without for place in nodes[one].places),
    )


def _without(whole: Bounds, parts: list[Bounds]) -> list[int]:
    """Return the parts each of which, left out, lets the others agree with the whole.

    Those without which the others make exactly the whole are meant, as where one office's own figure came on top; where
    there is none, the one part without which the others no longer exceed it.
    """
    rests = [summed([part for number, part in enumerate(parts) if number != one]) for one in range(len(parts))]
    exact = [one for one, rest in enumerate(rests) if _makes(rest, whole)]
    enough = [one for one, rest in enumerate(rests) if not rest.is_above(whole)]
    return exact or (enough if len(enough) == 1 else [])


def _makes(parts: Bounds, whole: Bounds) -> bool:
    """Return whether parts make the whole, and not only something that may yet grow to it."""
    if parts.before is None:
        return not parts.is_above(whole) and parts.least >= whole.least
    return parts.meets(whole)


def _named(node: Node) -> str:
    return node.scope.describe()


def _part(node: Node, least: int, claim: Claim) -> str:
    return f"{claim.describe_bounds(node.bounds.at_least(least))} ({_named(node)})"


def _shape(node: Node) -> Hashable:
    scope = node.scope
    return scope.operation, scope.forces.is_all, scope.days is None, scope.categories.is_all
