"""Rows that say what a recorded event of another file says: a copy of a file, which would count twice."""

from __future__ import annotations

from collections.abc import Sequence

from service.cli.output import counted, progress, remark
from service.cli.sheets.preview import Preview, Row, preview_of
from service.cli.sheets.sending.gone_rows import ROWS_TO_NAME
from service.cli.sheets.sending.sent_rows import SentRow, SentRows
from service.cli.sheets.sending.submission import Call, Planned
from service.cli.sheets.sending.withdrawals import Withdrawal
from service.domain.model.days import LONDON
from service.errors import Conflict
from service.spreadsheets.recorded import Recorded
from service.spreadsheets.sheets import Sheet, place_of

Parts = list[tuple[Sheet, list[Planned]]]
# The content of a row whose recorded event differs in what does not count: the next run reports the row as changed.
DIFFERS = "differs"


class EqualRecorded(Conflict):
    """New rows equal events that the force has recorded from another file or in another way: they may count twice."""

    code = "equal_recorded"


def compared(
    parts: Parts,
    withdrawals: Sequence[Withdrawal],
    state: SentRows,
    call: Call,
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
        left = _take_for_sent(preview.copies, parts, state)
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


def _take_for_sent(found: Sequence[tuple[Row, Recorded]], parts: Parts, state: SentRows) -> Parts:
    """Note in the state that these rows are the recorded events that they equal; return what is left to send."""
    for row, recorded in found:
        event, one = recorded.event, row.planned.event
        state.rows[one.identity] = SentRow(
            str(event.id),
            one.content if recorded.is_sent_as(row.event) else DIFFERS,
            corrects=None if event.corrects is None else str(event.corrects),
            correction_reason=event.correction_reason,
        )
    remark("What is listed here is taken for these events and not sent.")
    taken = {row.planned.event.identity for row, _recorded in found}
    return [(sheet, [one for one in planned if one.event.identity not in taken]) for sheet, planned in parts]
