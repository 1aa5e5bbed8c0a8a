"""The sentences of the overview: how complete its figures are, what a force owes, and how an operation stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from service.domain.counting.completeness import NONE, REOPENED
from service.domain.model.days import london_date
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure
from service.usecases.overview.operation import Overview
from service.usecases.overview.results import ForceRow, OperationResults
from service.usecases.querying.returns import Return
from service.web.site import return_words, words


def state_of(overview: OperationResults) -> tuple[str, str]:
    """Return how the operation stands, for its tag, and the colour of the tag."""
    operation, moment = overview.operation, overview.moment
    if operation.closed_at is not None:
        return f"Closed {words.long_day(london_date(operation.closed_at))}", "grey"
    if overview.is_running:
        of = f" of {len(overview.planned_days)}" if operation.days.ends_at is not None else ""
        return f"Running, day {len(overview.days)}{of}", "green"
    if moment < operation.days.starts_at:
        return f"Begins {words.moment(operation.days.starts_at, moment)}", "grey"
    return "Over, not closed", "blue"


def lead_of(operation: Operation) -> str:
    """Return the name of the force that leads the operation, or that it is not known."""
    if not operation.lead_known:
        return "a force that is not known"
    lead = operation.participants.get(operation.lead_force)
    return operation.lead_force if lead is None else lead.name


def completeness(overview: OperationResults, *, naming: bool, is_past: bool) -> str:
    """Return the one sentence on completeness; with `naming`, it names the forces that owe a return."""
    if overview.moment < overview.operation.days.starts_at:
        return "The operation has not begun."
    reasons = _reasons(overview, naming=naming, is_past=is_past)
    if reasons:
        return f"Say ‘at least’: {', and '.join(reasons)}."
    return "These figures are complete: every force has declared every day."


def _reasons(overview: OperationResults, *, naming: bool, is_past: bool) -> list[str]:
    running = "the day was not over" if is_past else "today is not over"
    reasons = [running] if overview.is_running and set(overview.days) - set(overview.ended_days) else []
    days = sorted({day for one in overview.owed for day in one.days})
    number = sum(len(one.days) for one in overview.owed)
    if number:
        which = words.day_and_weekday(days[0]) if len(days) == 1 else f"{len(days)} days"
        owing = [name_of(one.force, overview.operation) for one in overview.owed]
        who = f" ({words.listed(owing)})" if naming else ""
        verb = {True: ("was", "were"), False: ("is", "are")}[is_past][number != 1]
        reasons.append(f"{words.counted(number, 'return')} for {which} {verb} not in{who}")
    if not reasons and not overview.is_complete:
        reasons.append("not every return of the parts is in")
    return reasons


def left_out(operation: Operation) -> str:
    """Return which measures the totals leave out because the operation and its parts do not count them alike."""
    if not operation.left_out:
        return ""
    named = [
        f"{one.label} (in {words.listed(list(one.units))})" if len(one.units) > 1 else one.label
        for one in operation.left_out
    ]
    return f"Left out, because this operation and its parts do not count it alike: {words.listed(named)}."


def name_of(force: str, operation: Operation) -> str:
    """Return the name of a force in an operation."""
    known = operation.participants.get(force)
    return force if known is None else known.name


def owes(row: ForceRow, overview: Overview) -> str:
    """Return what a force owes, under its name: `Owes Tuesday: no return`."""
    if not row.owed:
        return ""
    if len(row.owed) > 1:
        return f"Owes {len(row.owed)} returns: {words.days_listed(row.owed)}"
    (day,) = row.owed
    one = overview.returns_for((day,))[row.force.force, day]
    return f"Owes {words.day_and_weekday(day)}: {what_is_missing(one, overview)}"


def what_is_missing(one: Return, overview: Overview) -> str:
    """Return why a return is owed, in words: `no return`, `reopened`, or what a partial one leaves out."""
    if one.status == NONE:
        return "no return"
    if one.status == REOPENED:
        return "reopened"
    missing = overview.missing.get((one.force, one.day), ())
    return return_words.left_out(missing, overview.operation) or "partial"


def due(due_at: datetime | None, moment: datetime) -> str:
    """Return until when a return is due, or since when it is overdue; empty without a deadline."""
    return return_words.due(due_at, moment)


def partial(one: Return, overview: Overview) -> str:
    """Return what a partial return covers or leaves out: `all but drugs by weight`, `more to come`."""
    return return_words.partial(overview.missing.get((one.force, one.day), ()), overview.operation)


def headings(days: Sequence[date], today: date | None) -> list[str]:
    """Return the heads of the columns of days; `today` None: the page shows a past moment."""
    return [words.short_day(day) + (", today" if day == today else "") for day in days]


def column(measure: Measure) -> str:
    """Return the head of the column of a measure: short, because columns are narrow."""
    label = measure.label.removesuffix(" recovered")
    return label[:1].upper() + label[1:]
