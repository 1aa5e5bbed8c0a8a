"""The days of an operation to choose from on a page: all of a short one, or those around the one that is shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from typing import Any

# The days to choose from at a time.
MOST_CHOICES = 60


def days_around(days: Sequence[date], shown: date | None) -> dict[str, Any]:
    """Return the days to choose from around the one that is shown, and those that lead further back and on."""
    place = 0 if shown is None else bisect_left(days, shown)
    start = max(0, min(place - MOST_CHOICES // 2, len(days) - MOST_CHOICES))
    end = start + MOST_CHOICES
    return {
        "day_choices": days[start:end],
        "earlier": days[max(0, start - MOST_CHOICES // 2)] if start else None,
        "later": days[min(len(days) - 1, end + MOST_CHOICES // 2)] if end < len(days) else None,
    }
