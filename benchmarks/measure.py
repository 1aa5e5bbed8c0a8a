"""Compares two sides: interleaved measurements, and the median of their ratios.

The sides take turns (A B A B), so that other load on the machine affects both. The median keeps one bad round from
deciding the result.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.sizes import Sizes

MINIMUM_ROUNDS = 2
MEMORY_LIMIT_MEGABYTES = 200.0
BYTES_IN_A_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A lower or upper bound on a ratio."""

    bound: float
    is_upper: bool = False

    def holds(self, ratio: float) -> bool:
        """Return whether a ratio is within the bound."""
        return ratio <= self.bound if self.is_upper else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'<=' if self.is_upper else '>='} {self.bound:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One line of the table. `pairs` holds our figure and theirs for each round, in `unit`.

    `compared_with` names the other side: the baseline, the reference, another way through the service, or a fixed
    limit, which is then the second figure of each pair. If that figure is None, ours is only shown.
    """

    case: str
    compared_with: str
    unit: str
    pairs: Sequence[tuple[float, float | None]]
    bar: Bar | None = None
    goal: Bar | None = None

    @property
    def ours(self) -> float:
        """The median of our figures."""
        return median(ours for ours, _theirs in self.pairs)

    @property
    def theirs(self) -> float | None:
        """The median of the other side's figures."""
        figures = [theirs for _ours, theirs in self.pairs if theirs is not None]
        return median(figures) if figures else None

    @property
    def ratio(self) -> float | None:
        """The median over the rounds of our figure divided by theirs."""
        ratios = [ours / theirs for ours, theirs in self.pairs if theirs]
        return median(ratios) if ratios else None

    @property
    def verdict(self) -> str:
        """`pass` or `FAIL` against the bar; with a goal only, `goal` or `short`; with neither, `shown`."""
        if self.ratio is None or (self.bar is None and self.goal is None):
            return "shown"
        if self.bar is not None:
            return "pass" if self.bar.holds(self.ratio) else "FAIL"
        assert self.goal is not None
        return "goal" if self.goal.holds(self.ratio) else "short"


def interleave(sizes: Sizes, **sides: Callable[[], Any]) -> Mapping[str, list[Any]]:
    """Measure every side once per round, in the order given; return each side's results.

    There are `sizes.rounds` rounds; fewer, but at least two, if they take longer than `sizes.timeout_seconds`.
    """
    results: dict[str, list[Any]] = {name: [] for name in sides}
    begin = time.monotonic()
    for done in range(sizes.rounds):
        if done >= MINIMUM_ROUNDS and time.monotonic() - begin > sizes.timeout_seconds:
            break
        for name, measure in sides.items():
            results[name].append(measure())
    return results


def paired(ours: Sequence[float], theirs: Sequence[float]) -> list[tuple[float, float | None]]:
    """Pair the figures of both sides by round."""
    return list(zip(ours, theirs, strict=True))


def memory(case: str, peaks: Sequence[int]) -> Comparison:
    """Compare the largest of these peaks, in bytes, with the memory limit of a process."""
    pair = (max(peaks) / BYTES_IN_A_MEGABYTE, MEMORY_LIMIT_MEGABYTES)
    limit = f"{MEMORY_LIMIT_MEGABYTES:.0f} MB, largest process"
    return Comparison(case=case, compared_with=limit, unit="MB", pairs=[pair], bar=Bar(1.0, is_upper=True))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
