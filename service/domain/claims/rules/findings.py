"""Findings between claims: contradictions, suspect figures, differences between sources, and notes."""

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
    """One finding. `places`: figures or sources in the file; `without`: parts whose omission makes the whole agree."""

    kind: Kind
    rule: Rule
    detail: str
    places: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether figures disagree; a note is for information only."""
        return self.kind != "note"


def listed(words: Sequence[str], between: str = ", ") -> str:
    """Return the words as a list, shortened if it is long; a finding's `places` are complete."""
    more = f" and {len(words) - MOST_NAMED:,} more" if len(words) > MOST_NAMED else ""
    return between.join(words[:MOST_NAMED]) + more
