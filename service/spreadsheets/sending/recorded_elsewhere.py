"""Rows that correct or withdraw a recorded event by its id or seq, wherever it was sent from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.plurals import counted
from service.spreadsheets.events import SheetEvent
from service.spreadsheets.recorded_events import described
from service.spreadsheets.sending.gone_rows import ROWS_TO_NAME, Gone, named, reference_of, within_sheet
from service.spreadsheets.sending.sent_rows import SentRows
from service.spreadsheets.sending.submission import Planned
from service.spreadsheets.sheets import Sheet, place_of
from service.spreadsheets.templates import CORRECTS, CellError

Events = Mapping[str, Sequence[SheetEvent]]


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


def corrected_lines(sheets: Sequence[Sheet], events: Events, found: Mapping[str, Any], state: SentRows) -> list[str]:
    """Return a line for each recorded event that a row corrects or withdraws, if the row was not sent before."""
    before = {within_sheet(identity) for identity in state.rows}
    new = [
        f"{place_of(sheet.name, one.rows[0])} {'withdraws' if sheet.template.withdraws else 'corrects'} "
        f"{described(found[one.corrects])}."
        for sheet in sheets
        for one in events[sheet.name]
        if one.corrects is not None and one.identity not in before
    ]
    rows = counted(len(new) - ROWS_TO_NAME, "more row corrects or withdraws", "more rows correct or withdraw")
    more = [f"{rows} events."]
    return [*new[:ROWS_TO_NAME], *(more if len(new) > ROWS_TO_NAME else ())]


def take_over(gone: Sequence[Gone], events: Sequence[SheetEvent], state: SentRows) -> None:
    """Drop gone rows whose event another row corrects or withdraws: what counts is now that row's."""
    corrected = {one.corrects for one in events if one.corrects is not None}
    for one in gone:
        if one.sent.id in corrected:
            del state.rows[one.identity]


def superseded_lines(parts: Sequence[tuple[Sheet, Sequence[Planned]]]) -> list[str]:
    """Return a line for each row that no longer counts, because another row corrects or withdraws its event."""
    by_target = {
        one.event.corrects: f"{'withdrawn' if sheet.template.withdraws else 'corrected'} by "
        f"{place_of(sheet.name, one.event.rows[0])}"
        for sheet, planned in parts
        for one in planned
        if one.event.corrects is not None
    }
    return [
        f"{place_of(sheet.name, one.event.rows[0])} is {by_target[one.sent.id]}, and no longer counts: delete it."
        for sheet, planned in parts
        for one in planned
        if one.sent.id in by_target
    ]


def forget_withdrawals(gone: Sequence[Gone], state: SentRows) -> tuple[list[Gone], list[str]]:
    """Drop withdrawals whose rows are gone from the state; return the other gone rows, and a line that they stay.

    Sent again, such a withdrawal would change nothing, so nothing needs to be known of it.
    """
    withdrawals = [one for one in gone if one.is_withdrawal]
    lines = []
    if withdrawals:
        rows = counted(len(withdrawals), "withdrawal that was sent is", "withdrawals that were sent are")
        stay = "stays" if len(withdrawals) == 1 else "stay"
        lines.append(
            f"{rows} gone from the file and {stay} recorded: {named(withdrawals)}. A withdrawal is final. "
            "To count such an event again, send it as a new row."
        )
    for one in withdrawals:
        del state.rows[one.identity]
    return [one for one in gone if not one.is_withdrawal], lines


def _change_its_row(reference: str) -> str:
    return (
        f"The event was sent from this file with the reference {reference}. Empty this cell, change the row with that "
        "reference, and use --correct."
    )
