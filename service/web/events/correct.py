"""Correcting and withdrawing an event: with a reason, checked before it is sent, and only if nobody was first."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response

from service.access.roles import REPORTERS
from service.domain.deciding.decide import AlreadyCorrected, AlreadyWithdrawn, ContentDiffers
from service.domain.model.events import RecordedEvent
from service.usecases.overview.versions import Versions, read_versions
from service.web.events import sentences
from service.web.facts import flow
from service.web.facts.answers import answers
from service.web.facts.recording import withdraw as withdraw_event
from service.web.forms.arrest import ArrestForm
from service.web.forms.fact import REASON, FactForm, reason_missing
from service.web.forms.questions import Typed
from service.web.forms.seizure import SeizureForm
from service.web.forms.tally import TallyForm
from service.web.site import event_words
from service.web.site.blueprint import PageNotFound, Pages, credential, database
from service.web.site.rendering import address, render, see_other
from service.web.site.typed import Mistake

pages = Pages("correct", __name__)

FORMS: dict[str, FactForm] = {one.wire_type: one for one in (ArrestForm(), SeizureForm(), TallyForm())}
EVENT = "/operations/<operation>/events/<uuid:event_id>"
SENT = "sent"


def _stale(operation: str, event_id: UUID) -> tuple[str, int]:
    return flow.show_again(_way(_found(operation, event_id), event_id))


@pages.route(f"{EVENT}/correct")
@pages.requires(*REPORTERS)
def form(operation: str, event_id: UUID) -> str | Response:
    """Show the form of an event, filled in with what is recorded."""
    found = _found(operation, event_id)
    if answer := _elsewhere(found, event_id):
        return answer
    if flow.draft_id() is None:
        return flow.new_draft("correct.form", operation=operation, event_id=event_id)
    return flow.show(_way(found, event_id))


@pages.route(f"{EVENT}/correct", methods=["POST"])
@pages.requires(*REPORTERS, stale=_stale)
def receive(operation: str, event_id: UUID) -> Response:
    """Take a form: change its lines, keep it, or check it."""
    found = _found(operation, event_id)
    return _elsewhere(found, event_id) or flow.receive(_way(found, event_id))


@pages.route(f"{EVENT}/correct/check")
@pages.requires(*REPORTERS)
def check(operation: str, event_id: UUID) -> str | Response:
    """Show the answers before they are sent, beside what they replace."""
    found = _found(operation, event_id)
    return _elsewhere(found, event_id) or flow.show_check(_way(found, event_id))


@pages.route(f"{EVENT}/correct/check", methods=["POST"])
@pages.requires(*REPORTERS, stale=_stale)
def send(operation: str, event_id: UUID) -> Response:
    """Record the correction."""
    found = _found(operation, event_id)
    return _elsewhere(found, event_id) or flow.send(_way(found, event_id))


@pages.route(f"{EVENT}/withdraw")
@pages.requires(*REPORTERS)
def withdrawal(operation: str, event_id: UUID) -> str | Response:
    """Ask why an event is withdrawn; once that is chosen, ask back, because it cannot be undone."""
    found = _found(operation, event_id)
    if answer := _elsewhere(found, event_id):
        return answer
    if flow.draft_id() is None:
        return flow.new_draft("correct.withdrawal", operation=operation, event_id=event_id)
    asked = Typed({REASON: request.args.getlist(REASON)})
    mistakes = reason_missing(asked) if REASON in request.args else []
    return _withdrawal(found, event_id, mistakes, "" if mistakes else asked.get(REASON))


@pages.route(f"{EVENT}/withdraw", methods=["POST"])
@pages.requires(*REPORTERS)
def withdraw(operation: str, event_id: UUID) -> Response:
    """Go on to the check page, or withdraw the event from there."""
    found, draft = _found(operation, event_id), flow.draft_id()
    if answer := _elsewhere(found, event_id):
        return answer
    if draft is None:
        return flow.new_draft("correct.withdrawal", operation=operation, event_id=event_id)
    typed = flow.sent_fields()
    if not typed.get(SENT) or reason_missing(typed):
        where = {"operation": operation, "event_id": event_id, "draft": draft, REASON: typed.get(REASON)}
        return see_other("correct.withdrawal", **where)
    return _withdrawn(found, event_id, typed, draft)


def _withdrawn(found: Versions, event_id: UUID, typed: Typed, draft: UUID) -> Response:
    name, setting = (
        found.operation.operation,
        flow.setting_of(found.operation, credential(), _recorded(found, event_id)),
    )
    try:
        sent = withdraw_event(database(), credential(), setting, typed, draft)
    except (AlreadyCorrected, AlreadyWithdrawn):
        return flow.to_event(name, event_id, "late")
    except ContentDiffers:
        return flow.to_event(name, draft, "differs")
    return flow.to_event(name, draft, "now" if sent.is_new else "again")


def _withdrawal(found: Versions, event_id: UUID, mistakes: list[Mistake], reason: str) -> str:
    name, recorded = found.operation.operation, _recorded(found, event_id)
    setting = flow.setting_of(found.operation, credential(), recorded)
    noun = sentences.NAMES[recorded.event.type].lower()
    title = f"Withdraw this {noun}?" if reason else f"Withdraw this {noun}"
    return render(
        "events/withdraw.html.jinja",
        **flow.page_of(setting, title=title, tab="events.show", above=_above(found, event_id), mistakes=mistakes),
        action=address("correct.withdrawal", operation=name, event_id=event_id, draft=flow.draft_id()),
        answers=answers(recorded.event, found.operation),
        question=flow.reason_question(FORMS[recorded.event.type], withdraws=True),
        mistake=mistakes[0].text if mistakes else "",
        reason=reason,
        reason_text=sentences.REASON_TEXTS.get(reason, ""),
        noun=noun,
        cancel=address("events.event", operation=name, event_id=event_id),
        force=event_words.force_of(recorded, found.operation),
    )


def _found(operation: str, event_id: UUID) -> Versions:
    """Return an event that has a form.

    Raises:
        PageNotFound: no form records such an event.
    """
    found = read_versions(database(), operation=operation, credential=credential(), event_id=event_id)
    if found.versions[0].recorded.event.type not in FORMS:
        raise PageNotFound("Only arrests, seizures and tallies can be corrected.")
    return found


def _recorded(found: Versions, event_id: UUID) -> RecordedEvent:
    return next(one.recorded for one in found.versions if one.recorded.event.id == event_id)


def _elsewhere(found: Versions, event_id: UUID) -> Response | None:
    """Return the way to the event if this version cannot be changed: this form was sent, or somebody else was first."""
    name, draft = found.operation.operation, flow.draft_id()
    if found.last.recorded.event.id == event_id and found.is_correctable:
        return None
    if draft is not None and any(one.recorded.event.id == draft for one in found.versions):
        return flow.to_event(name, draft, "again")
    target = address("events.event", operation=name, event_id=event_id, recorded="late")
    return redirect(target or "/", HTTPStatus.SEE_OTHER)


def _above(found: Versions, event_id: UUID) -> list[tuple[str, str | None]]:
    name = found.operation.operation
    this = address("events.event", operation=name, event_id=event_id)
    return [("Events", address("events.show", operation=name)), (sentences.name_of(_recorded(found, event_id)), this)]


def _way(found: Versions, event_id: UUID) -> flow.Way:
    recorded, draft = _recorded(found, event_id), flow.draft_id() or flow.fresh_id()
    fact, here = FORMS[recorded.event.type], {"operation": found.operation.operation, "event_id": event_id}
    return flow.Way(
        form=fact,
        setting=flow.setting_of(found.operation, credential(), recorded),
        draft=draft,
        title=f"Correct this {fact.noun}",
        check_title="Check the correction",
        button="Record the correction",
        here=address("correct.form", **here, draft=draft),
        check=address("correct.check", **here, draft=draft),
        tab="events.show",
        above=_above(found, event_id),
    )
