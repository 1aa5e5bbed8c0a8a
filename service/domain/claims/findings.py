"""What claims say about each other: contradictions, suspicions, differences between sources, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["contradiction", "suspect", "difference", "note"]
KINDS: tuple[Kind, ...] = ("contradiction", "suspect", "difference", "note")
Rule = Literal[
    "no_common_value",
    "thresholds_apart",
    "parts_above_whole",
    "breakdown_below_whole",
    "not_in_complete_list",
    "second_view_differs",
    "days_differ",
    "forces_differ",
    "reached_by_some_forces",
    "unknown_measure",
]

MOST_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. `places`: figures or sources in the file; `without`: the parts without which the whole agrees."""

    kind: Kind
    rule: Rule
    detail: str
    places: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether something does not agree; a note says only what is worth knowing."""
        return self.kind != "note"


def listed(words: Sequence[str], between: str = ", ") -> str:
    """Return words in a row, the first of them where there are many; a finding's places have them all."""
    more = f" and {len(words) - MOST_NAMED:,} more" if len(words) > MOST_NAMED else ""
    return between.join(words[:MOST_NAMED]) + more
