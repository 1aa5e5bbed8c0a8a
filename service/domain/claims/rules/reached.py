"""Rule 6: a whole that some of its forces alone add up to. The other forces had nothing, or were left out."""

from __future__ import annotations

from collections.abc import Iterator

from service.domain.claims.bounds import summed
from service.domain.claims.extents import ALL, listed
from service.domain.claims.reading.figure import EXACT
from service.domain.claims.rules.families import Budget
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import Group, ScopeNode
from service.domain.claims.rules.relations import CATEGORY, DAY, FORCE, OPERATION, bits


def compare_forces(group: Group, everybody: frozenset[str], budget: Budget) -> Iterator[Finding]:
    """Yield a note for each whole that fewer forces than take part add up to."""
    exact = sum(1 << number for number, node in enumerate(group.nodes) if _is_exact(node))
    for number in bits(exact):
        node = group.nodes[number]
        forces = everybody if node.scope.forces.is_all else node.scope.forces.included
        if node.bounds.least and len(forces) > 1:
            same = group.relations.equal
            split = group.parts(number) & exact & same[DAY][number] & same[OPERATION][number] & ~same[FORCE][number]
            for parts in (_widest(split & same[CATEGORY][number], group, budget), _widest(split, group, budget)):
                reached = frozenset(force for part in parts for force in part.scope.forces.included)
                if reached < forces and summed([part.bounds for part in parts]).meets(node.bounds):
                    yield _note(node, parts, reached, forces)
                    break


def _widest(found: int, group: Group, budget: Budget) -> list[ScopeNode]:
    """Return the widest of these parts, which are by force or by force and category; none if they overlap."""
    if not budget.spend(2 * found.bit_count()):
        return []
    widest = found & ~group.is_inside_any(bits(found))
    named = [part for part in bits(widest) if ALL not in group.nodes[part].scope.forces.included]
    is_disjoint = all(not widest & ~group.apart[part] & ~(1 << part) for part in named)
    return [group.nodes[part] for part in named] if is_disjoint else []


def _is_exact(node: ScopeNode) -> bool:
    return any(claim.says == EXACT for claim in node.claims)


def _note(whole: ScopeNode, parts: list[ScopeNode], reached: frozenset[str], forces: frozenset[str]) -> Finding:
    claim = whole.claims[0]
    others = listed(sorted(forces - reached))
    return Finding(
        kind="note",
        rule="reached_by_some_forces",
        detail=f"{claim.measure}, {claim.describe()}: reached by {len(reached)} of {len(forces)} forces; "
        f"nil or left out: {others}.",
        places=(*whole.places, *(place for part in parts for place in part.places)),
    )
