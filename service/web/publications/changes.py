"""What has changed since a publication, in words: each figure as it was and as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.domain.counting.figures import EXACT, display
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.events import PublishedFigure
from service.domain.model.operation import Operation
from service.usecases.querying.difference import Change
from service.web.site import words

# A list of more figures says less than their number.
MOST_IN_A_SENTENCE = 3


class ChangedFigure(NamedTuple):
    """A figure that has changed: what it counts, of which force (empty: all), then, now, and the difference."""

    what: str
    force: str
    then: str
    now: str
    more: str


def sentence(changes: Sequence[Change], operation: Operation) -> str:
    """Return what has changed in one sentence, by the figures of all forces.

    Categories of a measure are left out if the measure itself has changed.
    """
    overall = _without_details([one for one in changes if _figure(one).force is None])
    if not changes:
        return "Nothing has changed since."
    if not overall:
        return "The figures of all forces are the same. Some figures by force have changed."
    said = [_said(one, operation) for one in overall[:MOST_IN_A_SENTENCE]]
    further = len(overall) - len(said)
    if further:
        said.append(words.counted(further, "further figure") + (" has changed" if further == 1 else " have changed"))
    return f"Since then: {'; '.join(said)}."


def changed_figures(changes: Sequence[Change], operation: Operation) -> list[ChangedFigure]:
    """Return the figures that have changed, those of all forces first."""
    ordered = sorted(changes, key=lambda one: _figure(one).force is not None)
    return [
        ChangedFigure(
            what=what(_figure(one), operation),
            force=force_name(_figure(one).force, operation),
            then=shown(one.published),
            now=shown(one.now),
            more=_more(one),
        )
        for one in ordered
    ]


def what(figure: PublishedFigure, operation: Operation) -> str:
    """Return what a figure counts: `arrests`, `other property (dog)`."""
    measure = operation.measures.get(figure.measure)
    label = figure.measure.replace("_", " ") if measure is None else measure.label
    if figure.category is None or (measure is not None and measure.category == "currency"):
        return label
    return f"{label} ({words.category_in_sentence(figure.category)})"


def shown(figure: PublishedFigure | None) -> str:
    """Return a figure as printed; `not given` if there is none."""
    if figure is None:
        return "not given"
    return display(figure.quantity, figure.unit, figure.qualifier, figure.category)


def force_name(force: str | None, operation: Operation) -> str:
    """Return the name of a force in an operation; empty for all forces."""
    known = operation.participants.get(force or "")
    return (force or "") if known is None else known.name


def _without_details(changes: Sequence[Change]) -> list[Change]:
    figures = [_figure(one) for one in changes]
    whole = {one.measure for one in figures if one.category is None}
    return [
        change for change, one in zip(changes, figures, strict=True) if one.category is None or one.measure not in whole
    ]


def _said(change: Change, operation: Operation) -> str:
    return f"{what(_figure(change), operation)} {shown(change.published)}, now {shown(change.now)}"


def _more(change: Change) -> str:
    """Return by how much a figure has changed: `2 more`, `£510 less`."""
    then = 0 if change.published is None else change.published.quantity
    now = 0 if change.now is None else change.now.quantity
    figure = _figure(change)
    if then == now:
        return "Only how exact it is"
    less = "less" if figure.unit in ("pence", "milligrams", MINOR_UNITS) else "fewer"
    return f"{display(abs(now - then), figure.unit, EXACT, figure.category)} {'more' if now > then else less}"


def _figure(change: Change) -> PublishedFigure:
    figure = change.now or change.published
    assert figure is not None, "a figure that exists neither then nor now has not changed"
    return figure
