"""The parts of a file to send: the events of each sheet, with the ids that they have or are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from service.spreadsheets.checking.check import Checked
from service.spreadsheets.events import SheetEvent
from service.spreadsheets.sending.gone_rows import ReferencesRewritten, gone_rows
from service.spreadsheets.sending.identities import is_unread, prefixes, recognise_counts, refuse_renamed
from service.spreadsheets.sending.recorded_elsewhere import take_over
from service.spreadsheets.sending.sent_rows import SentRows
from service.spreadsheets.sending.submission import Planned, RowsChanged, plan, plan_without_conflicts
from service.spreadsheets.sheets import Sheet


def parts_to_send(
    names: Sequence[str],
    sheets: Sequence[Sheet],
    events: Mapping[str, Sequence[SheetEvent]],
    state: SentRows,
    *,
    correct: bool,
    gone_are_decided: bool,
) -> list[tuple[Sheet, list[Planned]]]:
    """Return what to send, sheet by sheet. A return is sent last: a later event would reopen it.

    Raises:
        RowsChanged: rows changed since they were sent, and the option that allows it is not set.
        ReferencesRewritten: a spreadsheet program turned references into numbers.
    """
    found = prefixes(names, events, state)
    if not gone_are_decided:
        refuse_renamed(names, found, state)
    own = {name: _within(events[name], prefix) for name, prefix in found.items()}
    for name, prefix in found.items():
        recognise_counts(own[name], state, prefix)
    sent_now = list(chain.from_iterable(own.values()))
    gone = [one for one in gone_rows(sent_now, state) if not is_unread(one.identity, names, found, state)]
    take_over(gone, sent_now, state)
    parts = []
    for sheet in sorted(sheets, key=lambda sheet: sheet.template.replaced_by_newer):
        try:
            planned = plan(
                own[sheet.name],
                state,
                sheet.template,
                correct=correct,
                gone_are_decided=gone_are_decided,
                prefix=found[sheet.name],
            )
        except (RowsChanged, ReferencesRewritten) as error:
            raise type(error)(f"Sheet {sheet.name}: {error.detail}" if sheet.name else error.detail) from error
        parts.append((sheet, planned))
    return parts


def parts_without_conflicts(
    checked: Checked, names: Sequence[str], state: SentRows
) -> list[tuple[Sheet, list[Planned]]]:
    """Return the valid events of sheets with errors, for a dry run; the state stays as it is."""
    found = prefixes(names, checked.events, replace(state))
    own = {name: _within(events, found[name]) for name, events in checked.events.items()}
    return [(sheet, plan_without_conflicts(own[sheet.name], state, sheet.template)) for sheet in checked.sheets]


def _within(events: Iterable[SheetEvent], prefix: str) -> list[SheetEvent]:
    return [one.within(prefix) for one in events]
