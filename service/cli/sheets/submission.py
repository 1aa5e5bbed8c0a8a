"""Submit the events of a spreadsheet: plan them, let the service check them, save their ids, then send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uuid_utils.compat import uuid7

from service.cli.http_client import Answer, Client
from service.cli.sheets.sent_rows import SentRow, SentRows
from service.errors import Conflict, FieldError, Invalid
from service.spreadsheets.events import SheetEvent, cell_errors
from service.spreadsheets.templates import CellError, Template

EVENTS_IN_ONE_BATCH = 250
DONE = (HTTPStatus.CREATED, HTTPStatus.OK)
ROWS_TO_NAME = 20


class SubmissionRefused(Invalid):
    """The service refused a whole request: the credential, the operation or the URL is wrong."""

    code = "submission_refused"


class RowsChanged(Conflict):
    """Rows have changed since they were sent. Sent as they are now, they would count twice."""

    code = "rows_changed"


@dataclass(frozen=True, slots=True)
class Planned:
    """An event to send: the event of the spreadsheet, and the id that it already has or is now given."""

    event: SheetEvent
    sent: SentRow

    def body(self) -> dict[str, Any]:
        """Return the event as sent."""
        named = {"id": self.sent.id, "corrects": self.sent.corrects, "correction_reason": self.sent.correction_reason}
        return {**self.event.body, **{name: value for name, value in named.items() if value}}


def plan(
    events: Sequence[SheetEvent],
    before: SentRows,
    template: Template,
    *,
    correct: bool,
    changed_are_new: bool,
    prefix: str = "",
) -> list[Planned]:
    """Return what to send for the events of a sheet; events that were sent before keep their ids.

    `prefix` begins the identities of the sheet in the state file.

    Raises:
        RowsChanged: an event with a reference has changed, and `correct` is not set; or some events without a
            reference are gone while others are new, and `changed_are_new` is not set.
    """
    changed = [one for one in events if _has_changed(one, before) and not template.replaced_by_newer]
    if changed and not correct:
        raise RowsChanged(
            f"Changed since they were sent: {_row_names(changed)}. Use --correct to send them as corrections.",
        )
    new = [one for one in events if one.identity not in before.rows and not one.has_lasting_identity]
    now = {one.identity for one in events}
    gone = [identity for identity in before.rows if identity.startswith(f"{prefix}content:") and identity not in now]
    if new and gone and not changed_are_new:
        raise RowsChanged(
            f"{len(gone)} rows that were sent are gone or changed, and these are new: {_row_names(new)}. A changed row "
            "would count twice: correct its event through the API instead. If every new row is a new event, use "
            "--changed-are-new; the rows that were sent stay recorded."
        )
    return [_planned(one, before, template) for one in events]


def check(
    planned: Sequence[Planned], call: Call, template: Template, progress: Callable[[int, int], None]
) -> list[CellError]:
    """Let the service decide all events in a dry run; return the errors by row and column."""
    errors: list[CellError] = []
    for done, one, result in call.results(planned, dry_run=True):
        if result["status"] not in DONE:
            problem = result["problem"]
            wrong = [FieldError(error["pointer"], error["detail"]) for error in problem["errors"]]
            errors += cell_errors(template, one.event.rows, wrong or [FieldError("", problem["detail"])])
        progress(done, len(planned))
    return errors


def send(
    planned: Sequence[Planned], call: Call, template: Template, state: SentRows, progress: Callable[[int, int], None]
) -> tuple[int, int, list[CellError]]:
    """Save the ids of all events, then send the events; return how many are new, how many were replays, and the errors.

    The ids are saved first, so that a retry sends the same ids whatever fails later.
    """
    state.rows |= {one.event.identity: one.sent for one in planned}
    state.save()
    recorded = replayed = 0
    errors: list[CellError] = []
    for done, one, result in call.results(planned, dry_run=False):
        recorded += result["status"] == HTTPStatus.CREATED
        replayed += result["status"] == HTTPStatus.OK
        if result["status"] not in DONE:
            errors += cell_errors(template, one.event.rows, [FieldError("", result["problem"]["detail"])])
        progress(done, len(planned))
    return recorded, replayed, errors


@dataclass(frozen=True, slots=True)
class Call:
    """The destination of batches: client, operation and force."""

    client: Client
    operation: str
    force: str

    def results(self, planned: Sequence[Planned], *, dry_run: bool) -> Iterator[tuple[int, Planned, dict[str, Any]]]:
        """Send events in batches; yield the number done, each event, and the service's result for it."""
        address = f"/v1/operations/{self.operation}/batches" + ("?dry_run=true" if dry_run else "")
        for start in range(0, len(planned), EVENTS_IN_ONE_BATCH):
            some = planned[start : start + EVENTS_IN_ONE_BATCH]
            answer = self.client.post(address, {"events": [one.body() for one in some]}, self.force)
            for number, (one, result) in enumerate(zip(some, _results(answer), strict=True), start=start + 1):
                yield number, one, result


def force_of(client: Client, name: str) -> str:
    """Return the force that a credential belongs to.

    Raises:
        SubmissionRefused: the service does not accept the credential.
    """
    answer = client.get("/v1/me", name)
    if answer.status != HTTPStatus.OK:
        raise SubmissionRefused(f"{answer.body.get('detail', 'The credential was refused.')} ({answer.status})")
    return str(answer.body["force"])


def _results(answer: Answer) -> list[dict[str, Any]]:
    results = answer.body.get("results")
    if not isinstance(results, list):
        raise SubmissionRefused(f"{answer.body.get('detail', 'The request was refused.')} ({answer.status})")
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


def _row_names(events: Sequence[SheetEvent]) -> str:
    names = [f"row {event.rows[0]}" for event in events[:ROWS_TO_NAME]]
    return ", ".join(names) + (f" and {len(events) - ROWS_TO_NAME} more" if len(events) > ROWS_TO_NAME else "")
