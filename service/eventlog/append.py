"""The only INSERT of events: everything that is recorded passes through `append`, under its operation's head lock."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service.db import constraint_of
from service.domain.decide import AlreadyCorrected, ContentDiffers
from service.domain.events import ActivityRecorded, RecordedEvent
from service.eventlog.codec import text_of
from service.eventlog.head import Head
from service.eventlog.read import tree_at
from service.eventlog.receipts import Receipt, receipt_of
from service.eventlog.table import events, heads
from service.eventlog.tree import leaf_hash


def append(connection: sa.Connection, head: Head, recorded: Sequence[RecordedEvent]) -> list[Receipt]:
    """Append events, numbered from the head on, under the head's lock, and return their receipts in order.

    Raises:
        ContentDiffers, AlreadyCorrected: the database refused a second event of one id, or a second correction of one
            version. Decisions made under the lock see both before; these are the last line of defence.
    """
    tree = tree_at(connection, head.operation, head.seq)
    rows, receipts = [], []
    for event in recorded:
        assert event.seq == tree.size + 1, f"wanted seq {tree.size + 1}, found {event.seq}"
        text = text_of(event)
        leaf = leaf_hash(text)
        rows.append(_row(event, text, leaf, tree.add(leaf)))
        receipts.append(receipt_of(head, event, leaf, tree.root()))
    _insert(connection, rows)
    connection.execute(
        heads.update()
        .where(heads.c.operation_id == head.operation)
        .values(seq=recorded[-1].seq, recorded_at=recorded[-1].recorded_at)
    )
    return receipts


def _insert(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    try:
        connection.execute(events.insert(), rows)
    except sa.exc.IntegrityError as error:
        match constraint_of(error):
            case "events_operation_id_id_key":
                raise ContentDiffers("This event id is recorded already.", pointer="/id") from error
            case "events_operation_id_corrects_key":
                raise AlreadyCorrected("This version has been corrected already.", pointer="/corrects") from error
        raise


def _row(recorded: RecordedEvent, text: str, leaf: bytes, completed: list[bytes]) -> dict[str, object]:
    return indexed_columns(recorded) | {
        "text": text,
        "leaf_hash": leaf,
        "subtree_hashes": b"".join(completed),
    }


def indexed_columns(recorded: RecordedEvent) -> dict[str, object]:
    """Return the columns of an event row that repeat what its text says, so that the database can find it."""
    event = recorded.event
    return {
        "operation_id": recorded.operation,
        "seq": recorded.seq,
        "id": event.id,
        "type": event.type,
        "force": event.force,
        "corrects": event.corrects,
        "occurred_at": event.occurred_at,
        "occurred_before": event.data.occurred_before if isinstance(event.data, ActivityRecorded) else None,
        "recorded_at": recorded.recorded_at,
    }
