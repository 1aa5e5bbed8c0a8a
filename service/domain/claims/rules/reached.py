"""Rule 6: a whole that some of its forces alone add up to. The other forces had nothing, or were left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from service.domain.claims.bounds import summed
from service.domain.claims.extents import ALL, extent
from service.domain.claims.reading.figure import EXACT
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import Group, Node


def compare_forces(group: Group, everybody: frozenset[str]) -> Iterator[Finding]:
    """Yield a note for each whole that fewer forces than take part add up to."""
    for number, node in enumerate(group.nodes):
        forces = everybody if node.scope.forces.is_all else node.scope.forces.included
        parts = _parts_by_force(number, group)
        reached = frozenset(force for part in parts for force in part.scope.forces.included)
        if reached < forces and node.bounds.least and _reach(node, parts):
            yield _note(node, parts, reached, forces)


def _parts_by_force(whole: int, group: Group) -> list[Node]:
    """Return the widest parts that differ from the whole only in their forces; none if they overlap."""
    scope = group.nodes[whole].scope
    found = [part for part in group.parts(whole) if _is_by_force(group.nodes[part], group.nodes[whole])]
    widest = [part for part in found if not any(group.inside[other] >> part & 1 for other in found)]
    named = [group.nodes[part] for part in widest if ALL not in group.nodes[part].scope.forces.included]
    one_by_one = sum(len(node.scope.forces.included) for node in named)
    together = extent([force for node in named for force in node.scope.forces.included])
    return named if one_by_one == len(together.included) and together.within(scope.forces) else []


def _is_by_force(part: Node, whole: Node) -> bool:
    return replace(part.scope, forces=whole.scope.forces) == whole.scope


def _reach(whole: Node, parts: list[Node]) -> bool:
    exact = all(any(claim.says == EXACT for claim in node.claims) for node in [whole, *parts])
    return exact and summed([part.bounds for part in parts]).meets(whole.bounds)


def _note(whole: Node, parts: list[Node], reached: frozenset[str], forces: frozenset[str]) -> Finding:
    claim = whole.claims[0]
    others = ", ".join(sorted(forces - reached))
    return Finding(
        kind="note",
        rule="reached_by_some_forces",
        detail=f"{claim.measure}, {claim.describe()}: reached by {len(reached)} of {len(forces)} forces; "
        f"nil or left out: {others}.",
        places=(*whole.places, *(place for part in parts for place in part.places)),
    )
