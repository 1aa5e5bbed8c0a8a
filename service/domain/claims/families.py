"""Choosing, among overlapping parts, those that have nothing in common and together weigh most.

Any such family gives a sum that its whole cannot be below, so a search that gives up early misses something at worst,
and never accuses anybody wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from service.domain.claims.groups import bits

# How many parts one group may be looked at while searching; what is found by then counts.
PATIENCE = 200_000


@dataclass(slots=True, kw_only=True)
class Search:
    """Finds the heaviest family. `weights` and `apart` are by part; parts of one `shape` are tried together."""

    weights: Sequence[int]
    apart: Sequence[int]
    shape: Callable[[int], Hashable]
    patience: int = PATIENCE

    def heaviest(self, parts: Sequence[int]) -> list[int]:
        """Return the parts of the heaviest family that was found, in their order."""
        wanted = _mask([part for part in parts if self.weights[part]])
        found: list[int] = []
        for tangle in self._tangles(wanted):
            found += self._best_of(tangle) if tangle & (tangle - 1) else bits(tangle)
        return sorted(found)

    def _tangles(self, parts: int) -> Iterator[int]:
        """Yield sets of parts that overlap each other, directly or through others."""
        while parts:
            tangle = fresh = parts & -parts
            while fresh:
                reached = 0
                for part in bits(fresh):
                    reached |= parts & ~self.apart[part]
                fresh = reached & ~tangle
                tangle |= fresh
            yield tangle
            parts &= ~tangle

    def _best_of(self, tangle: int) -> list[int]:
        """Return the best family of a tangle: the best of some quick tries, improved as far as patience goes."""
        parts = sorted(bits(tangle), key=lambda part: -self.weights[part])
        by_shape: dict[Hashable, list[int]] = {}
        for part in parts:
            by_shape.setdefault(self.shape(part), []).append(part)
        tries = [self._greedy([*first, *parts]) for first in [[], *by_shape.values()]]
        return self._improved(tangle, max(tries, key=self._weight))

    def _greedy(self, parts: Sequence[int]) -> list[int]:
        chosen: list[int] = []
        free = _mask(sorted(set(parts)))
        for part in parts:
            if free >> part & 1:
                chosen.append(part)
                free &= self.apart[part]
        return chosen

    def _improved(self, tangle: int, best: list[int]) -> list[int]:
        """Return the best family, by taking and leaving in turn the part that overlaps most others."""
        most = self._weight(best)
        open_branches: list[tuple[int, int, tuple[int, ...]]] = [(tangle, 0, ())]
        while open_branches and self.patience > 0:
            rest, weight, chosen = open_branches.pop()
            parts = list(bits(rest))
            self.patience -= len(parts) + 1
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


def _mask(parts: Sequence[int]) -> int:
    return sum(1 << part for part in parts)
