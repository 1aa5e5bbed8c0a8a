"""How two sides are compared: by turns, and by the median of the ratios of their pairs.

By turns (A B A B), so that what else the machine does falls on both; by the median, so that one bad round decides
nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.sizes import Sizes

FEWEST_ROUNDS = 2
MOST_MEGABYTES = 200.0
BYTES_IN_A_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """What a ratio has to reach, or must not pass."""

    bound: float
    is_most: bool = False

    def holds(self, ratio: float) -> bool:
        """Return whether a ratio is good enough."""
        return ratio <= self.bound if self.is_most else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'<=' if self.is_most else '>='} {self.bound:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One line of the table. `pairs` has ours and the reference's figure of each round, in `unit`.

    Where the reference is a fixed limit, it is the second of each pair. Without one (None) ours is only shown.
    """

    case: str
    what: str
    unit: str
    pairs: Sequence[tuple[float, float | None]]
    bar: Bar | None = None
    goal: Bar | None = None

    @property
    def ours(self) -> float:
        """The median of our figures."""
        return median(ours for ours, _reference in self.pairs)

    @property
    def reference(self) -> float | None:
        """The median of the reference's figures."""
        found = [reference for _ours, reference in self.pairs if reference is not None]
        return median(found) if found else None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios of ours to the reference's, pair by pair."""
        ratios = [ours / reference for ours, reference in self.pairs if reference]
        return median(ratios) if ratios else None

    @property
    def verdict(self) -> str:
        """`pass` or `FAIL` by the bar, `goal` or `short` where there is a goal only, `shown` where there is neither."""
        if self.ratio is None or (self.bar is None and self.goal is None):
            return "shown"
        if self.bar is not None:
            return "pass" if self.bar.holds(self.ratio) else "FAIL"
        assert self.goal is not None
        return "goal" if self.goal.holds(self.ratio) else "short"


def by_turns(sizes: Sizes, **sides: Callable[[], Any]) -> Mapping[str, list[Any]]:
    """Return what each side measured in each round; in every round each side has its turn, in this order.

    There are as many rounds as the sizes say; fewer, but at least two, where they take too long.
    """
    found: dict[str, list[Any]] = {name: [] for name in sides}
    begin = time.monotonic()
    for done in range(sizes.rounds):
        if done >= FEWEST_ROUNDS and time.monotonic() - begin > sizes.patience_seconds:
            break
        for name, measure in sides.items():
            found[name].append(measure())
    return found


def paired(ours: Sequence[float], reference: Sequence[float]) -> list[tuple[float, float | None]]:
    """Return the figures of both sides, round by round."""
    return list(zip(ours, reference, strict=True))


def memory(case: str, what: str, peaks: Sequence[int]) -> Comparison:
    """Return the comparison of the most bytes that any of these processes had with what a process may have."""
    pair = (max(peaks) / BYTES_IN_A_MEGABYTE, MOST_MEGABYTES)
    return Comparison(case=case, what=what, unit="MB", pairs=[pair], bar=Bar(1.0, is_most=True))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
