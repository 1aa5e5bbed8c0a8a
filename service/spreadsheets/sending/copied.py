"""Rows that are taken for events that the force recorded in another way, so that they do not count twice."""

from __future__ import annotations

from collections.abc import Sequence

from service.spreadsheets.recorded import Recorded
from service.spreadsheets.sending.preview import Row
from service.spreadsheets.sending.sent_rows import SentRow, SentRows
from service.spreadsheets.sending.submission import Planned
from service.spreadsheets.sheets import Sheet

Parts = list[tuple[Sheet, list[Planned]]]
# The content of a row whose recorded event differs in what does not count: the next run reports the row as changed.
DIFFERS = "differs"


def take_for_sent(found: Sequence[tuple[Row, Recorded]], parts: Parts, state: SentRows) -> Parts:
    """Note in the state that these rows are the recorded events that they equal; return what is left to send."""
    for row, recorded in found:
        event, one = recorded.event, row.planned.event
        state.rows[one.identity] = SentRow(
            str(event.id),
            one.content if recorded.is_sent_as(row.event) else DIFFERS,
            corrects=None if event.corrects is None else str(event.corrects),
            correction_reason=event.correction_reason,
        )
    taken = {row.planned.event.identity for row, _recorded in found}
    return [(sheet, [one for one in planned if one.event.identity not in taken]) for sheet, planned in parts]
