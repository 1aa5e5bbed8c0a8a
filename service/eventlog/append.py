"""The only INSERT of events: every recorded event passes through `append`, under its operation's head lock."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service.domain.deciding.decide import AlreadyCorrected, ContentDiffers
from service.domain.model.events import ActivityRecorded, RecordedEvent
from service.errors import RecordError
from service.eventlog.head import Head, move_head
from service.eventlog.receipts import Receipt
from service.eventlog.table import EventRow, events
from service.eventlog.tree import Tree, leaf_hash
from service.storage.db import constraint_of
from service.storage.writes import Writes
from service.wire.codec import text_of


def append(writes: Writes, head: Head, recorded: Sequence[RecordedEvent], tree: Tree) -> list[Receipt]:
    """Add the writes that append events, whose seqs follow the head's; return their receipts in order.

    The caller holds the head lock. `tree` is the log's tree at its head; it is extended by the events. If sending the
    writes fails, `domain_error_of` maps the exception.
    """
    rows: list[EventRow] = []
    receipts: list[Receipt] = []
    for event in recorded:
        assert event.seq == tree.size + 1, f"expected seq {tree.size + 1}; found {event.seq}"
        text = text_of(event)
        leaf = leaf_hash(text)
        rows.append(_row_of(event, text, leaf, tree.add(leaf)))
        receipts.append(Receipt(event, leaf, tuple(tree.peaks), head.imported))
    writes.insert(events, rows)
    move_head(writes, head.operation, seq=recorded[-1].seq, recorded_at=recorded[-1].recorded_at)
    return receipts


def domain_error_of(error: sa.exc.IntegrityError) -> RecordError | None:
    """Return the domain error for a violated constraint: a duplicate event id, or a second correction of a version.

    Decisions under the head lock find both earlier; the constraints are the last line of defence.
    """
    match constraint_of(error):
        case "events_operation_id_id_key":
            return ContentDiffers("This event id is already recorded.", pointer="/id")
        case "events_operation_id_corrects_key":
            return AlreadyCorrected("This version is already corrected.", pointer="/corrects")
    return None


def _row_of(recorded: RecordedEvent, text: str, leaf: bytes, completed: list[bytes]) -> EventRow:
    event = recorded.event
    # Positional arguments: keywords would take more than twice as long.
    return EventRow(
        recorded.operation,
        recorded.seq,
        event.id,
        event.type,
        event.force,
        event.corrects,
        event.occurred_at,
        event.data.occurred_before if isinstance(event.data, ActivityRecorded) else None,
        recorded.recorded_at,
        text,
        leaf,
        b"".join(completed),
        None if event.occurred_on is None else event.occurred_on.isoformat(),
    )
