"""A force's own day: what it has sent, its totals, and its return, declared by one button each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from uuid import UUID, uuid4

from flask import redirect, request
from werkzeug.wrappers import Response

from service.access.roles import REPORTERS
from service.domain.model.events import ReturnDeclared
from service.usecases.overview.day import Day, NoSuchDay, read_day
from service.usecases.overview.returns import covered_measures, measures_to_leave_out
from service.web.day import sentences
from service.web.facts import flow, listing
from service.web.facts.recording import record_row
from service.web.forms.questions import Json
from service.web.site.blueprint import PageNotFound, Pages, credential, database
from service.web.site.day_choices import days_around
from service.web.site.rendering import address, operation_page, render

pages = Pages("day", __name__)

STATUSES = ("complete", "nil", "partial")
NIL, MISSING, ANYWAY = "nil", "missing", "anyway"


@pages.route("/operations/<operation>/day")
@pages.requires(*REPORTERS)
def show(operation: str) -> str:
    """Show one day of the person's own force; with `ask`, ask whether it really is nil."""
    return _page(_found(operation, request.args.get("day", "")), ask_back="ask" in request.args)


@pages.route("/operations/<operation>/day", methods=["POST"])
@pages.requires(*REPORTERS)
def declare(operation: str) -> Response:
    """Declare the return of a day. Nil is asked back if something is recorded for it."""
    found = _found(operation, request.form.get("day", ""))
    status, event_id = request.form.get("status", ""), _id(request.form.get("id", ""))
    if found.day is None or status not in STATUSES:
        raise PageNotFound("There is no such return.")
    if status == NIL and found.standing and not request.form.get(ANYWAY):
        target = address("day.show", operation=operation, day=found.day, ask=NIL)
        return redirect(target or "/", HTTPStatus.SEE_OTHER)
    missing = set(request.form.getlist(MISSING)) & set(measures_to_leave_out(found.operation))
    data: Json = {"day": str(found.day), "status": "complete" if missing else status}
    if missing:
        # What a return leaves out is outstanding, so a return for all but some is complete for the others.
        data |= {"measures": list(covered_measures(found.operation, missing))}
    row = {"id": str(event_id), "type": ReturnDeclared.wire_type, "force": credential().force, "data": data}
    sent = record_row(database(), credential(), flow.setting_of(found.operation, credential()), row)
    seq = sent.receipt.seq if sent.receipt else 0
    target = address("day.show", operation=operation, day=found.day, declared=seq)
    return redirect(target or "/", HTTPStatus.SEE_OTHER)


def _found(operation: str, day: str) -> Day:
    try:
        asked = date.fromisoformat(day) if day else None
    except ValueError as error:
        raise NoSuchDay("Expected a day such as 2023-01-17.") from error
    found = read_day(database(), operation=operation, credential=credential(), day=asked)
    participant = found.operation.participants.get(credential().force)
    if participant is None or participant.reports == "nothing":
        raise PageNotFound("This force reports nothing.")
    return found


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise PageNotFound("There is no such form.") from error


def _page(found: Day, *, ask_back: bool) -> str:
    declared = found.returns.get(found.day) if found.day else None
    return render(
        "day/day.html.jinja",
        **operation_page(found.operation, title="My day", tab="day.show", position=found.position),
        found=found,
        declared=declared,
        id=uuid4(),
        ask_back=ask_back and found.standing > 0,
        state=sentences.state_of(found, declared),
        **(around := days_around(found.days, found.day)),
        owed=_owed(found, around["day_choices"]),
        just_declared=bool(declared and request.args.get("declared") == str(declared.seq)),
        is_tallies=found.operation.participants[credential().force].reports == "tallies",
        listing=listing,
        own=credential().force,
        leaving_out=[found.operation.measures[one] for one in measures_to_leave_out(found.operation)],
    )


def _owed(found: Day, days: Sequence[date]) -> frozenset[date]:
    """Return those of these days that are over and not declared in full."""
    last = found.ended_days[-1] if found.ended_days else date.min
    return frozenset(day for day in days if day <= last and not sentences.is_done(found.returns.get(day)))
