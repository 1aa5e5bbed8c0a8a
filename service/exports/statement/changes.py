"""What has changed since a publication, in words, for pages, API and commands, and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.domain.counting.figures import EXACT, display, is_range
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.events import PublishedFigure
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure
from service.domain.statement.changes import FigureChange, StatedChange, StatedChanges, whole_measures_first
from service.domain.statement.thresholds import StatedNumber, to_one_decimal
from service.exports.categories import category_in_sentence

# A list of more figures says less than their number.
MOST_IN_A_SENTENCE = 3
NOT_GIVEN = "not given"


class ChangedFigure(NamedTuple):
    """A figure that has changed: what it counts, of which force (empty: all), then, now, and the difference."""

    what: str
    force: str
    then: str
    now: str
    more: str


def sentence(changes: Sequence[FigureChange], operation: Operation) -> str:
    """Return what has changed in one sentence, by the figures of all forces, whole measures first."""
    overall = whole_measures_first(changes)
    if not changes:
        return "Nothing has changed since."
    if not overall:
        return "The figures of all forces are the same. Some figures by force have changed."
    said = [f"{what(one.figure, operation)} {shown(one.published)}, now {shown(one.now)}" for one in overall]
    return f"Since then: {_listed(said)}."


def stated_sentence(changes: StatedChanges, published: str) -> str:
    """Return what a statement says of an earlier publication, given in words; empty if it still holds."""
    said = _listed([_stated_change(one) for one in changes.figures])
    if changes.is_superseded:
        if said:
            return f"The figures of {published}, are superseded: {said}."
        details = f"The figures of all forces are still those of {published}; figures in more detail have changed."
        return details if changes.has_details else ""
    if said:
        return f"Changed since {published}: {said}."
    if changes.has_details:
        return f"Since {published}, the figures of all forces are the same; figures in more detail have changed."
    return f"No figure has changed since {published}."


def changed_figures(changes: Sequence[FigureChange], operation: Operation) -> list[ChangedFigure]:
    """Return the figures that have changed, those of all forces first."""
    ordered = sorted(changes, key=lambda one: one.figure.force is not None)
    return [
        ChangedFigure(
            what=what(one.figure, operation),
            force=force_name(one.figure.force, operation),
            then=shown(one.published),
            now=shown(one.now),
            more=_more(one),
        )
        for one in ordered
    ]


def what(figure: PublishedFigure, operation: Operation) -> str:
    """Return what a figure counts: `arrests`, `other property (dog)`."""
    measure = operation.measures.get(figure.measure)
    return _counted(measure, figure.measure.replace("_", " "), figure.category)


def shown(figure: PublishedFigure | None) -> str:
    """Return a figure as printed; `not given` if there is none."""
    if figure is None:
        return NOT_GIVEN
    return display(figure.quantity, figure.unit, figure.qualifier, figure.category, most=figure.most)


def force_name(force: str | None, operation: Operation) -> str:
    """Return the name of a force in an operation; empty for all forces."""
    known = operation.participants.get(force or "")
    return (force or "") if known is None else known.name


def _counted(measure: Measure | None, name: str, category: str | None) -> str:
    label = name if measure is None else measure.label
    if category is None or (measure is not None and measure.category == "currency"):
        return label
    return f"{label} ({category_in_sentence(category)})"


def _stated_change(one: StatedChange) -> str:
    """Return a change as a statement gives it: weights rounded, unless both would then be the same."""
    pair = [None if stated is None else to_one_decimal(stated) for stated in (one.published, one.now)]
    if pair[0] == pair[1]:
        pair = [one.published, one.now]
    then, now = (_stated(stated, one.category) for stated in pair)
    return f"{_counted(one.measure, one.measure.measure, one.category)} {then}, now {now}"


def _stated(stated: StatedNumber | None, category: str | None) -> str:
    if stated is None:
        return NOT_GIVEN
    number = display(stated.quantity, stated.unit, stated.qualifier, category, most=stated.most)
    return f"{number} so far" if stated.so_far else number


def _listed(said: Sequence[str]) -> str:
    """Return the first changes, and the number of further ones; empty if there are none."""
    further = len(said) - MOST_IN_A_SENTENCE
    counted = "1 further figure has changed" if further == 1 else f"{further:,} further figures have changed"
    return "; ".join([*said[:MOST_IN_A_SENTENCE], *([counted] if further > 0 else [])])


def _more(change: FigureChange) -> str:
    """Return by how much a figure has changed: `2 more`, `£510 less`."""
    then = 0 if change.published is None else change.published.quantity
    now = 0 if change.now is None else change.now.quantity
    figure = change.figure
    if then == now:
        sides = (change.published, change.now)
        is_of_ranges = all(one is not None and is_range(one.qualifier, one.most) for one in sides)
        return "Only the upper end of the range" if is_of_ranges else "Only how exact it is"
    less = "less" if figure.unit in ("pence", "milligrams", MINOR_UNITS) else "fewer"
    return f"{display(abs(now - then), figure.unit, EXACT, figure.category)} {'more' if now > then else less}"
