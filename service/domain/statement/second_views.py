"""Measures that count the same items in a second way: weapons by acquisition, drug seizures by class and substance.

A seizure counts once under each class or substance: each is at most the seizures, and their sum may exceed them.
Source: Home Office, Seizures of drugs in England and Wales, user guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.statement.facts import RecordedFigure

# Each second view, and the measure that it is a view of.
SECOND_VIEWS = {
    "weapons_by_acquisition": "weapons",
    "drug_seizures_by_class": "drug_seizures",
    "drug_seizures_by_substance": "drug_seizures",
}


@dataclass(frozen=True, slots=True)
class Views:
    """The second views among figures: `left_out` never exceed the first view, `overlapping` do."""

    left_out: tuple[str, ...]
    overlapping: tuple[str, ...]


def second_views(figures: Sequence[RecordedFigure], by_force: Sequence[RecordedFigure]) -> Views:
    """Return the second views whose first view is also among the figures. `by_force` are the figures per force."""
    found = (*figures, *by_force)
    measures = {one.measure for one in figures}
    seen = [view for view, first in SECOND_VIEWS.items() if view in measures and first in measures]
    overlapping = tuple(view for view in seen if _has_more(view, found))
    return Views(tuple(view for view in seen if view not in overlapping), overlapping)


def _has_more(view: str, figures: Sequence[RecordedFigure]) -> bool:
    """Return whether a view exceeds its first view, in total or for any force."""
    firsts = {one.force: one.quantity for one in figures if one.measure == SECOND_VIEWS[view]}
    return any(one.quantity > firsts.get(one.force, 0) for one in figures if one.measure == view)
