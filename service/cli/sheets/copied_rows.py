"""Rows that say what a recorded event of another file says: a copy of a file, which would count twice."""

from __future__ import annotations

from collections.abc import Sequence

from service.cli.output import progress, remark
from service.domain.model.days import LONDON
from service.errors import Conflict
from service.plurals import counted
from service.spreadsheets.recorded import Recorded
from service.spreadsheets.sending.copied import Parts, take_for_sent
from service.spreadsheets.sending.gone_rows import ROWS_TO_NAME
from service.spreadsheets.sending.preview import Preview, Row, preview_of
from service.spreadsheets.sending.sent_rows import SentRows
from service.spreadsheets.sending.service import Service
from service.spreadsheets.sending.withdrawals import Withdrawal
from service.spreadsheets.sheets import place_of


class EqualRecorded(Conflict):
    """New rows equal events that the force has recorded from another file or in another way: they may count twice."""

    code = "equal_recorded"


def compared(
    parts: Parts,
    withdrawals: Sequence[Withdrawal],
    state: SentRows,
    call: Service,
    *,
    equal_are_sent: bool,
    equal_are_new: bool,
) -> tuple[Preview, Parts]:
    """Return what a run would change, and what is left to send, after a comparison with what the force has recorded.

    Rows that equal recorded events are named. With `equal_are_sent` they are taken for these events, in the state, and
    not sent; with `equal_are_new` they are sent too.

    Raises:
        EqualRecorded: there are such rows, and neither option is given.
        SubmissionRefused, LinesRefused: the service does not show what it has recorded of the force.
    """
    with progress("Comparing with the record"):
        preview = preview_of(parts, withdrawals, state, call)
    if not preview.copies:
        return preview, parts
    _name(preview.copies)
    if equal_are_sent:
        left = take_for_sent(preview.copies, parts, state)
        remark("What is listed here is taken for these events and not sent.")
        return preview_of(left, withdrawals, state, call), left
    if not equal_are_new:
        many = f"{counted(len(preview.copies), 'event')} of {len(preview.new):,} that are new here"
        raise EqualRecorded(
            f"{many} equal what {state.force} has already recorded, not from this file, and would count twice; nothing "
            "was sent. If this is a copy of a file that was sent, use --equal-are-sent: then only the other rows are "
            "sent. If each of these rows is an event of its own, use --equal-are-new."
        )
    return preview, parts


def _name(found: Sequence[tuple[Row, Recorded]]) -> None:
    """Print the first rows that equal recorded events, each with its event, and how many more there are."""
    for row, recorded in found[:ROWS_TO_NAME]:
        at = recorded.recorded_at.astimezone(LONDON)
        place = place_of(row.sheet.name, row.planned.event.rows[0])
        remark(f"{place}: equals event {recorded.seq}, recorded on {at:%Y-%m-%d} at {at:%H:%M} London time.")
    if len(found) > ROWS_TO_NAME:
        remark(f"... and {len(found) - ROWS_TO_NAME:,} more.")
