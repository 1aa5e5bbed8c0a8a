"""The sentences of returns: what is missing, since when, and the text with which a coordinator asks a force for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from service.domain.counting.completeness import NONE, PARTIAL, REOPENED
from service.usecases.overview.returns import ReturnsByDay
from service.usecases.querying.returns import Return
from service.web.site import return_words, words


class Chase(NamedTuple):
    """A text to send to a force: its key and name, and the sentences."""

    force: str
    name: str
    text: str


def measures_left_out(one: Return, found: ReturnsByDay) -> str:
    """Return what a return leaves out: `drugs by weight`, `some measures`; empty if it says nothing about that."""
    return return_words.left_out(found.missing.get((one.force, one.day), ()), found.operation)


def partial(one: Return, found: ReturnsByDay) -> str:
    """Return what a partial return covers: `all but drugs by weight`, `more to come`."""
    return return_words.partial(found.missing.get((one.force, one.day), ()), found.operation)


def due(one: Return, moment: datetime) -> str:
    """Return until when a return is due, or since when it is overdue; empty without a deadline."""
    return return_words.due(one.due_at, moment)


def counts(found: ReturnsByDay, day: date) -> str:
    """Return how many returns of a day are in: `5 of 7 in, 2 owed`."""
    returns = [one for force in found.reporting if (one := found.returns.get((force.force, day)))]
    done = sum(one.is_done for one in returns)
    owed = f", {len(returns) - done} owed" if _has_ended(day, found) and done < len(returns) else ""
    return f"{done} of {len(returns)} in{owed}"


def _has_ended(day: date, found: ReturnsByDay) -> bool:
    return bool(found.ended_days) and day <= found.ended_days[-1]


def chases(found: ReturnsByDay, link: Callable[[str, date | None], str]) -> list[Chase]:
    """Return a text for each force that owes a return, in publishing order.

    `link` is the address where a force declares: one day, or None for several.
    """
    texts = []
    owed_by: dict[str, list[Return]] = {}
    for one in found.owed:
        owed_by.setdefault(one.force, []).append(one)
    for force in found.reporting:
        owed = owed_by.get(force.force)
        if owed:
            where = link(force.force, owed[0].day if len(owed) == 1 else None)
            first, *more = _asked(owed, found)
            asked = [first, *(sentence[:1].upper() + sentence[1:] for sentence in more)]
            said = " ".join((*asked, f"Declare {'it' if len(owed) == 1 else 'them'} at {where}"))
            texts.append(Chase(force.force, force.name, f"{force.name}: {said}"))
    return texts


def _asked(owed: Sequence[Return], found: ReturnsByDay) -> list[str]:
    """Return what is asked of one force: its missing returns in one sentence, then each that is in, but not done."""
    sentences = []
    if none := [one for one in owed if one.status == NONE]:
        which = words.days_listed([one.day for one in none])
        returns = "return for {} is" if len(none) == 1 else "returns for {} are"
        sentences.append(f"your {returns.format(which)} not in.{_deadline(none, found.moment)}")
    others = [one for one in owed if one.status != NONE]
    if len(others) > words.MOST_DAYS_LISTED:
        days = words.days_listed([one.day for one in others])
        return [*sentences, f"your returns for {days} are partial, or something has changed since."]
    for one in others:
        day = words.day_and_weekday(one.day)
        if one.status == PARTIAL:
            missing = measures_left_out(one, found)
            asked = f"is in, but without {missing}." if missing else "is partial: more was to come."
            sentences.append(f"your return for {day} {asked}{_deadline([one], found.moment)}")
        elif one.status == REOPENED:
            assert one.declared_at is not None, "only a declared return can be reopened"
            since = words.full_moment(one.declared_at)
            sentences.append(f"your return for {day} no longer holds: something has changed since {since}.")
    return sentences


def _deadline(owed: Sequence[Return], moment: datetime) -> str:
    due_at = min((one.due_at for one in owed if one.due_at is not None), default=None)
    if due_at is None:
        return ""
    subject = "It" if len(owed) == 1 else "The first"
    return f" {subject} {'was' if due_at < moment else 'is'} due by {words.deadline(due_at)}."
