"""Recording by hand: an arrest, a seizure or a tally, checked before it is sent, and sent once."""

from __future__ import annotations

from uuid import UUID

from werkzeug.wrappers import Response

from service.access.roles import REPORTERS
from service.domain.model.operation import Operation
from service.usecases.access.drafts import drop_draft, kept_drafts
from service.usecases.overview.versions import read_versions
from service.usecases.querying.read_events import EventNotFound
from service.usecases.querying.read_operations import read_operation
from service.web.facts import flow
from service.web.forms.arrest import ArrestForm
from service.web.forms.fact import FactForm
from service.web.forms.mistakes import closed
from service.web.forms.seizure import SeizureForm
from service.web.forms.tally import TallyForm
from service.web.site.blueprint import Pages, credential, database, person
from service.web.site.rendering import address, render, see_other

pages = Pages("record", __name__)

FORMS: dict[str, FactForm] = {one.key: one for one in (ArrestForm(), SeizureForm(), TallyForm())}
KIND = f"<any({','.join(FORMS)}):kind>"


@pages.route("/operations/<operation>/record")
@pages.requires(*REPORTERS)
def show(operation: str) -> str:
    """Show what can be recorded, and the forms that were begun."""
    setting = flow.setting_of(_operation(operation), credential())
    participant = setting.operation.participants.get(setting.force)
    return render(
        "record/record.html.jinja",
        **flow.page_of(setting, title="Record", tab="record.show"),
        drafts=kept_drafts(database(), person(), operation),
        reports=participant.reports if participant else "events" if not setting.force else "nothing",
        closed=closed(setting) if setting.operation.closed else "",
        now=setting.now,
    )


def _stale(operation: str, kind: str) -> tuple[str, int]:
    return flow.show_again(_way(operation, kind, flow.draft_id()))


@pages.route(f"/operations/<operation>/record/{KIND}")
@pages.requires(*REPORTERS)
def form(operation: str, kind: str) -> str | Response:
    """Show a form; one that was sent leads to its event."""
    draft = flow.draft_id()
    if draft is None:
        _operation(operation)
        return flow.new_draft("record.form", operation=operation, kind=kind)
    if _is_recorded(operation, draft):
        return flow.to_event(operation, draft, "again")
    return flow.show(_way(operation, kind, draft))


@pages.route(f"/operations/<operation>/record/{KIND}", methods=["POST"])
@pages.requires(*REPORTERS, stale=_stale)
def receive(operation: str, kind: str) -> Response:
    """Take a form: change its lines, keep it, or check it."""
    draft = flow.draft_id()
    if draft is None:
        _operation(operation)
        return flow.new_draft("record.form", operation=operation, kind=kind)
    return flow.receive(_way(operation, kind, draft))


@pages.route(f"/operations/<operation>/record/{KIND}/check")
@pages.requires(*REPORTERS)
def check(operation: str, kind: str) -> str | Response:
    """Show the answers before they are sent."""
    draft = flow.draft_id()
    if draft is not None and _is_recorded(operation, draft):
        return flow.to_event(operation, draft, "again")
    return flow.show_check(_way(operation, kind, draft))


@pages.route(f"/operations/<operation>/record/{KIND}/check", methods=["POST"])
@pages.requires(*REPORTERS, stale=_stale)
def send(operation: str, kind: str) -> Response:
    """Record the answers."""
    draft = flow.draft_id()
    if draft is None:
        _operation(operation)
        return flow.new_draft("record.form", operation=operation, kind=kind)
    return flow.send(_way(operation, kind, draft))


@pages.route("/operations/<operation>/record/drafts/<uuid:draft_id>/drop", methods=["POST"])
@pages.requires(*REPORTERS)
def drop(operation: str, draft_id: UUID) -> Response:
    """Delete a form that was begun."""
    _operation(operation)
    drop_draft(database(), person(), draft_id)
    return see_other("record.show", operation=operation)


def _operation(name: str) -> Operation:
    return read_operation(database(), operation=name, credential=credential())[1]


def _is_recorded(operation: str, draft: UUID) -> bool:
    try:
        read_versions(database(), operation=operation, credential=credential(), event_id=draft)
    except EventNotFound:
        return False
    return True


def _way(operation: str, kind: str, draft: UUID | None) -> flow.Way:
    found, draft = FORMS[kind], draft or flow.fresh_id()
    here = {"operation": operation, "kind": kind, "draft": draft}
    article = "an" if found.noun[0] in "aeiou" else "a"
    return flow.Way(
        form=found,
        setting=flow.setting_of(_operation(operation), credential()),
        draft=draft,
        title=f"Record {article} {found.noun}",
        check_title="Check your answers",
        button=f"Record this {found.noun}",
        here=address("record.form", **here),
        check=address("record.check", **here),
        tab="record.show",
        above=[("Record", address("record.show", operation=operation))],
    )
