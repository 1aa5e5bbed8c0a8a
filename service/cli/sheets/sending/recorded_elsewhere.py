"""Rows that correct or withdraw a recorded event by its id or seq, wherever it was sent from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from service.cli.calling.http_client import Client
from service.cli.output import counted, remark
from service.cli.sheets.sending.gone_rows import ROWS_TO_NAME, Gone, named, reference_of, within_sheet
from service.cli.sheets.sending.sent_rows import SentRows
from service.cli.sheets.sending.submission import Planned, SubmissionRefused
from service.spreadsheets.events import SheetEvent
from service.spreadsheets.recorded_events import Find, described
from service.spreadsheets.sheets import Sheet, place_of
from service.spreadsheets.templates import CORRECTS, CellError

Events = Mapping[str, Sequence[SheetEvent]]


def finder(client: Client, operation: str, caller: str) -> Find:
    """Return a function that asks the service for a recorded event, by id or seq.

    It raises SubmissionRefused if the service does not answer the question.
    """

    def find(name: str) -> Mapping[str, Any] | None:
        events = f"/v1/operations/{operation}/events"
        is_seq = name.isdigit()
        answer = client.get(f"{events}?after={int(name) - 1}&limit=1" if is_seq else f"{events}/{name}", caller)
        if answer.status == HTTPStatus.NOT_FOUND and answer.body.get("code") == "event_not_found":
            return None
        if answer.status != HTTPStatus.OK:
            raise SubmissionRefused(f"{answer.body.get('detail', 'The request was refused.')} ({answer.status})")
        found = answer.body["events"] if is_seq else [answer.body["event"]]
        return next((one for one in found if not is_seq or one["seq"] == int(name)), None)

    return find


def sent_from_here(sheets: Sequence[Sheet], events: Events, state: SentRows) -> list[tuple[str, CellError]]:
    """Return an error, with its sheet, for each row that corrects an event sent from a row that has a reference.

    The state file knows the latest version of that row's event, so that row is the one to change.
    """
    references = {sent.id: name for identity, sent in state.rows.items() if (name := reference_of(identity))}
    facts = [sheet.name for sheet in sheets if not sheet.template.withdraws]
    return [
        (name, CellError(one.rows[0], CORRECTS.name, _change_its_row(references[one.corrects])))
        for name in facts
        for one in events[name]
        if one.corrects in references
    ]


def name_corrected(sheets: Sequence[Sheet], events: Events, found: Mapping[str, Any], state: SentRows) -> None:
    """Print which recorded events are corrected and withdrawn by rows that were not sent before."""
    before = {within_sheet(identity) for identity in state.rows}
    new = [
        f"{place_of(sheet.name, one.rows[0])} {'withdraws' if sheet.template.withdraws else 'corrects'} "
        f"{described(found[one.corrects])}."
        for sheet in sheets
        for one in events[sheet.name]
        if one.corrects is not None and one.identity not in before
    ]
    more = [f"{counted(len(new) - ROWS_TO_NAME, 'more row corrects', 'more rows correct')} or withdraw events."]
    for line in (*new[:ROWS_TO_NAME], *(more if len(new) > ROWS_TO_NAME else ())):
        remark(line)


def take_over(gone: Sequence[Gone], events: Sequence[SheetEvent], state: SentRows) -> None:
    """Drop gone rows whose event another row corrects or withdraws: what counts is now that row's."""
    corrected = {one.corrects for one in events if one.corrects is not None}
    for one in gone:
        if one.sent.id in corrected:
            del state.rows[one.identity]


def name_superseded(parts: Sequence[tuple[Sheet, Sequence[Planned]]]) -> None:
    """Print which rows no longer count, because another row corrects or withdraws the event that they were sent as."""
    by_target = {
        one.event.corrects: f"{'withdrawn' if sheet.template.withdraws else 'corrected'} by "
        f"{place_of(sheet.name, one.event.rows[0])}"
        for sheet, planned in parts
        for one in planned
        if one.event.corrects is not None
    }
    for sheet, planned in parts:
        for one in planned:
            if one.sent.id in by_target:
                place = place_of(sheet.name, one.event.rows[0])
                remark(f"{place} is {by_target[one.sent.id]}, and no longer counts: delete it.")


def forget_withdrawals(gone: Sequence[Gone], state: SentRows) -> list[Gone]:
    """Print that withdrawals whose rows are gone stay, and drop them from the state; return the other gone rows.

    Sent again, such a withdrawal would change nothing, so nothing needs to be known of it.
    """
    withdrawals = [one for one in gone if one.is_withdrawal]
    if withdrawals:
        rows = counted(len(withdrawals), "withdrawal that was sent is", "withdrawals that were sent are")
        remark(
            f"{rows} gone from the file and stays recorded: {named(withdrawals)}. A withdrawal is final. "
            "To count such an event again, send it as a new row."
        )
    for one in withdrawals:
        del state.rows[one.identity]
    return [one for one in gone if not one.is_withdrawal]


def _change_its_row(reference: str) -> str:
    return (
        f"The event was sent from this file with the reference {reference}. Empty this cell, change the row with that "
        "reference, and use --correct."
    )
