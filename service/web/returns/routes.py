"""Returns: who owes what, and declaring one, for the person's own force or for one that telephones."""

from __future__ import annotations

from datetime import date
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.roles import COORDINATOR, FORCE
from service.domain.counting.completeness import COMPLETE, NIL, PARTIAL
from service.domain.model.days import ONE_DAY, london_date
from service.domain.model.events import Event, ReturnDeclared
from service.exports.tables_of_answers import CSV, returns_tables, table_answer
from service.exports.workbooks import require_few
from service.spreadsheets.reading.file import XLSX
from service.usecases.overview.returns import (
    NoSuchLastDay,
    ReturnOfDay,
    ReturnsByDay,
    covered_measures,
    measures_to_leave_out,
    read_return,
    read_returns,
)
from service.usecases.recording.record import record_events
from service.web.returns import sentences
from service.web.site import words
from service.web.site.blueprint import PageNotFound, Pages, credential, database
from service.web.site.day_choices import days_around
from service.web.site.rendering import address, operation_page, render, see_other
from service.web.site.sending import form_id, submission_of

pages = Pages("returns", __name__)

# A matrix of more days is wider than a screen: then one day is shown at a time.
MOST_DAYS = 7
FILES = {"csv": CSV, "xlsx": XLSX}
STATUSES: tuple[str, ...] = (COMPLETE, NIL, PARTIAL)
STATUS, WITHOUT, ANYWAY, LAST = "status", "without", "anyway", "last"


@pages.route("/operations/<operation>/returns")
@pages.requires(COORDINATOR, FORCE)
def show(operation: str) -> str:
    """Show the returns of every force and day; of more than 7 days, one at a time."""
    found = read_returns(database(), operation=operation, credential=credential())
    shown = _shown_days(found, request.args.get("day", ""))
    today = london_date(found.moment)
    return render(
        "returns/returns.html.jinja",
        **operation_page(found.operation, title="Returns", tab="returns.show", position=found.position),
        live=address("live.feed", operation=operation, after=found.position.cursor),
        tab_counts={"returns.show": len(found.owed)},
        found=found,
        shown=shown,
        is_cut=len(found.planned_days) > MOST_DAYS,
        **days_around(found.days, shown[0] if shown else None),
        today=today,
        own_force=credential().force,
        chases=sentences.chases(found, partial(_link, operation)) if found.is_coordinator else [],
        declared=_declared(found),
        declared_days=_declared_days(),
        sentences=sentences,
    )


@pages.route("/operations/<operation>/returns.<any(csv, xlsx):ending>")
@pages.requires(COORDINATOR, FORCE)
def download(operation: str, ending: str) -> Response:
    """Send the returns as a table, with the marking in its name and rows."""
    found = read_returns(database(), operation=operation, credential=credential())
    if FILES[ending] == XLSX:
        require_few(len(found.returns))
    name = f"{found.operation.marking.lower()}-{operation}-returns"
    return table_answer(FILES[ending], name, returns_tables(found.as_answer))


@pages.route("/operations/<operation>/returns/<force>/<day>")
@pages.requires(COORDINATOR, FORCE)
def choose(operation: str, force: str, day: str) -> str:
    """Show how a return stands and what is recorded for its day, and ask what is to be declared."""
    return _choose(_return_of(operation, force, day))


@pages.route("/operations/<operation>/returns/<force>/<day>/check")
@pages.requires(COORDINATOR, FORCE)
def check(operation: str, force: str, day: str) -> str | tuple[str, int]:
    """Show what will be declared, to be sent as it is shown."""
    try:
        found = _return_of(operation, force, day, request.args.get(LAST, ""))
    except NoSuchLastDay as error:
        return _choose(_return_of(operation, force, day), mistake=error.detail), HTTPStatus.UNPROCESSABLE_ENTITY
    status, without = _asked(found, request.args.get(STATUS, ""), request.args.getlist(WITHOUT))
    return _check(found, status, without)


@pages.route("/operations/<operation>/returns/<force>/<day>/check", methods=["POST"])
@pages.requires(COORDINATOR, FORCE)
def declare(operation: str, force: str, day: str) -> str | AnyResponse:
    """Declare the return, once however often it is sent. Nil is asked back if something is recorded for the day."""
    found = _return_of(operation, force, day, request.form.get(LAST, ""))
    status, without = _asked(found, request.form.get(STATUS, ""), request.form.getlist(WITHOUT))
    if status == NIL and found.figures and ANYWAY not in request.form:
        return _check(found, status, without)
    measures = covered_measures(found.all_returns.operation, without) if without else ()
    # What a return leaves out is outstanding anyway, so a return for all but some measures is complete for the others.
    data = ReturnDeclared(**_days_of(found), status=COMPLETE if without else status, measures=measures)  # type: ignore[arg-type]
    event = Event(id=form_id(), force=force, data=data)
    submission = submission_of(event, found.all_returns.operation)
    (outcome,) = record_events(database(), operation=operation, sender=credential(), submissions=[submission])
    if outcome.error is not None:
        raise outcome.error
    shown = {"day": day} if len(found.all_returns.planned_days) > MOST_DAYS else {}
    said = {"declared": f"{force}.{day}", LAST: _last_of(found), "again": None if outcome.is_new else 1}
    return see_other("returns.show", operation=operation, **shown, **said)


def _link(operation: str, force: str, day: date | None) -> str:
    """Return the whole address at which a force declares its returns, for a text that leaves this site."""
    if day is None:
        return url_for("pages.returns.show", operation=operation, _external=True)
    return url_for("pages.returns.choose", operation=operation, force=force, day=day, _external=True)


def _return_of(operation: str, force: str, day: str, last: str = "") -> ReturnOfDay:
    try:
        last_day = date.fromisoformat(last) if last else None
    except ValueError as error:
        raise NoSuchLastDay("Last day must be a date, such as 17/01/2023") from error
    return read_return(
        database(), operation=operation, credential=credential(), force=force, day=_day(day), last=last_day
    )


def _last_of(found: ReturnOfDay) -> date | None:
    return found.last if len(found.days) > 1 else None


def _days_of(found: ReturnOfDay) -> dict[str, date]:
    """Return the fields of a declaration that name its days."""
    if len(found.days) == 1:
        return {"day": found.declared.day}
    return {"day_from": found.declared.day, "day_before": found.last + ONE_DAY}


def _choose(found: ReturnOfDay, *, mistake: str = "") -> str:
    return _page(
        "returns/choose.html.jinja",
        found,
        choices=measures_to_leave_out(found.all_returns.operation),
        mistake=mistake,
        last=request.args.get(LAST, ""),
    )


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise PageNotFound("There is no such day.") from error


def _asked(found: ReturnOfDay, status: str, without: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the status and the measures that are left out, as a form or an address asks for them."""
    if status not in STATUSES:
        raise PageNotFound("There is no such return.")
    known = measures_to_leave_out(found.all_returns.operation)
    return status, tuple(one for one in known if one in without) if status == PARTIAL else ()


def _check(found: ReturnOfDay, status: str, without: tuple[str, ...]) -> str:
    left_out = words.listed([found.all_returns.operation.measures[one].label for one in without])
    return _page(
        "returns/check.html.jinja",
        found,
        status=status,
        without=without,
        covers=f"All but {left_out}" if left_out else "",
        last=_last_of(found),
        id=uuid4(),
        is_odd_nil=status == NIL and bool(found.figures),
    )


def _page(template: str, found: ReturnOfDay, **values: Any) -> str:
    operation = found.all_returns.operation
    layout = operation_page(
        operation,
        title=f"Return of {found.force.name}",
        tab="returns.show",
        above=[("Returns", address("returns.show", operation=operation.operation))],
        position=found.all_returns.position,
    )
    return render(
        template,
        **layout,
        found=found,
        own_force=credential().force,
        sentences=sentences,
        **values,
    )


def _shown_days(found: ReturnsByDay, asked: str) -> tuple[date, ...]:
    """Return the days of the matrix: all of a short operation, otherwise the one asked for or else one that is owed."""
    if len(found.planned_days) <= MOST_DAYS:
        return found.planned_days
    if asked and (day := _day(asked)) in found.days:
        return (day,)
    owed = {one.day for one in found.owed}
    return (max(owed, default=found.days[-1]),) if found.days else ()


def _declared(found: ReturnsByDay) -> Any:
    """Return the return that the person has just declared, so that the page confirms it."""
    force, _dot, day = request.args.get("declared", "").partition(".")
    return next((one for one in found.returns.values() if (one.force, str(one.day)) == (force, day)), None)


def _declared_days() -> str:
    """Return the days of the return that the person has just declared, if they are several: `17 to 19 January 2023`."""
    try:
        first, last = request.args.get("declared", "").partition(".")[2], request.args.get(LAST, "")
        return words.period(date.fromisoformat(first), date.fromisoformat(last)) if last else ""
    except ValueError:
        return ""
