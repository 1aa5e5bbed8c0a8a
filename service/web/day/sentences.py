"""The sentences of a force's day: how its return stands, and what that asks for."""

from __future__ import annotations

from typing import NamedTuple

from service.domain.counting.completeness import NONE, PARTIAL, REOPENED
from service.usecases.overview.day import Day
from service.usecases.querying.returns import Return
from service.web.site import return_words, words


class State(NamedTuple):
    """A status in a word, the colour of its tag (empty: no tag), and a sentence about it."""

    word: str
    colour: str
    sentence: str


def is_done(declared: Return | None) -> bool:
    """Return whether a return is complete or nil."""
    return declared is not None and declared.is_done


def state_of(found: Day, declared: Return | None) -> State | None:
    """Return how the return of the day stands; None if no day has begun."""
    if declared is None or found.day is None:
        return None
    is_over = found.day in found.ended_days
    if declared.status == NONE:
        if not is_over:
            return State("Day not over", "", "Declare the day once you have recorded everything.")
        return State("No return", "yellow", due(declared, found))
    assert declared.declared_at is not None, "a status other than none was declared"
    at = words.moment(declared.declared_at, found.moment)
    if declared.status == REOPENED:
        return State("Reopened", "orange", f"Something has changed since you declared it, {at}. Declare it again.")
    if declared.status == PARTIAL:
        covers = return_words.partial(found.missing, found.operation)
        return State("Partial", "blue", f"Declared {at}: {covers}.")
    late = ", late" if declared.late else ""
    return State(f"{declared.status.capitalize()}{late}", "", f"Declared {at}. Nothing more to do for this day.")


def due(declared: Return, found: Day) -> str:
    """Return until when the return is due, or since when it is overdue."""
    due_at = declared.due_at
    if due_at is None:
        return "The day is over, and your return is not in."
    if due_at < found.moment:
        return f"Overdue since {words.deadline(due_at)}."
    return f"Due by {words.deadline(due_at)}."
