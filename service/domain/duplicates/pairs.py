"""Possible duplicates, found in one pass over sorted match candidates.

For each group the pass holds only the candidates within the window, or of days that have not ended, by category and
party, and those of one party by the amount that decides. The cost therefore grows with the candidates read and the
pairs yielded, never with the square of the candidates, whether categories, times or amounts keep them apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice, takewhile
from typing import NamedTuple

from service.domain.duplicates.lines import ANY_AMOUNT, COMPARED_ROLES, PARTS, PARTS_OF, AmountBounds, Line, Role
from service.domain.duplicates.match_candidates import MatchCandidate, Pair, steps_above

CERTAIN, LIKELY = "certain", "likely"
Order = tuple[int, str, int]
Near = Callable[[deque[MatchCandidate], MatchCandidate], Iterator[MatchCandidate]]
Kind = tuple[Role, str, str]
EVERY_LINE = (Line("", "plain", "exact", ()),)


def certain_pairs(candidates: Iterable[MatchCandidate], *, after: Pair | None = None) -> Iterator[Pair]:
    """Yield the pairs with the same incident and type, given candidates sorted by (incident, type, operation, seq).

    With `after`, yield the pairs after that one; the candidates may then begin with its incident.
    """
    for key, group in groupby(candidates, key=_incident_and_type):
        if after is None or key >= _incident_and_type(after.later):
            cursor = after if after is not None and key == _incident_and_type(after.later) else None
            yield from _pairs(group, _Held(), _by_seq, cursor)


def likely_pairs(candidates: Iterable[MatchCandidate], window: int, *, after: Pair | None = None) -> Iterator[Pair]:
    """Yield the pairs with the same type and place and related lines, at most `window` microseconds apart.

    Two lines are related if the category of one is at or below that of the other and their amounts do not differ: they
    are close, or one of them is not given. If an event gives the amount of cash or drugs, its other lines are compared
    only with an event that gives none.

    If one of the two has no moment, it must be on the same day instead: its day contains the other's moment, or
    overlaps the other's day. In one operation, days that overlap are the same.

    The candidates are sorted by (type, place, occurred_microseconds, operation, seq). With `after`, yield the pairs
    after that one; the candidates may then begin at `window` before its later one, or at a day open then.
    """
    for key, group in groupby(candidates, key=_type_and_place):
        cursor = after if after is not None and key == _type_and_place(after.later) else None
        yield from _pairs(group, _Held(window), _by_moment, cursor)


class _BucketNames(NamedTuple):
    """The buckets that a candidate is stored in, and those searched for its partners.

    Bucket `a/b` has the candidates with that path, bucket `a/b/` those with any path beneath it.
    """

    stored_in: tuple[str, ...]
    searched: tuple[str, ...]


@lru_cache(maxsize=4_096)
def _bucket_names(path: str) -> _BucketNames:
    """Return the buckets of a category path. Few paths occur, so each is computed once."""
    above = steps_above(path)
    return _BucketNames((path, *(f"{step}/" for step in above)), (path, *above, f"{path}/"))


@dataclass(slots=True)
class _Shelf:
    """The candidates of one party whose lines have one kind of amount: a queue for each amount, in order of amounts.

    For one kind, both bounds rise with the amount, so those close to an amount are next to each other.
    """

    amounts: list[AmountBounds] = field(default_factory=list)
    queues: dict[AmountBounds, deque[MatchCandidate]] = field(default_factory=dict)

    def add(self, amount: AmountBounds, one: MatchCandidate) -> None:
        """Add the newest candidate."""
        if amount not in self.queues:
            insort(self.amounts, amount)
            self.queues[amount] = deque()
        self.queues[amount].append(one)

    def close_to(self, amount: AmountBounds) -> list[AmountBounds]:
        """Return the amounts of this shelf that are close to an amount."""
        first = bisect_left(self.amounts, amount.least * PARTS, key=lambda one: one.greatest * PARTS_OF)
        return list(takewhile(amount.is_close_to, islice(self.amounts, first, None)))

    def drop(self, amount: AmountBounds) -> None:
        """Drop an amount whose queue is empty."""
        del self.queues[amount], self.amounts[bisect_left(self.amounts, amount)]


Shelves = dict[Kind, dict[str, _Shelf]]


@dataclass(slots=True)
class _Held:
    """The candidates of one group that may still pair, oldest first by bucket, kind of amount, party and amount.

    Those without a moment are held apart, as they stay longer. Without a window, neither categories nor times are
    compared.
    """

    window: int | None = None
    moments: dict[str, Shelves] = field(default_factory=dict)
    days: dict[str, Shelves] = field(default_factory=dict)

    def partners(self, one: MatchCandidate) -> Iterator[MatchCandidate]:
        """Yield the held candidates of other parties that pair with one, by their times; some more than once.

        Candidates that can no longer pair are dropped, so calls must be in order of time.
        """
        for line in self._lines(one):
            for name in _bucket_names(line.path).searched:
                if name in self.moments:
                    yield from self._partners_in(self.moments[name], one, line, self._moments_near)
                if name in self.days:
                    yield from self._partners_in(self.days[name], one, line, self._days_near)

    def hold(self, newest: MatchCandidate) -> None:
        """Hold the newest candidate as a partner for later ones."""
        buckets = self.moments if newest.day is None or self.window is None else self.days
        for line in self._lines(newest):
            for name in _bucket_names(line.path).stored_in:
                shelves = buckets.setdefault(name, {}).setdefault(_kind(line), {})
                shelves.setdefault(newest.party, _Shelf()).add(line.bounds, newest)

    def has_passed(self, earlier: MatchCandidate, one: MatchCandidate) -> bool:
        """Return whether an earlier candidate pairs neither with one nor with any candidate after it."""
        if self.window is None:
            return False
        if earlier.day is not None:
            return earlier.day.ends <= one.occurred_microseconds
        return one.occurred_microseconds - earlier.occurred_microseconds > self.window

    def _lines(self, one: MatchCandidate) -> tuple[Line, ...]:
        return EVERY_LINE if self.window is None else one.lines

    def _partners_in(self, bucket: Shelves, one: MatchCandidate, line: Line, near: Near) -> Iterator[MatchCandidate]:
        role, field_of_amount, _qualifier = _kind(line)
        for (other_role, other_field, _other_qualifier), shelves in bucket.items():
            if (role, other_role) in COMPARED_ROLES:
                amount = line.bounds if field_of_amount == other_field else ANY_AMOUNT
                for party, shelf in shelves.items():
                    if party != one.party:
                        yield from self._partners_on(shelf, amount, one, near)

    def _partners_on(
        self, shelf: _Shelf, amount: AmountBounds, one: MatchCandidate, near: Near
    ) -> Iterator[MatchCandidate]:
        for close in shelf.close_to(amount):
            queue = shelf.queues[close]
            while queue and self.has_passed(queue[0], one):
                queue.popleft()
            if queue:
                yield from near(queue, one)
            else:
                shelf.drop(close)

    def _moments_near(self, queue: deque[MatchCandidate], one: MatchCandidate) -> Iterator[MatchCandidate]:
        """Yield those of a queue of moments that are on the day of one, or within the window of it."""
        if self.window is None:
            return iter(queue)
        if one.day is None:
            latest = one.occurred_microseconds + self.window
            return takewhile(lambda other: other.occurred_microseconds <= latest, queue)
        first = bisect_left(queue, one.day.starts, key=_microseconds)
        ends = one.day.ends
        return takewhile(lambda other: other.occurred_microseconds < ends, islice(queue, first, None))

    def _days_near(self, queue: deque[MatchCandidate], one: MatchCandidate) -> Iterator[MatchCandidate]:
        """Yield those of a queue of days that contain the moment of one, or overlap its day."""
        starts, ends = one.day or (one.occurred_microseconds, one.occurred_microseconds + 1)
        first = bisect_right(queue, starts, key=_end)
        return takewhile(lambda other: _start(other) < ends, islice(queue, first, None))


def _pairs(
    candidates: Iterable[MatchCandidate],
    held: _Held,
    order: Callable[[MatchCandidate], Order],
    after: Pair | None,
) -> Iterator[Pair]:
    """Yield the pairs of a group, in the order of the later candidate, then of the earlier one."""
    for newest in candidates:
        if after is None or order(newest) >= order(after.later):
            partners = {order(one): one for one in held.partners(newest)}
            for key in sorted(partners):
                if after is None or order(newest) > order(after.later) or key > order(after.earlier):
                    yield Pair(partners[key], newest)
        held.hold(newest)


def _kind(line: Line) -> Kind:
    """Return what amounts must share to be in order: the role, the field, and on which side a qualifier is open."""
    return line.role, "" if line.main is None else line.main.field, line.qualifier


def _incident_and_type(one: MatchCandidate) -> tuple[str, str]:
    return one.incident or "", one.type


def _type_and_place(one: MatchCandidate) -> tuple[str, str | None]:
    return one.type, one.place


def _microseconds(one: MatchCandidate) -> int:
    return one.occurred_microseconds


def _start(one: MatchCandidate) -> int:
    assert one.day is not None, "only candidates without a moment are held by day"
    return one.day.starts


def _end(one: MatchCandidate) -> int:
    assert one.day is not None, "only candidates without a moment are held by day"
    return one.day.ends


def _by_seq(one: MatchCandidate) -> Order:
    return 0, one.operation, one.seq


def _by_moment(one: MatchCandidate) -> Order:
    return one.occurred_microseconds, one.operation, one.seq
