"""Setting an operation up: opening it, and the list of what can be set and changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from service.access.roles import COORDINATOR
from service.domain.model.vocabulary import MARKINGS
from service.errors import Conflict, Invalid
from service.usecases.querying.forces import list_forces
from service.usecases.querying.read_operations import read_operation
from service.usecases.recording.operations import CredentialLimited, open_operation
from service.web.setup import rows
from service.web.setup.change import change_page, send_change
from service.web.setup.questions import read_opening, refuse
from service.web.setup.shared import require_coordinator
from service.web.setup.tasks import task_of, tasks_of
from service.web.site.blueprint import PageNotFound, Pages, credential, database
from service.web.site.forms import FIELD
from service.web.site.rendering import address, operation_page, render, see_other
from service.web.site.typed import FormReader
from service.wire.checked import load_opening

pages = Pages("setup", __name__)

ADD, REMOVE, EVERY, CHECK, OPEN, EDIT = "add-", "remove-", "every", "check", "open", "edit"
ACTION = "action"
KINDS_OF_EVERY = ("territorial",)


@pages.route("/operations/new")
@pages.requires(COORDINATOR)
def new() -> str:
    """Ask for everything that an operation needs."""
    values = {"draft": str(uuid4()), "marking": MARKINGS[-1], rows.FORCES: "4", rows.DAYS: "0"}
    return _form(rows.with_forces(values, [credential().force]), FormReader(MultiDict()))


@pages.route("/operations/new", methods=["POST"])
@pages.requires(COORDINATOR)
def send_new() -> str | Response | tuple[str, int]:
    """Add or remove rows, check what was typed, or open the operation, by the button that was pressed."""
    values = {name: found for name, found in request.form.items() if name not in (FIELD, ACTION)}
    action = request.form.get(ACTION, CHECK)
    if action.startswith((ADD, REMOVE)) or action in (EVERY, EDIT):
        return _form(_with_changed_rows(values, action), FormReader(MultiDict()))
    typed = FormReader(MultiDict(values))
    row = {"id": _id_of(values), **read_opening(typed, values, _forces(), credential().force)}
    if not typed.mistakes:
        try:
            opening = load_opening(row, credential().force)
            if action == OPEN:
                open_operation(database(), sender=credential(), opening=opening)
                return see_other("setup.show", operation=opening.operation, saved="opened")
        except (Invalid, Conflict, CredentialLimited) as error:
            refuse(typed, error)
    if typed.mistakes:
        return _form(values, typed), HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        "setup/check.html.jinja",
        title="Check the operation",
        marking=row["marking"],
        place="operations.show",
        trail=[("Operations", address("operations.show"))],
        row=row,
        values=values,
        forces=_forces(),
        due_at=typed.moment("due", "Deadline"),
        first=typed.day("first-day", "First day"),
        last=typed.day("last-day", "Last day"),
        windows=[(one.starts_at, one.ends_at) for one in opening.submission.event.data.days],  # type: ignore[union-attr]
    )


@pages.route("/operations/<operation>/setup")
@pages.requires(COORDINATOR)
def show(operation: str) -> str:
    """List what can be set and changed."""
    head, state = read_operation(database(), operation=operation, credential=credential())
    require_coordinator(state)
    saved = request.args.get("saved", "")
    task = task_of(state, saved)
    return render(
        "setup/setup.html.jinja",
        **operation_page(state, title="Set up", tab="setup.show"),
        tasks=tasks_of(state),
        saved="The operation is open" if saved == "opened" else f"Saved: {task.title.lower()}" if task else "",
        is_new=head.seq <= len(state.participants) + 1,
    )


@pages.route("/operations/<operation>/setup/<task>")
@pages.requires(COORDINATOR)
def change(operation: str, task: str) -> str:
    """Ask for a change."""
    _head, state = read_operation(database(), operation=operation, credential=credential())
    require_coordinator(state)
    return change_page(state, task)


@pages.route("/operations/<operation>/setup/<task>", methods=["POST"])
@pages.requires(COORDINATOR)
def send(operation: str, task: str) -> str | Response | tuple[str, int]:
    """Make a change. The id of the form makes it happen once."""
    _head, state = read_operation(database(), operation=operation, credential=credential())
    require_coordinator(state)
    return send_change(state, task)


def _form(values: rows.Values, typed: FormReader) -> str:
    return render(
        "setup/new.html.jinja",
        title="Open an operation",
        marking=values.get("marking") if values.get("marking") in MARKINGS else MARKINGS[-1],
        place="operations.show",
        trail=[("Operations", address("operations.show"))],
        typed=values,
        errors=typed.mistakes,
        wrong=dict(typed.mistakes),
        forces=_forces().values(),
        rows=rows,
        markings=MARKINGS,
    )


def _with_changed_rows(values: rows.Values, action: str) -> rows.Values:
    if action == EVERY:
        return rows.with_forces(values, [one.force for one in _forces().values() if one.kind in KINDS_OF_EVERY])
    for name in (rows.FORCES, rows.DAYS):
        if action == f"{ADD}{name}":
            return rows.with_rows(values, name, rows.ADDED[name])
        number = action.removeprefix(f"{REMOVE}{name}-")
        if number != action and number.isascii() and number.isdigit() and len(number) <= len("999"):
            return rows.without_row(values, name, int(number))
    return values


def _forces() -> dict[str, Any]:
    return {one.force: one for one in list_forces(database())}


def _id_of(values: rows.Values) -> str:
    try:
        return str(UUID(values.get("draft", "")))
    except ValueError as error:
        raise PageNotFound("There is no such form.") from error
