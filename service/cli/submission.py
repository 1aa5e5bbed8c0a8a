"""Sending the events of a spreadsheet: what is to be sent is planned, checked by the service, noted, and then sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uuid_utils.compat import uuid7

from service.cli.http_client import Answer, Client
from service.cli.sent_rows import SentRow, SentRows
from service.cli.sheet_events import SheetEvent, refusals
from service.cli.sheet_templates import CellError, Template
from service.errors import Conflict, FieldError, Invalid

EVENTS_IN_ONE_BATCH = 250
DONE = (HTTPStatus.CREATED, HTTPStatus.OK)
ROWS_TO_NAME = 20


class SubmissionRefused(Invalid):
    """The service refused a whole call: the credential, the operation, or the address is not right."""

    code = "submission_refused"


class RowsChanged(Conflict):
    """Rows that were sent are not as they were. Sent as they are now, they would count twice."""

    code = "rows_changed"


@dataclass(frozen=True, slots=True)
class Planned:
    """An event to send: from which rows, and as which event, with the id that it has or is now given."""

    event: SheetEvent
    sent: SentRow

    def body(self) -> dict[str, Any]:
        """Return the event as it is sent."""
        named = {"id": self.sent.id, "corrects": self.sent.corrects, "correction_reason": self.sent.correction_reason}
        return {**self.event.body, **{name: value for name, value in named.items() if value}}


def plan(
    events: Sequence[SheetEvent], before: SentRows, template: Template, *, correct: bool, changed_are_new: bool
) -> list[Planned]:
    """Return what to send of all events of a spreadsheet; what was sent before keeps its id.

    Raises:
        RowsChanged: an event with a reference has changed, and `correct` was not said; or some of those without a
            reference are gone while others are new, and `changed_are_new` was not said.
    """
    changed = [one for one in events if _has_changed(one, before) and not template.replaced_by_newer]
    if changed and not correct:
        raise RowsChanged(
            f"Changed since they were sent: {_named(changed)}. With --correct they are sent as corrections.",
        )
    new = [one for one in events if one.identity not in before.rows and not one.has_name]
    now = {one.identity for one in events}
    gone = [identity for identity in before.rows if identity.startswith("content:") and identity not in now]
    if new and gone and not changed_are_new:
        raise RowsChanged(
            f"{len(gone)} rows that were sent are no longer there as they were, and these are new: {_named(new)}. If a "
            "new one is a changed one, it would count twice: correct it by its reference, or through the API. If all "
            "are new events, say --changed-are-new; what was sent stays recorded."
        )
    return [_planned(one, before, template) for one in events]


def check(
    planned: Sequence[Planned], call: Call, template: Template, progress: Callable[[int, int], None]
) -> list[CellError]:
    """Let the service decide all events without recording them; return what is wrong, by row and column."""
    errors: list[CellError] = []
    for done, one, result in call.results(planned, dry_run=True):
        if result["status"] not in DONE:
            problem = result["problem"]
            wrong = [FieldError(error["pointer"], error["detail"]) for error in problem["errors"]]
            errors += refusals(template, one.event.rows, wrong or [FieldError("", problem["detail"])])
        progress(done, len(planned))
    return errors


def send(
    planned: Sequence[Planned], call: Call, template: Template, state: SentRows, progress: Callable[[int, int], None]
) -> tuple[int, int, list[CellError]]:
    """Note the ids of all events, then send them; return how many were recorded, how many had been, and what failed.

    The note comes first: whatever happens after it, the same ids are sent again.
    """
    state.rows |= {one.event.identity: one.sent for one in planned}
    state.save()
    recorded = replayed = 0
    errors: list[CellError] = []
    for done, one, result in call.results(planned, dry_run=False):
        recorded += result["status"] == HTTPStatus.CREATED
        replayed += result["status"] == HTTPStatus.OK
        if result["status"] not in DONE:
            errors += refusals(template, one.event.rows, [FieldError("", result["problem"]["detail"])])
        progress(done, len(planned))
    return recorded, replayed, errors


@dataclass(frozen=True, slots=True)
class Call:
    """Where batches are sent, and for which force."""

    client: Client
    operation: str
    force: str

    def results(self, planned: Sequence[Planned], *, dry_run: bool) -> Iterator[tuple[int, Planned, dict[str, Any]]]:
        """Send events in batches; yield how many are done, each event, and what the service said of it."""
        address = f"/v1/operations/{self.operation}/batches" + ("?dry_run=true" if dry_run else "")
        for start in range(0, len(planned), EVENTS_IN_ONE_BATCH):
            some = planned[start : start + EVENTS_IN_ONE_BATCH]
            answer = self.client.post(address, {"events": [one.body() for one in some]}, self.force)
            for number, (one, result) in enumerate(zip(some, _results(answer), strict=True), start=start + 1):
                yield number, one, result


def force_of(client: Client, name: str) -> str:
    """Return whose credential this is.

    Raises:
        SubmissionRefused: the service does not know it.
    """
    answer = client.get("/v1/me", name)
    if answer.status != HTTPStatus.OK:
        raise SubmissionRefused(f"{answer.body.get('detail', 'The credential was refused.')} ({answer.status})")
    return str(answer.body["force"])


def _results(answer: Answer) -> list[dict[str, Any]]:
    results = answer.body.get("results")
    if not isinstance(results, list):
        raise SubmissionRefused(f"{answer.body.get('detail', 'The call was refused.')} ({answer.status})")
    return results


def _has_changed(event: SheetEvent, before: SentRows) -> bool:
    sent = before.rows.get(event.identity)
    return sent is not None and sent.content != event.content


def _planned(event: SheetEvent, before: SentRows, template: Template) -> Planned:
    sent = before.rows.get(event.identity)
    if sent is None or (template.replaced_by_newer and sent.content != event.content):
        sent = SentRow(str(uuid7()), event.content)
    elif sent.content != event.content:
        sent = SentRow(str(uuid7()), event.content, corrects=sent.id, correction_reason="mistake")
    return Planned(event, sent)


def _named(events: Sequence[SheetEvent]) -> str:
    names = [f"row {event.rows[0]}" for event in events[:ROWS_TO_NAME]]
    return ", ".join(names) + (f" and {len(events) - ROWS_TO_NAME} more" if len(events) > ROWS_TO_NAME else "")
