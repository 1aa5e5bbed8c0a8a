"""The part of a dimension that a figure covers: some forces or all but some, some categories with all beneath them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

# The root path, above all others.
ALL = ""
# The codes that a description names.
MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Extent:
    """The included paths with all beneath them, without the excluded ones. Forces are paths of one step.

    Built by `extent`. `above`: the included paths and all paths above them.
    """

    included: frozenset[str]
    excluded: frozenset[str]
    above: frozenset[str] = field(compare=False, repr=False)

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return ALL in self.included and not self.excluded

    def contains(self, path: str) -> bool:
        """Return whether a path is in this extent; some of the paths beneath it may be excluded."""
        above = paths_above(path)
        return not self.included.isdisjoint(above) and self.excluded.isdisjoint(above)

    def within(self, other: Extent) -> bool:
        """Return whether this is a part of the other, or equal to it, judging by the paths alone."""
        return all(map(other.contains, self.included)) and not any(map(self.contains, other.excluded))

    def apart_from(self, other: Extent) -> bool:
        """Return whether the two are disjoint."""
        if self.included.isdisjoint(other.above) and other.included.isdisjoint(self.above):
            return True
        return not any(map(other.contains, self.included)) and not any(map(self.contains, other.included))

    def describe(self) -> str:
        """Return the extent in words, a long list shortened; an empty string for all."""
        included = listed(sorted(self.included)) if ALL not in self.included else "all" if self.excluded else ""
        return f"{included} without {listed(sorted(self.excluded))}" if self.excluded else included


def extent(included: Iterable[str] = (), excluded: Iterable[str] = ()) -> Extent:
    """Return the extent of some paths (empty: all) without others, in canonical form."""
    excluded = _topmost(set(excluded))
    included = _topmost({path for path in set(included) or {ALL} if excluded.isdisjoint(paths_above(path))})
    above = frozenset(step for path in included for step in paths_above(path))
    return Extent(included, frozenset(path for path in excluded if not included.isdisjoint(paths_above(path))), above)


@lru_cache(4_096)
def paths_above(path: str) -> frozenset[str]:
    """Return the path and all paths above it."""
    steps = path.split("/")
    return frozenset((ALL, *("/".join(steps[:length]) for length in range(1, len(steps) + 1))))


def listed(words: Sequence[str], between: str = ", ") -> str:
    """Return the words as a list, shortened if it is long."""
    more = f" and {len(words) - MOST_NAMED:,} more" if len(words) > MOST_NAMED else ""
    return between.join(words[:MOST_NAMED]) + more


def _topmost(paths: set[str]) -> frozenset[str]:
    return frozenset(path for path in paths if paths.isdisjoint(paths_above(path) - {path}))
