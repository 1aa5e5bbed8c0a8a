"""Changes to an operation, each by a form of its own: what it asks, and the request that it makes."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID, uuid4

from flask import redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from service.domain.deciding.decide import ContentDiffers
from service.domain.model.events import (
    ForceJoined,
    MeasureRegistered,
    OperationAmended,
    OperationClosed,
    OperationReopened,
    PartAccepted,
    PartRemoved,
)
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import MARKINGS
from service.errors import Conflict, Invalid
from service.usecases.querying.forces import list_forces
from service.usecases.recording.operations import change_operation
from service.web.setup import rows
from service.web.setup.codes import code_of
from service.web.setup.questions import (
    Row,
    fields_of_deadline,
    fields_of_period,
    is_same_period,
    read_deadline,
    read_measure,
    read_period,
    read_places,
    refuse,
)
from service.web.setup.tasks import own_measures, task_of
from service.web.site.blueprint import PageNotFound, credential, database
from service.web.site.forms import FIELD
from service.web.site.rendering import address, operation_page, render
from service.web.site.typed import FormReader, wire
from service.wire.checked import load_change

ACTION = "action"
NOTHING = "Change something first. Nothing is changed yet"
KINDS = (
    ("territorial", "Territorial police force"),
    ("special", "Special police force"),
    ("agency", "Agency"),
    ("unit", "Unit"),
    ("coordinator", "Coordinating body"),
)


class SetupChange(NamedTuple):
    """A change: the type of its event, what its form holds at first, and how it is read. The latter adds mistakes."""

    wire_type: str
    fields: Callable[[Operation], rows.Values]
    read: Callable[[FormReader, rows.Values, Operation], Row]


def change_page(state: Operation, name: str) -> str:
    """Return the page that asks for a change.

    Raises:
        PageNotFound: there is no such change, or it is not possible now.
    """
    change = _change(state, name)
    return _page(state, name, {"draft": str(uuid4()), **change.fields(state)}, FormReader(MultiDict()))


def send_change(state: Operation, name: str) -> str | Response | tuple[str, int]:
    """Record a change, and go back to the list; or show what is wrong with it.

    Raises:
        PageNotFound: there is no such change.
    """
    if name not in CHANGES:
        raise PageNotFound("There is no such page.")
    change = CHANGES[name]
    values = {key: found for key, found in request.form.items() if key not in (FIELD, ACTION)}
    action = request.form.get(ACTION, "")
    if action == f"add-{rows.DAYS}":
        return _page(state, name, rows.with_rows(values, rows.DAYS, 1), FormReader(MultiDict()))
    if action.startswith(f"remove-{rows.DAYS}-") and (number := action.rpartition("-")[2]).isdigit():
        return _page(state, name, rows.without_row(values, rows.DAYS, int(number)), FormReader(MultiDict()))
    typed = FormReader(MultiDict(values))
    row = {"id": _id_of(values), **change.read(typed, values, state)}
    if not typed.mistakes:
        try:
            submission = load_change(change.wire_type, row, credential().force)
            change_operation(database(), operation=state.operation, sender=credential(), submission=submission)
            return _saved(state, name)
        except ContentDiffers:
            # Sent again after Back: the id is that of the change that was made.
            values["draft"] = str(uuid4())
            typed.wrong("", "This form was sent before. Check what you typed, and save it again")
        except (Invalid, Conflict) as error:
            refuse(typed, error)
    return _page(state, name, values, typed), HTTPStatus.UNPROCESSABLE_ENTITY


def _saved(state: Operation, name: str) -> Response:
    # The last part that is taken out leaves no task to name.
    shown = {"close": "reopen", "reopen": "close", "part-removed": "parts"}.get(name, name)
    target = address("setup.show", operation=state.operation, saved=shown)
    return redirect(target or "/", HTTPStatus.SEE_OTHER)


def _page(state: Operation, name: str, values: rows.Values, typed: FormReader) -> str:
    task = task_of(state, name)
    if task is None:
        # Sent again after it was done, for example a second closing.
        raise PageNotFound("There is no such page.")
    taking_part = state.participants
    return render(
        "setup/change.html.jinja",
        **operation_page(
            state,
            title=task.title,
            tab="setup.show",
            above=[("Set up", address("setup.show", operation=state.operation))],
        ),
        task=task,
        typed=values,
        errors=typed.mistakes,
        wrong=dict(typed.mistakes),
        rows=rows,
        forces=[one for one in list_forces(database()) if one.force not in taking_part],
        kinds=KINDS,
        markings=MARKINGS,
        own_measures=own_measures(state),
    )


def _change(state: Operation, name: str) -> SetupChange:
    if name not in CHANGES or task_of(state, name) is None:
        raise PageNotFound("There is no such page.")
    return CHANGES[name]


def _id_of(values: rows.Values) -> str:
    try:
        return str(UUID(values.get("draft", "")))
    except ValueError as error:
        raise PageNotFound("There is no such form.") from error


# --- what each form holds, and how it is read


def _nothing(_state: Operation) -> rows.Values:
    return {}


def _read_nothing(_typed: FormReader, _values: rows.Values, _state: Operation) -> Row:
    return {}


def _read_days(typed: FormReader, values: rows.Values, state: Operation) -> Row:
    asked = read_period(typed, values)
    if not typed.mistakes and is_same_period(state.days, asked):
        typed.wrong("", NOTHING)
    if "starts_at" in asked and asked["ends_at"] is None and state.days.ends_at is not None:
        typed.wrong("last-day", "Last day must be given: it was given before, and cannot be taken back")
    return asked


def _read_deadline(typed: FormReader, _values: rows.Values, state: Operation) -> Row:
    asked = read_deadline(typed)
    before = {"returns_due_at": wire(state.returns_due_at), "returns_due_hours": state.returns_due_hours}
    for name, field in (("returns_due_at", "due-day"), ("returns_due_hours", "hours")):
        if asked[name] is None and before[name] is not None:
            typed.wrong(field, "A deadline can be moved, but not taken back. Enter one")
    if not typed.mistakes and asked == before:
        typed.wrong("", NOTHING)
    return asked


def _read_places(typed: FormReader, _values: rows.Values, state: Operation) -> Row:
    places = read_places(typed)
    if not places:
        typed.wrong("places", "Enter at least one place")
    elif tuple(places) == state.places:
        typed.wrong("places", NOTHING)
    return {"places": places}


def _read_marking(typed: FormReader, _values: rows.Values, state: Operation) -> Row:
    marking = typed.choice("marking", MARKINGS, "Choose the marking")
    if marking == state.marking:
        typed.wrong("marking", NOTHING)
    return {"marking": marking}


def _read_force(typed: FormReader, _values: rows.Values, _state: Operation) -> Row:
    reports = typed.choice("reports", [value for value, _text in rows.REPORTS], "Choose what the force reports")
    if name := typed.get("name"):
        kind = typed.choice("kind", [value for value, _text in KINDS], "Choose what kind of body it is")
        return {"force": code_of(name), "name": name, "kind": kind, "reports": reports}
    return {"force": typed.required("force", "Choose a force, or name another body"), "reports": reports}


def _read_measure(typed: FormReader, _values: rows.Values, _state: Operation) -> Row:
    return read_measure(typed)


def _read_part(typed: FormReader, _values: rows.Values, _state: Operation) -> Row:
    return {"part": code_of(typed.required("part", "Enter the short name of the part"))}


def _read_removed(typed: FormReader, _values: rows.Values, state: Operation) -> Row:
    return {"part": typed.choice("part", state.parts, "Choose the part to take out")}


AMENDED = OperationAmended.wire_type
CHANGES = {
    "days": SetupChange(AMENDED, lambda state: fields_of_period(state.days), _read_days),
    "deadline": SetupChange(
        AMENDED, lambda state: fields_of_deadline(state.returns_due_at, state.returns_due_hours), _read_deadline
    ),
    "places": SetupChange(AMENDED, lambda state: {"places": "\n".join(state.places)}, _read_places),
    "marking": SetupChange(AMENDED, lambda state: {"marking": state.marking}, _read_marking),
    "forces": SetupChange(ForceJoined.wire_type, lambda _state: {"reports": "events"}, _read_force),
    "measures": SetupChange(MeasureRegistered.wire_type, _nothing, _read_measure),
    "parts": SetupChange(PartAccepted.wire_type, _nothing, _read_part),
    "part-removed": SetupChange(PartRemoved.wire_type, _nothing, _read_removed),
    "close": SetupChange(OperationClosed.wire_type, _nothing, _read_nothing),
    "reopen": SetupChange(OperationReopened.wire_type, _nothing, _read_nothing),
}
