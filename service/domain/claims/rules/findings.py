"""Findings between claims: contradictions, suspect figures, differences between sources, and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from service.domain.claims.extents import MOST_NAMED

Item = TypeVar("Item")

Kind = Literal["contradiction", "suspect", "difference", "note"]
KINDS: tuple[Kind, ...] = ("contradiction", "suspect", "difference", "note")
Rule = Literal[
    "no_common_value",
    "thresholds_apart",
    "same_digits",
    "parts_above_whole",
    "breakdown_below_whole",
    "not_in_complete_list",
    "second_view_differs",
    "days_differ",
    "forces_differ",
    "reached_by_some_forces",
    "unknown_measure",
    "unknown_force",
    "sums_not_all_tried",
]

# The findings of a comparison that are listed, and the places that each lists.
MOST_FINDINGS, MOST_PLACES = 200, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. `places`: figures or sources in the file; `without`: parts whose omission makes the whole agree.

    `more_places` is the number of places that are not listed.
    """

    kind: Kind
    rule: Rule
    detail: str
    places: tuple[str, ...]
    without: tuple[str, ...] = ()
    more_places: int = 0

    @property
    def is_wrong(self) -> bool:
        """Whether figures disagree; a note is for information only."""
        return self.kind != "note"

    def shortened(self) -> Finding:
        """Return the finding with at most MOST_PLACES places, and as many in `without`."""
        more = max(0, len(self.places) - MOST_PLACES)
        return replace(self, places=self.places[:MOST_PLACES], without=self.without[:MOST_PLACES], more_places=more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The findings of a comparison, worst kind first: at most MOST_FINDINGS of them, and the number of the others.

    `any_wrong`: one of all the findings, listed or not, is not a note.
    """

    listed: tuple[Finding, ...]
    not_listed: int
    any_wrong: bool


def described(items: Sequence[Item], describe: Callable[[Item], str], between: str = ", ") -> str:
    """Return the items as a list of descriptions, shortened if it is long; only those that are shown are described."""
    more = f" and {len(items) - MOST_NAMED:,} more" if len(items) > MOST_NAMED else ""
    return between.join(map(describe, items[:MOST_NAMED])) + more
