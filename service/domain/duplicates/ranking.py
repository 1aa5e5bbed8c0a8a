"""The rank of a pair: how its amounts compare, and how far apart its events were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from service.domain.duplicates.lines import Line, StatedAmount, bounds_of
from service.domain.duplicates.match_candidates import Pair, steps_above

AmountsCompared = Literal["same", "close", "count", "missing", "none", "different"]
# The order in which pairs are listed, and why a pair has its place.
AMOUNTS: dict[AmountsCompared, str] = {
    "same": "Each amount of cash or drugs that both give is the same.",
    "close": "An amount of cash or drugs differs by 5 % or less.",
    "count": "Both give the same number.",
    "missing": "Only one of the two gives an amount.",
    "none": "Neither gives an amount.",
    "different": "They give different amounts or numbers.",
}
ORDER = {name: number for number, name in enumerate(AMOUNTS)}
NEVER = 2**63

Rank = tuple[int, int, str, str, int, str, int, str, int]


def rank_of(pair: Pair) -> Rank:
    """Return the key that sorts pairs: by amounts, then by the time between them, then by type, place, time and seq.

    Where one event has only its day, the time between them is not known, and they come after those with moments.
    """
    earlier, later = pair
    is_dated = earlier.day is not None or later.day is not None
    apart = NEVER if is_dated else abs(later.occurred_microseconds - earlier.occurred_microseconds)
    return (
        *(ORDER[amounts_compared(earlier.lines, later.lines)], apart, later.type, later.place or ""),
        *(later.occurred_microseconds, later.operation, later.seq, earlier.operation, earlier.seq),
    )


def amounts_compared(one: Sequence[Line], other: Sequence[Line]) -> AmountsCompared:
    """Return how the amounts of two events compare, line by line; lines of unrelated categories are not compared."""
    found = {_best(line, related) for line in one if (related := _related(line, other))}
    measured = {result for result, is_measured in found if is_measured}
    counts = {result for result, is_measured in found if not is_measured}
    if "different" in measured | counts:
        return "different"
    if "close" in measured | counts:
        return "close"
    if "same" in measured:
        return "same"
    if "missing" in measured | counts:
        return "missing"
    return "count" if "same" in counts else "none"


def _related(line: Line, others: Sequence[Line]) -> list[Line]:
    above = {line.path, *steps_above(line.path)}
    return [one for one in others if one.path in above or line.path in steps_above(one.path)]


def _best(line: Line, related: Sequence[Line]) -> tuple[AmountsCompared, bool]:
    """Return how a line compares with the one that it is most like, and whether cash or drugs were measured."""
    return min((_compared(line, one) for one in related), key=lambda found: ORDER[found[0]])


def _compared(one: Line, other: Line) -> tuple[AmountsCompared, bool]:
    is_measured = one.path.startswith(("cash/", "drug/"))
    if one.arrested is not None and other.arrested is not None:
        return "same" if one.arrested == other.arrested else "different", is_measured
    given = [(mine, theirs) for mine in one.amounts for theirs in other.amounts if mine.field == theirs.field]
    if not given:
        return "missing" if one.amounts or other.amounts else "none", is_measured
    if all(mine == theirs for mine, theirs in given):
        return "same", is_measured
    are_close = all(_are_close(mine, one.qualifier, theirs, other.qualifier) for mine, theirs in given)
    return "close" if are_close else "different", is_measured


def _are_close(mine: StatedAmount, my_qualifier: str, theirs: StatedAmount, their_qualifier: str) -> bool:
    return bounds_of(mine.value, my_qualifier).is_close_to(bounds_of(theirs.value, their_qualifier))
