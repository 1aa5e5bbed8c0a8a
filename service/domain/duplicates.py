"""Events of two forces that may be one, found in one pass over sorted sightings.

Of each group the pass keeps only what lies within the window, by category and force. So what it costs grows with the
sightings that it reads and the pairs that it yields, and never with the square of the sightings.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from service.domain.sightings import Pair, Sighting, steps_above

CERTAIN, LIKELY = "certain", "likely"
Queues = dict[str, dict[str, deque[Sighting]]]


def certain_pairs(sightings: Iterable[Sighting], *, after: Pair | None = None) -> Iterator[Pair]:
    """Yield the pairs of one incident and one type, given the sightings by (incident, type, seq).

    With `after`, those behind that pair; the sightings may then begin with its incident and type.
    """
    for key, group in groupby(sightings, key=_incident_and_type):
        behind = after if after is not None and key == _incident_and_type(after.later) else None
        yield from _pairs(group, _Group(), _by_seq, behind)


def likely_pairs(sightings: Iterable[Sighting], window: int, *, after: Pair | None = None) -> Iterator[Pair]:
    """Yield the pairs of one type and place and of related categories that happened within `window` microseconds.

    The sightings are given by (type, place, occurred_microseconds, seq). With `after`, the pairs behind that one; the
    sightings may then begin at `window` before its later one.
    """
    for key, group in groupby(sightings, key=_type_and_place):
        behind = after if after is not None and key == _type_and_place(after.later) else None
        yield from _pairs(group, _Group(window), _by_moment, behind)


def certainly_doubled(sightings: Iterable[Sighting], force: str, settled: Callable[[Pair], bool]) -> Iterator[int]:
    """Yield the seqs of a force's sightings that are in a certain pair which is not settled; order as certain_pairs."""
    for _key, group in groupby(sightings, key=_incident_and_type):
        yield from _doubled(list(group), force, settled, None)


def likely_doubled(
    sightings: Iterable[Sighting], force: str, settled: Callable[[Pair], bool], window: int
) -> Iterator[int]:
    """Yield the seqs of a force's sightings that are in a likely pair which is not settled; order as likely_pairs."""
    for _key, group in groupby(sightings, key=_type_and_place):
        yield from _doubled(list(group), force, settled, window)


class _Shelves(NamedTuple):
    """Under which paths a sighting is kept, and under which it looks for partners.

    A path is kept under itself in `at`, and under every path above it in `beneath`.
    """

    at: tuple[str, ...]
    beneath: tuple[str, ...]
    looked_for_at: tuple[str, ...]


ONE_SHELF = _Shelves(("",), (), ("",))


@lru_cache(maxsize=4_096)
def _shelves(categories: str) -> _Shelves:
    """Return the shelves of these categories. Few combinations of them occur, so each is worked out once."""
    paths = categories.split(",")
    above = {step for path in paths for step in steps_above(path)}
    return _Shelves(tuple(paths), tuple(sorted(above)), tuple(sorted(above.union(paths))))


@dataclass(slots=True)
class _Group:
    """The sightings of one group that may still find a partner, oldest first by path and force.

    Without a window, categories do not matter either.
    """

    window: int | None = None
    held: deque[Sighting] = field(default_factory=deque)
    at: Queues = field(default_factory=dict)
    beneath: Queues = field(default_factory=dict)

    def partners(self, newest: Sighting) -> Iterator[Sighting]:
        """Yield the sightings of other forces that the newest pairs with; some come twice."""
        shelves = self._shelves(newest)
        found = [self.at[path] for path in shelves.looked_for_at if path in self.at]
        found += [self.beneath[path] for path in shelves.at if path in self.beneath]
        for by_force in found:
            for force, queue in by_force.items():
                if force != newest.force:
                    yield from queue

    def forget_what_is_far_from(self, newest: Sighting) -> None:
        """Drop what lies further off than the window; the pass may run forwards or backwards in time."""
        if self.window is None:
            return
        moment = newest.occurred_microseconds
        while self.held and abs(moment - self.held[0].occurred_microseconds) > self.window:
            gone = self.held.popleft()
            shelves = self._shelves(gone)
            for path in shelves.at:
                _take_oldest(self.at[path], gone.force)
            for path in shelves.beneath:
                _take_oldest(self.beneath[path], gone.force)

    def hold(self, newest: Sighting) -> None:
        """Keep the newest for those that come."""
        self.held.append(newest)
        shelves = self._shelves(newest)
        for path in shelves.at:
            self.at.setdefault(path, {}).setdefault(newest.force, deque()).append(newest)
        for path in shelves.beneath:
            self.beneath.setdefault(path, {}).setdefault(newest.force, deque()).append(newest)

    def _shelves(self, one: Sighting) -> _Shelves:
        return ONE_SHELF if self.window is None else _shelves(one.categories)


def _take_oldest(by_force: dict[str, deque[Sighting]], force: str) -> None:
    by_force[force].popleft()
    if not by_force[force]:
        del by_force[force]


def _pairs(
    sightings: Iterable[Sighting], group: _Group, place: Callable[[Sighting], tuple[int, int]], after: Pair | None
) -> Iterator[Pair]:
    """Yield the pairs of a group: by the place of the later one, then by that of the earlier one."""
    for newest in sightings:
        group.forget_what_is_far_from(newest)
        if after is None or place(newest) >= place(after.later):
            for one in sorted(set(group.partners(newest)), key=place):
                if after is None or place(newest) > place(after.later) or place(one) > place(after.earlier):
                    yield Pair(one, newest)
        group.hold(newest)


def _doubled(
    sightings: list[Sighting], force: str, settled: Callable[[Pair], bool], window: int | None
) -> Iterator[int]:
    """Yield the seqs of a force's sightings that have a partner on either side, each once."""
    found: set[int] = set()
    if not any(one.force == force for one in sightings):
        return
    for one_way in (sightings, sightings[::-1]):
        group = _Group(window)
        for newest in one_way:
            group.forget_what_is_far_from(newest)
            if newest.force != force:
                group.hold(newest)
            elif newest.seq not in found and any(not settled(Pair(one, newest)) for one in group.partners(newest)):
                found.add(newest.seq)
    yield from (one.seq for one in sightings if one.seq in found)


def _incident_and_type(one: Sighting) -> tuple[str | None, str]:
    return one.incident, one.type


def _type_and_place(one: Sighting) -> tuple[str, str | None]:
    return one.type, one.place


def _by_seq(one: Sighting) -> tuple[int, int]:
    return 0, one.seq


def _by_moment(one: Sighting) -> tuple[int, int]:
    return one.occurred_microseconds, one.seq
