"""What part of a dimension a figure is over: some forces or all but some, some categories with all under them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# The path above all paths.
ALL = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """The given paths with all under them, without others. Forces are paths of one step. Built by `extent`."""

    included: frozenset[str] = frozenset((ALL,))
    excluded: frozenset[str] = frozenset()

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.included == {ALL} and not self.excluded

    def within(self, other: Extent) -> bool:
        """Return whether this is a part of the other, or all of it, as far as the paths tell."""
        return _within(self, other)

    def apart_from(self, other: Extent) -> bool:
        """Return whether the two have nothing in common."""
        return _apart(self, other)

    def describe(self) -> str:
        """Return the extent in words; empty for all."""
        included = _listed(self.included) if self.included != {ALL} else "all" if self.excluded else ""
        return f"{included} without {_listed(self.excluded)}" if self.excluded else included


def extent(included: Iterable[str] = (), excluded: Iterable[str] = ()) -> Extent:
    """Return the extent of some paths (none: all of them) without others, in its one shortest form."""
    excluded = _topmost(set(excluded))
    included = _topmost({path for path in set(included) or {ALL} if not _under_any(path, excluded)})
    return Extent(included, frozenset(path for path in excluded if _under_any(path, included)))


def _topmost(paths: set[str]) -> frozenset[str]:
    return frozenset(path for path in paths if not _under_any(path, paths - {path}))


def _under(path: str, above: str) -> bool:
    return above in (ALL, path) or path.startswith(f"{above}/")


def _under_any(path: str, others: Iterable[str]) -> bool:
    return any(_under(path, other) for other in others)


@lru_cache(maxsize=65_536)
def _within(one: Extent, other: Extent) -> bool:
    return all(
        _under_any(path, other.included)
        and not _under_any(path, other.excluded)
        and all(_under_any(hole, one.excluded) for hole in other.excluded if _under(hole, path))
        for path in one.included
    )


@lru_cache(maxsize=65_536)
def _apart(one: Extent, other: Extent) -> bool:
    holes = one.excluded | other.excluded
    return all(
        _under_any(max(path, another, key=len), holes)
        for path in one.included
        for another in other.included
        if _under(path, another) or _under(another, path)
    )


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(sorted(paths))
