"""Words for returns that cover some measures, and for when a return is due: the same on every page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from service.domain.model.operation import Operation
from service.usecases.overview.returns import main_measures
from service.web.site import words

# A list of more measures says less than that some are missing.
MOST_MEASURES = 3
SOME = "some measures"


def left_out(missing: Sequence[str], operation: Operation) -> str:
    """Return what a return leaves out: `drugs by weight`, `some measures`; empty if it says nothing about that."""
    return SOME if len(missing) > MOST_MEASURES else _labels(missing, operation)


def partial(missing: Sequence[str], operation: Operation) -> str:
    """Return what a partial return covers: `all but drugs by weight`, `more to come`."""
    said = left_out(missing, operation)
    return f"all but {said}" if said else "more to come"


def covered(measures: Collection[str], operation: Operation) -> str:
    """Return what one declaration covers: `arrests`, `all but drugs by weight`, `some measures`; empty for all."""
    if not measures:
        return ""
    named = main_measures(operation, measures)
    if len(named) <= MOST_MEASURES:
        return _labels(named, operation)
    missing = main_measures(operation, operation.measures.keys() - set(measures))
    return f"all but {_labels(missing, operation)}" if 0 < len(missing) <= MOST_MEASURES else SOME if missing else ""


def due(due_at: datetime | None, moment: datetime) -> str:
    """Return until when a return is due, or since when it is overdue; empty without a deadline."""
    if due_at is None:
        return ""
    return f"{'overdue since' if due_at < moment else 'due'} {words.short_moment(due_at)}"


def _labels(measures: Sequence[str], operation: Operation) -> str:
    return words.listed([operation.measures[one].label for one in measures])
