"""An event in a list: its line, and the tag of one that no longer counts."""

from __future__ import annotations

from service.domain.model.events import EventWithdrawn
from service.domain.model.operation import Operation
from service.usecases.overview.events import Listed
from service.web.site import event_words


def tag_of(one: Listed) -> tuple[str, str]:
    """Return the tag of an event in a list, and its colour; empty if it counts as it is."""
    if one.replaced_by is None:
        return "", ""
    if isinstance(one.replaced_by.event.data, EventWithdrawn):
        return "Withdrawn", "grey"
    return "Corrected", "orange"


def line_of(one: Listed, operation: Operation) -> str:
    """Return what an event says in one line."""
    said = event_words.in_words(one.recorded, operation)
    return said[:1].upper() + said[1:]
