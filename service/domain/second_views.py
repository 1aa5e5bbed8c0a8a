"""The same things counted in another way: weapons by how they were recovered, drug seizures by class and substance.

Each class or substance is counted once for each seizure, so none is more than the seizures, and together they may be.
Source: Home Office, Seizures of drugs in England and Wales, user guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.statement_facts import Figure

# By what they are a second view of.
SECOND_VIEWS = {
    "weapons_by_acquisition": "weapons",
    "drug_seizures_by_class": "drug_seizures",
    "drug_seizures_by_substance": "drug_seizures",
}


@dataclass(frozen=True, slots=True)
class Views:
    """Second views among figures, by measure: `left_out` hold no more than the first view, `overlapping` do."""

    left_out: tuple[str, ...]
    overlapping: tuple[str, ...]


def second_views(figures: Sequence[Figure], by_force: Sequence[Figure]) -> Views:
    """Return the second views whose first is among the figures, all over or of each force."""
    found = (*figures, *by_force)
    measures = {one.measure for one in figures}
    seen = [view for view, first in SECOND_VIEWS.items() if view in measures and first in measures]
    overlapping = tuple(view for view in seen if _has_more(view, found))
    return Views(tuple(view for view in seen if view not in overlapping), overlapping)


def _has_more(view: str, figures: Sequence[Figure]) -> bool:
    """Return whether there is more in a view than in the first one: of it all, or of what one force recorded."""
    firsts = {one.force: one.quantity for one in figures if one.measure == SECOND_VIEWS[view]}
    return any(one.quantity > firsts.get(one.force, 0) for one in figures if one.measure == view)
