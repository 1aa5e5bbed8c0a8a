"""The results of a run, as a text table and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.measure import Bar, Comparison

COLUMNS = ("case", "compared with", "unit", "ours", "theirs", "ratio", "rounds", "bar", "")


def header(facts: Mapping[str, str]) -> list[str]:
    """Return the facts about a run as aligned lines."""
    width = max(map(len, facts))
    return [f"{name:<{width}}  {value}" for name, value in facts.items()]


def table(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the lines of the table, headings first, with aligned columns."""
    rows = [COLUMNS, *map(_row, comparisons)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return [_aligned(row, widths) for row in rows]


def as_json(facts: Mapping[str, str], comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return all figures of a run, including those of each round."""
    return {"run": dict(facts), "comparisons": [_described(one) for one in comparisons]}


def number(value: float | None) -> str:
    """Return a figure with three significant digits, or all digits of its whole part; `-` for None."""
    if value is None:
        return "-"
    decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{decimals}f}"


def _row(one: Comparison) -> tuple[str, ...]:
    ratio = "-" if one.ratio is None else f"{one.ratio:.2f}"
    figures = (number(one.ours), number(one.theirs), ratio, str(len(one.pairs)))
    return (one.case, one.compared_with, one.unit, *figures, _bars(one), one.verdict)


def _bars(one: Comparison) -> str:
    bars = [str(one.bar)] if one.bar else []
    return " ".join([*bars, *([f"(goal {one.goal.bound:g})"] if one.goal else [])]) or "-"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (3, 4, 5, 6)
    cells = [
        f"{cell:>{width}}" if at in numbers else f"{cell:<{width}}"
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _described(one: Comparison) -> dict[str, Any]:
    return {
        "case": one.case,
        "compared_with": one.compared_with,
        "unit": one.unit,
        "ours": _rounded(one.ours),
        "theirs": _rounded(one.theirs),
        "ratio": _rounded(one.ratio),
        "bar": _bound(one.bar),
        "goal": _bound(one.goal),
        "verdict": one.verdict,
        "rounds": [[_rounded(figure) for figure in pair] for pair in one.pairs],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _bound(bar: Bar | None) -> str | None:
    return None if bar is None else str(bar)
