"""The part of a dimension that a figure covers: some forces or all but some, some categories with all beneath them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# The root path, above all others.
ALL = ""


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

    def within(self, other: Extent) -> bool:
        """Return whether this is a part of the other, or equal to it, judging by the paths alone."""
        if other.included.isdisjoint(self.above):
            return not self.included
        return all(_lies_in(path, self, other) for path in self.included)

    def apart_from(self, other: Extent) -> bool:
        """Return whether the two are disjoint."""
        if self.included.isdisjoint(other.above) and other.included.isdisjoint(self.above):
            return True
        holes = self.excluded | other.excluded
        return bool(holes) and all(
            _under_any(max(path, another, key=len), holes)
            for path in self.included
            for another in other.included
            if _under(path, another) or _under(another, path)
        )

    def describe(self) -> str:
        """Return the extent in words; an empty string for all."""
        included = _listed(self.included) if ALL not in self.included else "all" if self.excluded else ""
        return f"{included} without {_listed(self.excluded)}" if self.excluded else included


def extent(included: Iterable[str] = (), excluded: Iterable[str] = ()) -> Extent:
    """Return the extent of some paths (empty: all) without others, in canonical form."""
    excluded = _topmost(set(excluded))
    included = _topmost({path for path in set(included) or {ALL} if not _under_any(path, excluded)})
    above = frozenset(step for path in included for step in _above(path))
    return Extent(included, frozenset(path for path in excluded if _under_any(path, included)), above)


def _topmost(paths: set[str]) -> frozenset[str]:
    return frozenset(path for path in paths if paths.isdisjoint(_above(path) - {path}))


def _above(path: str) -> set[str]:
    """Return the path and all paths above it."""
    steps = path.split("/")
    return {ALL, *("/".join(steps[:length]) for length in range(1, len(steps) + 1))}


def _lies_in(path: str, one: Extent, other: Extent) -> bool:
    above = _above(path)
    return (
        not other.included.isdisjoint(above)
        and other.excluded.isdisjoint(above)
        and all(_under_any(hole, one.excluded) for hole in other.excluded if _under(hole, path))
    )


def _under(path: str, above: str) -> bool:
    return above in (ALL, path) or path.startswith(f"{above}/")


def _under_any(path: str, others: Iterable[str]) -> bool:
    return any(_under(path, other) for other in others)


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(sorted(paths))
