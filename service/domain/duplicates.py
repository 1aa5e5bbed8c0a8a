"""Events that may be one, found in one pass over sorted sightings.

Of each group the pass keeps only what lies within the window, by category and party. So what it costs grows with the
sightings that it reads and the pairs that it yields, and never with the square of the sightings.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from service.domain.sightings import Pair, Sighting, steps_above

CERTAIN, LIKELY = "certain", "likely"
Order = tuple[int, str, int]
Shelf = dict[str, deque[Sighting]]


def certain_pairs(sightings: Iterable[Sighting], *, after: Pair | None = None) -> Iterator[Pair]:
    """Yield the pairs of one incident and one type, given the sightings by (incident, type, operation, seq).

    With `after`, those behind that pair; the sightings may then begin with its incident.
    """
    for key, group in groupby(sightings, key=_incident_and_type):
        if after is None or key >= _incident_and_type(after.later):
            behind = after if after is not None and key == _incident_and_type(after.later) else None
            yield from _pairs(group, _Held(), _by_seq, behind)


def likely_pairs(sightings: Iterable[Sighting], window: int, *, after: Pair | None = None) -> Iterator[Pair]:
    """Yield the pairs of one type and place and of related categories that happened within `window` microseconds.

    The sightings are given by (type, place, occurred_microseconds, operation, seq). With `after`, the pairs behind
    that one; the sightings may then begin at `window` before its later one.
    """
    for key, group in groupby(sightings, key=_type_and_place):
        behind = after if after is not None and key == _type_and_place(after.later) else None
        yield from _pairs(group, _Held(window), _by_moment, behind)


def certainly_doubled(
    sightings: Iterable[Sighting], wanted: Callable[[Sighting], bool], settled: Callable[[Pair], bool]
) -> Iterator[Sighting]:
    """Yield the wanted sightings that are in a certain pair which is not settled; order as certain_pairs."""
    for _key, group in groupby(sightings, key=_incident_and_type):
        yield from _doubled(group, _Held(), wanted, settled)


def likely_doubled(
    sightings: Iterable[Sighting], wanted: Callable[[Sighting], bool], settled: Callable[[Pair], bool], window: int
) -> Iterator[Sighting]:
    """Yield the wanted sightings that are in a likely pair which is not settled; order as likely_pairs."""
    for _key, group in groupby(sightings, key=_type_and_place):
        yield from _doubled(group, _Held(window), wanted, settled)


class _Shelves(NamedTuple):
    """Under which shelves a sighting is kept, and under which it looks for partners.

    The shelf `a/b` has the sightings of that path, the shelf `a/b/` those of all paths beneath it.
    """

    kept_on: tuple[str, ...]
    looked_for_on: tuple[str, ...]


ONE_SHELF = ("",)


@lru_cache(maxsize=4_096)
def _shelves(categories: str) -> _Shelves:
    """Return the shelves of these categories. Few combinations of them occur, so each is worked out once."""
    paths = categories.split(",")
    above = {step for path in paths for step in steps_above(path)}
    kept_on = {*paths, *(f"{step}/" for step in above)}
    looked_for_on = {*paths, *above, *(f"{path}/" for path in paths)}
    return _Shelves(tuple(sorted(kept_on)), tuple(sorted(looked_for_on)))


@dataclass(slots=True)
class _Held:
    """The sightings of one group that may still find a partner, oldest first by shelf and party.

    Without a window, categories do not matter either.
    """

    window: int | None = None
    shelves: dict[str, Shelf] = field(default_factory=lambda: defaultdict(lambda: defaultdict(deque)))

    def partners(self, one: Sighting) -> Iterator[Sighting]:
        """Yield the held sightings of other parties that one pairs with, none later than the window; some come twice.

        What lies further back is dropped on the way. So whoever asks has to ask in the order of time.
        """
        for path in ONE_SHELF if self.window is None else _shelves(one.categories).looked_for_on:
            if path in self.shelves:
                for party, queue in self.shelves[path].items():
                    if party != one.party:
                        while queue and not self.reaches(queue[0], one):
                            queue.popleft()
                        yield from queue

    def hold(self, newest: Sighting) -> None:
        """Keep the newest for those that come."""
        for path in ONE_SHELF if self.window is None else _shelves(newest.categories).kept_on:
            self.shelves[path][newest.party].append(newest)

    def reaches(self, earlier: Sighting, one: Sighting) -> bool:
        """Return whether one lies within the window of an earlier sighting."""
        return self.window is None or one.occurred_microseconds - earlier.occurred_microseconds <= self.window


def _pairs(
    sightings: Iterable[Sighting], held: _Held, order: Callable[[Sighting], Order], after: Pair | None
) -> Iterator[Pair]:
    """Yield the pairs of a group: by the order of the later one, then by that of the earlier one."""
    for newest in sightings:
        if after is None or order(newest) >= order(after.later):
            found = {order(one): one for one in held.partners(newest)}
            for place in sorted(found):
                if after is None or order(newest) > order(after.later) or place > order(after.earlier):
                    yield Pair(found[place], newest)
        held.hold(newest)


def _doubled(
    sightings: Iterable[Sighting], held: _Held, wanted: Callable[[Sighting], bool], settled: Callable[[Pair], bool]
) -> Iterator[Sighting]:
    """Yield the wanted sightings of a group that have a partner on either side.

    Each waits until all that is near has come, and is then looked at once.
    """

    def has_partner(one: Sighting) -> bool:
        return any(not settled(Pair(other, one)) for other in held.partners(one))

    waiting: deque[Sighting] = deque()
    for newest in sightings:
        while waiting and not held.reaches(waiting[0], newest):
            if has_partner(one := waiting.popleft()):
                yield one
        held.hold(newest)
        if wanted(newest):
            waiting.append(newest)
        while waiting and has_partner(waiting[0]):
            yield waiting.popleft()
    yield from filter(has_partner, waiting)


def _incident_and_type(one: Sighting) -> tuple[str, str]:
    return one.incident or "", one.type


def _type_and_place(one: Sighting) -> tuple[str, str | None]:
    return one.type, one.place


def _by_seq(one: Sighting) -> Order:
    return 0, one.operation, one.seq


def _by_moment(one: Sighting) -> Order:
    return one.occurred_microseconds, one.operation, one.seq
