"""Submit the events of a spreadsheet: plan them, let the service check them, save their ids, then send them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from uuid_utils.compat import uuid7

from service.domain.deciding.decide import AlreadyWithdrawn
from service.errors import Conflict, FieldError
from service.plurals import counted
from service.spreadsheets.checking.explained import explained
from service.spreadsheets.events import SheetEvent
from service.spreadsheets.sending.gone_rows import ROWS_TO_NAME, gone_rows, named, refuse_rewritten
from service.spreadsheets.sending.sent_rows import SentRow, SentRows, prefix_of
from service.spreadsheets.sending.service import Result, Service, results
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import CellError, Template

MISTAKE = "mistake"


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
    gone_are_decided: bool,
    prefix: str = "",
) -> list[Planned]:
    """Return what to send for the events of a sheet; events that were sent before keep their ids.

    `prefix` begins the identities of the sheet in the state file.
    `gone_are_decided` is whether the caller knows what becomes of rows that are gone, although others are new.

    Raises:
        RowsChanged: an event with a reference has changed, and `correct` is not set; or some rows are gone while
            others are new, and `gone_are_decided` is not set; or the reason of a correction has changed.
        ReferencesRewritten: a new row's reference is one that is gone, rewritten.
    """
    _refuse_other_reasons(events, before)
    changed = [one for one in events if _has_changed(one, before) and not template.replaced_by_newer]
    if changed and not correct:
        raise RowsChanged(
            f"Changed since they were sent: {_row_names(changed)}. Use --correct to send them as corrections.",
        )
    if not (template.replaced_by_newer or template.withdraws):
        _refuse_new_for_gone(events, before, prefix, gone_are_decided=gone_are_decided)
    return [_planned(one, before, template) for one in events]


def plan_without_conflicts(events: Sequence[SheetEvent], before: SentRows, template: Template) -> list[Planned]:
    """Return what the service is to check of a sheet while other rows have errors, whatever has changed or is gone."""
    return [_planned(one, before, template) for one in events]


def check(
    planned: Sequence[Planned], service: Service, sheet: Sheet, progress: Callable[[int, int], None]
) -> list[CellError]:
    """Let the service decide all events in a dry run; return the errors by row and column."""
    errors: list[CellError] = []
    for done, one, result in results(service, planned, dry_run=True):
        if not _is_done(result, sheet.template):
            wrong = result.errors or [FieldError("", result.detail)]
            errors += explained(sheet, one.event.rows, wrong, result.code)
        progress(done, len(planned))
    return errors


def send(
    planned: Sequence[Planned], service: Service, sheet: Sheet, state: SentRows, progress: Callable[[int, int], None]
) -> tuple[int, int, list[CellError]]:
    """Save the ids of all events, then send the events; return how many are new, how many were replays, and the errors.

    The ids are saved first, so that a retry sends the same ids whatever fails later.
    """
    state.rows |= {one.event.identity: one.sent for one in planned}
    state.save()
    recorded = replayed = 0
    errors: list[CellError] = []
    for done, one, result in results(service, planned, dry_run=False):
        recorded += result.is_new
        replayed += not result.is_new and _is_done(result, sheet.template)
        if not _is_done(result, sheet.template):
            errors += explained(sheet, one.event.rows, [FieldError("", result.detail)])
        progress(done, len(planned))
    return recorded, replayed, errors


def _refuse_new_for_gone(
    events: Sequence[SheetEvent], before: SentRows, prefix: str, *, gone_are_decided: bool
) -> None:
    new = [one for one in events if _sent(one, before) is None]
    of_sheet = [one for one in gone_rows(events, before) if prefix_of(one.identity) == prefix]
    gone = [one for one in of_sheet if not one.sent.kept]
    refuse_rewritten(new, gone)
    if new and gone and not gone_are_decided:
        raise RowsChanged(
            f"{counted(len(gone), 'row that was sent is', 'rows that were sent are')} gone or changed, and these are "
            f"new: {_row_names(new)}. Gone: {named(gone)}. A changed row would count twice. Use --withdraw-missing to "
            "withdraw what is gone, or --changed-are-new to leave it recorded."
        )


def _sent(event: SheetEvent, before: SentRows) -> SentRow | None:
    """Return what was sent for an event; None if nothing was, or if it is withdrawn, which is final."""
    sent = before.rows.get(event.identity)
    # The row is there: whether its event stays recorded without it no longer matters.
    return None if sent is None or sent.withdrawal else replace(sent, kept=False)


def _has_changed(event: SheetEvent, before: SentRows) -> bool:
    sent = _sent(event, before)
    return sent is not None and sent.content != event.content


def _planned(event: SheetEvent, before: SentRows, template: Template) -> Planned:
    sent = _sent(event, before)
    if sent is None or (template.replaced_by_newer and sent.content != event.content):
        reason = None if event.corrects is None else event.correction_reason
        sent = SentRow(str(uuid7()), event.content, corrects=event.corrects, correction_reason=reason)
    elif sent.content != event.content:
        sent = SentRow(
            str(uuid7()), event.content, corrects=sent.id, correction_reason=event.correction_reason or MISTAKE
        )
    return Planned(event, sent)


def _refuse_other_reasons(events: Sequence[SheetEvent], before: SentRows) -> None:
    for one in events:
        sent = _sent(one, before)
        if one.corrects is None or sent is None or sent.content != one.content:
            continue
        if sent.correction_reason != one.correction_reason:
            raise RowsChanged(
                f"The correction_reason of row {one.rows[0]} was sent as {sent.correction_reason} and is now "
                f"{one.correction_reason}. A recorded reason cannot be changed: restore it."
            )


def _is_done(result: Result, template: Template) -> bool:
    """Return whether the service has, or would have, recorded an event. An event is withdrawn once, by whatever row."""
    return result.is_done or (template.withdraws and result.code == AlreadyWithdrawn.code)


def _row_names(events: Sequence[SheetEvent]) -> str:
    names = [f"row {event.rows[0]}" for event in events[:ROWS_TO_NAME]]
    return ", ".join(names) + (f" and {len(events) - ROWS_TO_NAME} more" if len(events) > ROWS_TO_NAME else "")
