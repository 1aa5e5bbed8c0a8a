"""A search among overlapping parts for disjoint ones with the greatest total: a maximum-weight independent set.

Any independent set gives a lower bound of the whole. A search that stops early can therefore miss a contradiction, but
never reports a false one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from service.domain.claims.rules.relations import bits

# A step visits one part once. The steps for all sets of a file, those for improving them, and those for improving one.
MOST_STEPS, MOST_IMPROVING, MOST_IMPROVING_ONE = 400_000, 200_000, 50_000


@dataclass(slots=True)
class Budget:
    """The steps that are left for comparing a file, and those for improving sets that were found.

    `is_short`: something was not compared because too few steps were left.
    """

    left: int = MOST_STEPS
    improving: int = MOST_IMPROVING
    is_short: bool = False

    def spend(self, steps: int) -> bool:
        """Return whether this many steps were left, and take them."""
        if steps > self.left:
            self.is_short = True
            return False
        self.left -= steps
        return True


@dataclass(slots=True, kw_only=True)
class IndependentSetSearch:
    """A search for the heaviest independent set.

    `weights` and `apart` are by part; parts of one `shape` are tried together. Without a budget left, every set found
    is empty.
    """

    weights: Sequence[int]
    apart: Sequence[int]
    shape: Callable[[int], Hashable]
    budget: Budget

    def heaviest(self, parts: int) -> list[int]:
        """Return the parts of the heaviest independent set found, in order. `parts` is a mask."""
        if not parts or not self.budget.spend(2 * parts.bit_count()):
            return []
        weighted = _mask(part for part in bits(parts) if self.weights[part])
        found: list[int] = []
        for component in self._components(weighted):
            found += self._best_of(component) if component & (component - 1) else bits(component)
        return sorted(found)

    def _components(self, parts: int) -> Iterator[int]:
        """Yield the connected components: sets of parts that overlap directly or through others."""
        while parts:
            component = fresh = parts & -parts
            while fresh:
                reached = 0
                for part in bits(fresh):
                    reached |= parts & ~self.apart[part]
                fresh = reached & ~component
                component |= fresh
            yield component
            parts &= ~component

    def _best_of(self, component: int) -> list[int]:
        """Return the best set of a component: the best of several greedy ones, improved as far as the budget allows."""
        parts = sorted(bits(component), key=lambda part: -self.weights[part])
        by_shape: dict[Hashable, list[int]] = {}
        for part in parts:
            by_shape.setdefault(self.shape(part), []).append(part)
        tries = [self._greedy(component, parts)]
        tries += [
            self._greedy(component, [*first, *parts])
            for first in by_shape.values()
            if self.budget.spend(2 * len(parts))
        ]
        return self._improved(component, max(tries, key=self._weight))

    def _greedy(self, component: int, parts: Sequence[int]) -> list[int]:
        chosen: list[int] = []
        free = component
        for part in parts:
            if free >> part & 1:
                chosen.append(part)
                free &= self.apart[part]
        return chosen

    def _improved(self, component: int, best: list[int]) -> list[int]:
        """Return the best set found by branching on the part that overlaps most others: without it, and with it."""
        most = self._weight(best)
        open_branches: list[tuple[int, int, tuple[int, ...]]] = [(component, 0, ())]
        least_left = self.budget.improving - MOST_IMPROVING_ONE
        while open_branches and self.budget.improving > max(0, least_left):
            rest, weight, chosen = open_branches.pop()
            parts = list(bits(rest))
            self.budget.improving -= len(parts) + 1
            if weight + self._weight(parts) <= most:
                continue
            if not parts:
                best, most = list(chosen), weight
                continue
            worst = max(parts, key=lambda part: (rest & ~self.apart[part]).bit_count())
            if (rest & ~self.apart[worst]).bit_count() == 1:
                best, most = [*chosen, *parts], weight + self._weight(parts)
                continue
            without = rest & ~(1 << worst)
            open_branches.append((without, weight, chosen))
            open_branches.append((without & self.apart[worst], weight + self.weights[worst], (*chosen, worst)))
        return best

    def _weight(self, parts: Sequence[int]) -> int:
        return sum(self.weights[part] for part in parts)


def _mask(parts: Iterable[int]) -> int:
    return reduce(or_, (1 << part for part in parts), 0)
