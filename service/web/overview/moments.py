"""The moment that a page is asked to show: a date and time as people write it, or the number of an event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from service.domain.model.instants import in_utc
from service.domain.model.vocabulary import number_in
from service.errors import Invalid
from service.usecases.querying.as_of import (
    AsOfBeforeLog,
    AsOfBeyondLog,
    AsOfInTheFuture,
    AsOfNotSettled,
    AsOfSeqOfRollUp,
    Moment,
)
from service.web.site.typed import london, read_day_and_time

# Of the later of two moments; without it, that is the latest.
LATER = "to_"
FORM = "Date and time must be complete, for example 18 January 2023, 6pm"
ONCE = "Date and time must be a time that happens once. Clocks change on that day: choose another time"
NUMBER = "Event must be a number"
WORDS = {
    AsOfInTheFuture.code: "Date and time must be in the past",
    AsOfBeforeLog.code: "Date and time must be after the operation was opened",
    AsOfBeyondLog.code: "Event must be one that has been recorded",
    AsOfNotSettled.code: "Choose an earlier date and time: a part of this operation is imported, and may still get "
    "events of its past",
    AsOfSeqOfRollUp.code: "Choose a date and time: this operation has parts, each with events of its own",
}


class MomentUnclear(ValueError):
    """The text is not a date and time, or not the number of an event. The message says what it must be."""


def requested_moment(query: Mapping[str, str], prefix: str = "") -> Moment:
    """Return the moment in a query: `as_of`, in UK time unless it states a zone, or `event`; now without either.

    `prefix` stands before both names, where a query asks for a second moment.

    Raises:
        MomentUnclear.
    """
    if event := query.get(f"{prefix}event", "").strip():
        seq = number_in(event)
        if seq is None:
            raise MomentUnclear(NUMBER)
        return Moment(None, seq)
    if as_of := query.get(f"{prefix}as_of", "").strip():
        return Moment(_instant(as_of), None)
    return Moment()


def words_of(error: Invalid) -> str:
    """Return what is wrong with a moment that cannot be shown, as the page says it."""
    return WORDS.get(error.code, error.detail)


def _instant(text: str) -> datetime:
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    typed = read_day_and_time(text)
    if typed is None:
        raise MomentUnclear(FORM)
    moment = london(*typed)
    if moment is None:
        raise MomentUnclear(ONCE)
    try:
        return in_utc(moment)
    except ValueError as error:
        raise MomentUnclear(FORM) from error
