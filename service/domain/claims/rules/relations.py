"""Which scopes lie within others, are disjoint, or are equal in one dimension, for many scopes at once.

Sets of scopes are bit masks: bit i is the scope at i. Scopes are not compared in pairs: each dimension is sorted once,
and the scopes that stand next to each other in that order are looked up together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from service.domain.claims.claim import Days, Scope
from service.domain.claims.extents import Extent, paths_above

FORCE, CATEGORY, DAY, OPERATION = "force", "category", "day", "operation"
# Sorts after every step of a path.
AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Relations:
    """The relations of each scope: the masks of the scopes inside it, disjoint from it, and equal to it.

    `inside` is without the scope itself. `apart` and `equal` are by dimension. Operations are never disjoint.
    """

    inside: Sequence[int]
    apart: Mapping[str, Sequence[int]]
    equal: Mapping[str, Sequence[int]]


def relations_of(scopes: Sequence[Scope]) -> Relations:
    """Return the relations between these scopes, which are all different."""
    values: dict[str, Sequence[Hashable]] = {
        FORCE: [one.forces for one in scopes],
        CATEGORY: [one.categories for one in scopes],
        DAY: [one.days for one in scopes],
        OPERATION: [one.operation for one in scopes],
    }
    equal = {name: where(found) for name, found in values.items()}
    within, apart = {}, {}
    for name, (inner, disjoint) in {
        FORCE: _of_extents(equal[FORCE]),
        CATEGORY: _of_extents(equal[CATEGORY]),
        DAY: _of_days(equal[DAY]),
        OPERATION: _of_operations(equal[OPERATION]),
    }.items():
        within[name] = [inner[value] for value in values[name]]
        apart[name] = [disjoint[value] for value in values[name]]
    inside = [reduce(and_, masks) & ~(1 << number) for number, masks in enumerate(zip(*within.values(), strict=True))]
    same = {name: [equal[name][value] for value in found] for name, found in values.items()}
    return Relations(inside, apart, same)


def where(values: Iterable[Hashable]) -> dict[Hashable, int]:
    """Return the mask of the places of each distinct value."""
    found: dict[Hashable, int] = {}
    for number, value in enumerate(values):
        found[value] = found.get(value, 0) | 1 << number
    return found


def bits(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


Masks = dict[Hashable, int]


def _of_operations(places: Mapping[Hashable, int]) -> tuple[Masks, Masks]:
    everything = reduce(or_, places.values(), 0)
    return {one: everything if one is None else mask for one, mask in places.items()}, dict.fromkeys(places, 0)


def _of_days(places: Mapping[Hashable, int]) -> tuple[Masks, Masks]:
    everything = reduce(or_, places.values(), 0)
    known: list[tuple[Days, int]] = [(days, mask) for days, mask in places.items() if isinstance(days, tuple)]
    by_first, by_last = sorted(known), sorted(known, key=lambda one: one[0][1])
    firsts, lasts = [days[0] for days, _mask in by_first], [days[1] for days, _mask in by_last]
    starting, ending = _Ranges([mask for _days, mask in by_first]), _Ranges([mask for _days, mask in by_last])
    within: Masks = {None: everything}
    apart: Masks = {None: 0}
    for (first, last), _mask in known:
        starts_later = starting.any_of(bisect_left(firsts, first), len(known))
        ends_earlier = ending.any_of(0, bisect_right(lasts, last))
        within[first, last] = starts_later & ends_earlier
        before = ending.any_of(0, bisect_left(lasts, first))
        apart[first, last] = before | starting.any_of(bisect_right(firsts, last), len(known))
    return within, apart


def _of_extents(places: Mapping[Hashable, int]) -> tuple[Masks, Masks]:
    extents = [(one, mask) for one, mask in places.items() if isinstance(one, Extent)]
    tree = _Tree.of(extents)
    everything = reduce(or_, places.values(), 0)
    within: Masks = {}
    apart: Masks = {}
    for one, _mask in extents:
        inner = outer = 0
        for start, end, is_in in tree.spans(one):
            found = tree.included.any_of(start, end)
            inner, outer = (inner | found, outer) if is_in else (inner, outer | found)
        for path in one.included:
            inner |= tree.containing(path)
        for path in one.excluded:
            outer |= tree.containing(path)
        within[one], apart[one] = everything & ~outer, everything & ~inner
    return within, apart


class _Ranges:
    """Masks in an order, any run of which is joined in one step."""

    def __init__(self, masks: Sequence[int]) -> None:
        self.rows = [list(masks)]
        width = 1
        while 2 * width <= len(masks):
            row = self.rows[-1]
            self.rows.append([row[at] | row[at + width] for at in range(len(row) - width)])
            width *= 2

    def any_of(self, start: int, end: int) -> int:
        """Return the union of the masks from `start` to before `end`."""
        if start >= end:
            return 0
        level = (end - start).bit_length() - 1
        return self.rows[level][start] | self.rows[level][end - (1 << level)]


@dataclass(frozen=True, slots=True)
class _Tree:
    """All paths that some extents name, in an order in which a path stands directly before those beneath it.

    `spans_of`: from where to where a path and those beneath it stand; `included`: the extents that include each path.
    """

    spans_of: Mapping[str, tuple[int, int]]
    included: _Ranges
    including: Mapping[str, int]
    excluding: Mapping[str, int]

    @classmethod
    def of(cls, extents: Sequence[tuple[Extent, int]]) -> _Tree:
        including: dict[str, int] = {}
        excluding: dict[str, int] = {}
        for one, mask in extents:
            for path in one.included:
                including[path] = including.get(path, 0) | mask
            for path in one.excluded:
                excluding[path] = excluding.get(path, 0) | mask
        paths = sorted(including.keys() | excluding.keys(), key=_steps)
        keys = [_steps(path) for path in paths]
        spans = {path: (at, bisect_left(keys, (*keys[at], AFTER_ALL))) for at, path in enumerate(paths)}
        return cls(spans, _Ranges([including.get(path, 0) for path in paths]), including, excluding)

    def containing(self, path: str) -> int:
        """Return the mask of the extents that contain a path, whatever they exclude beneath it."""
        above = paths_above(path)
        found = reduce(or_, (self.including.get(one, 0) for one in above))
        return found & ~reduce(or_, (self.excluding.get(one, 0) for one in above))

    def spans(self, one: Extent) -> Iterator[tuple[int, int, bool]]:
        """Yield the runs of paths that are in an extent (True) and those that are not."""
        changes = []
        for paths, change in ((one.included, 1), (one.excluded, -1)):
            for path in paths:
                begin, end = self.spans_of[path]
                changes += [(begin, change), (end, -change)]
        level = start = 0
        for at, change in sorted(changes):
            if at > start:
                yield start, at, level > 0
                start = at
            level += change
        if start < len(self.spans_of):
            yield start, len(self.spans_of), False


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")) if path else ()
