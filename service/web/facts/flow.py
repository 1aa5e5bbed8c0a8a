"""The way of a form: fill in, check, send; what was typed is kept with the session until it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from flask import redirect, request
from werkzeug.wrappers import Response

from service.access.credentials import Credential
from service.access.roles import COORDINATOR
from service.domain.deciding.decide import AlreadyCorrected, AlreadyWithdrawn, ContentDiffers
from service.domain.model.events import Event, RecordedEvent
from service.domain.model.operation import Operation
from service.usecases.access.drafts import drop_draft, keep_draft, kept_draft
from service.usecases.querying.forces import list_forces
from service.web.facts.answers import Answer, answers, changes
from service.web.facts.recording import SentForm, check_fact, event_of, is_unchanged, record_fact
from service.web.forms import seizure
from service.web.forms.fact import REASON, FactForm, all_groups, blank, reasons_for, typed_of
from service.web.forms.lines import KINDS
from service.web.forms.questions import Question, Setting, Typed
from service.web.site import event_words
from service.web.site.blueprint import credential, database, person
from service.web.site.forms import FIELD
from service.web.site.rendering import Place, address, operation_page, part_of, render, see_other
from service.web.site.typed import Mistake

ACTION = "action"
CHECKED, KEPT = "checked", "kept"
ADD, REMOVE, SAVE = "add-", "remove-", "save"
NOT_TYPED = {FIELD, ACTION}
UNCHANGED = Mistake("", "Change what was wrong, or withdraw the event. Nothing is changed yet")
SIGNED_IN_AGAIN = (
    "You have signed in again since you opened this page. Nothing was sent. Check what you typed and go on."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One form on its way. `draft` is the id of the event that it will record.

    `here` and `check` are its addresses, `endpoint` is its tab; `above` are the places above it.
    """

    form: FactForm
    setting: Setting
    draft: UUID
    title: str
    check_title: str
    button: str
    here: str
    check: str
    tab: str
    above: Sequence[Place]


def draft_id() -> UUID | None:
    """Return the id of the event that this form will record, from the address; None if it has none yet."""
    try:
        return UUID(request.args.get("draft", ""))
    except ValueError:
        return None


def fresh_id() -> UUID:
    """Return an id for an event that is to be recorded."""
    return uuid4()


def new_draft(endpoint: str, **values: Any) -> Response:
    """Go to the same form with a new id in its address, so that Back and reload find the same event."""
    return see_other(endpoint, draft=fresh_id(), **values)


def setting_of(operation: Operation, who: Credential, corrected: RecordedEvent | None = None) -> Setting:
    """Return where a form is filled in. A coordinator chooses the force."""
    force = "" if part_of(operation, who) == COORDINATOR else who.force
    return Setting(
        operation=operation,
        forces={one.force: one for one in list_forces(database())},
        force=force if corrected is None else corrected.event.force,
        now=person().now,
        corrected=corrected,
    )


def show(way: Way) -> str | Response:
    """Show the form with what was kept of it, or new; with what is wrong, once it was sent to be checked."""
    kept = kept_draft(database(), person(), way.draft)
    if kept is None:
        return _page(way, _fresh(way))
    typed = Typed(kept.typed)
    try:
        return _page(way, typed, _mistakes(way, typed) if CHECKED in request.args else ())
    except (AlreadyCorrected, AlreadyWithdrawn):
        return _too_late(way)


def show_again(way: Way) -> tuple[str, int]:
    """Show a form that was sent with another session's token: filled in, and not sent."""
    return _page(way, sent_fields(), note=SIGNED_IN_AGAIN), HTTPStatus.BAD_REQUEST


def receive(way: Way) -> Response:
    """Take a form: add or remove a line, keep it, or go on to check it.

    It always leads to another page: Back then never asks whether to send a form again.
    """
    typed, action = sent_fields(), request.form.get(ACTION, "")
    goal = way.check
    if action.startswith(ADD):
        typed = seizure.with_line(typed, action.removeprefix(ADD))
        lines = seizure.lines_of(typed)
        goal = f"{way.here}#{lines[-1].key if lines else 'add'}"
    elif action.startswith(REMOVE):
        typed, goal = seizure.without_line(typed, action.removeprefix(REMOVE)), f"{way.here}#add"
    elif action == SAVE:
        goal = f"{way.here}&{KEPT}=1"
    else:
        try:
            mistakes = _mistakes(way, typed)
        except (AlreadyCorrected, AlreadyWithdrawn):
            return _too_late(way)
        if mistakes:
            goal = f"{way.here}&{CHECKED}=1"
    _keep(way, typed)
    return redirect(goal, HTTPStatus.SEE_OTHER)


def show_check(way: Way) -> str | Response:
    """Show the answers, to be sent as they are shown; without any, go back to the form."""
    kept = kept_draft(database(), person(), way.draft)
    if kept is None:
        return redirect(way.here, HTTPStatus.SEE_OTHER)
    typed = Typed(kept.typed)
    event = event_of(way.form, way.setting, typed, way.draft)
    if event is None:
        return redirect(f"{way.here}&{CHECKED}=1", HTTPStatus.SEE_OTHER)
    return _checking(way, typed, event)


def send(way: Way) -> Response:
    """Record the answers that were shown, once; then show the event."""
    typed = sent_fields()
    try:
        sent = _as_sent(record_fact, way, typed)
    except ContentDiffers:
        return to_event(way.setting.operation.operation, way.draft, "differs")
    except (AlreadyCorrected, AlreadyWithdrawn):
        return _too_late(way)
    if sent.mistakes:
        _keep(way, typed)
        return redirect(f"{way.here}&{CHECKED}=1", HTTPStatus.SEE_OTHER)
    drop_draft(database(), person(), way.draft)
    return to_event(way.setting.operation.operation, way.draft, "now" if sent.is_new else "again")


def to_event(operation: str, event_id: UUID, recorded: str) -> Response:
    """Go to an event: `recorded` is now, again, differs (it has other answers) or late (somebody else was first)."""
    target = address("events.event", operation=operation, event_id=event_id, recorded=recorded)
    return redirect(target or "/", HTTPStatus.SEE_OTHER)


def reason_question(form: FactForm, *, withdraws: bool = False) -> Question:
    """Return the question why a fact is corrected or withdrawn."""
    options = reasons_for(form.key, withdraws=withdraws)
    return Question(name=REASON, label="Why is it corrected?", kind="choice", options=options)


def sent_fields() -> Typed:
    """Return what was typed into the form that was sent."""
    return Typed({name: found for name, found in request.form.lists() if name not in NOT_TYPED})


def page_of(
    setting: Setting, *, title: str, tab: str, above: Sequence[Place] = (), mistakes: Sequence[Mistake] = ()
) -> Mapping[str, Any]:
    """Return what the layout needs for a page of a form."""
    errors = [(one.text, f"#{one.field}" if one.field else None) for one in mistakes]
    return operation_page(setting.operation, title=title, tab=tab, above=above) | {"setting": setting, "errors": errors}


def _too_late(way: Way) -> Response:
    """Go to the event, which somebody else has corrected or withdrawn since the form was opened."""
    assert way.setting.corrected is not None, "only a correction can come too late"
    drop_draft(database(), person(), way.draft)
    return to_event(way.setting.operation.operation, way.setting.corrected.event.id, "late")


def _fresh(way: Way) -> Typed:
    corrected = way.setting.corrected
    if corrected is None:
        return blank(way.form, way.setting)
    return typed_of(way.form, corrected.event, way.setting.operation)


def _mistakes(way: Way, typed: Typed) -> Sequence[Mistake]:
    if is_unchanged(way.form, way.setting, typed, way.draft):
        return [UNCHANGED]
    try:
        return _as_sent(check_fact, way, typed).mistakes
    except ContentDiffers:
        # The check page will say that it was recorded before.
        return ()


def _as_sent(act: Callable[..., SentForm], way: Way, typed: Typed) -> SentForm:
    return act(database(), credential(), form=way.form, setting=way.setting, typed=typed, event_id=way.draft)


def _keep(way: Way, typed: Typed) -> None:
    keep_draft(
        database(),
        person(),
        id=way.draft,
        operation=way.setting.operation.operation,
        address=way.here,
        typed=typed.fields,
    )


def _page(way: Way, typed: Typed, mistakes: Sequence[Mistake] = (), *, note: str = "") -> str:
    groups = all_groups(way.form, way.setting, typed)
    return render(
        "facts/form.html.jinja",
        **page_of(way.setting, title=way.title, tab=way.tab, above=way.above, mistakes=_placed(mistakes, groups)),
        way=way,
        typed=typed,
        groups=groups,
        wrong={one.field: one.text for one in reversed(mistakes)},
        note=note or ("What you typed is kept until you send it or sign out." if KEPT in request.args else ""),
        line_kinds=KINDS if way.form.key == "seizure" else (),
        reason_question=reason_question(way.form) if way.setting.corrected is not None else None,
        event_words=event_words,
    )


def _placed(mistakes: Sequence[Mistake], groups: Sequence[Any]) -> list[Mistake]:
    """Return the mistakes with the id that each leads to: the first field of a date."""
    dates = {one.name for group in groups for one in group.questions if one.kind == "date"}
    return [Mistake(f"{one.field}-day" if one.field in dates else one.field, one.text) for one in mistakes]


def _checking(way: Way, typed: Typed, event: Event) -> str:
    operation, corrected = way.setting.operation, way.setting.corrected
    found = answers(event, operation)
    if not way.setting.force:
        names = {one.force: one.name for one in operation.participants.values()}
        found = [Answer("Force that counts it", names.get(event.force, event.force), "force"), *found]
    lines = {f"lines/{index}": line.key for index, line in enumerate(seizure.lines_of(typed))}
    changed = [] if corrected is None else changes(corrected.event, event, operation)
    return render(
        "facts/check.html.jinja",
        **page_of(way.setting, title=way.check_title, tab=way.tab, above=[*way.above, (way.title, way.here)]),
        way=way,
        typed=typed,
        answers=[(one, f"{way.here}#{lines.get(one.field, one.field)}") for one in found],
        was={label: former or "not stated" for label, former, _new in changed},
        gone=[(label, former) for label, former, new in changed if not new],
        reason=reason_question(way.form).said(typed) if corrected is not None else "",
    )
