"""Checking a stored log against its own texts: numbering, canonical form, hashes, and the columns that repeat them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from service.domain.events import OperationOpened, RecordedEvent
from service.eventlog.append import indexed_columns
from service.eventlog.codec import recorded_from_text, text_of
from service.eventlog.head import BEFORE_EVERYTHING, Head
from service.eventlog.table import events
from service.eventlog.tree import Tree, leaf_hash

ROWS_IN_ONE_PAGE = 1_000
# What reading a text or a column raises if it is not as this service wrote it.
UNREADABLE = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: in which table, at which event (None where it is of no single one), and how."""

    table: str
    seq: int | None
    detail: str


@dataclass(slots=True)
class CheckedLog:
    """A log as far as it has been checked. `tree` grows with it, so its size is the last seq that is right."""

    head: Head
    tree: Tree = field(default_factory=Tree)
    recorded_at: datetime = BEFORE_EVERYTHING

    def reason_against(self, row: sa.RowMapping) -> str | None:
        """Return what is wrong with the next row; None if nothing is, and then it counts as checked."""
        if row["seq"] != self.tree.size + 1:
            return f"there is no such event; the next is {row['seq']}"
        try:
            recorded = recorded_from_text(row["text"])
            if text_of(recorded) != row["text"]:
                return "its text is not canonical"
        except UNREADABLE as error:
            return f"its text cannot be read: {error!r}"
        return self._against_event(recorded) or _against_columns(row, recorded) or self._against_hashes(row)

    def _against_event(self, recorded: RecordedEvent) -> str | None:
        opened = recorded.event.data if isinstance(recorded.event.data, OperationOpened) else None
        if (opened is None) != (self.tree.size > 0):
            return "operation.opened is the first event of every log, and no other"
        if opened is not None and opened.imported != self.head.imported:
            return f"the head says imported: {self.head.imported}, operation.opened says {opened.imported}"
        if recorded.recorded_at < self.recorded_at:
            return f"its recorded_at {recorded.recorded_at} is before that of the event ahead of it"
        self.recorded_at = recorded.recorded_at
        return None

    def _against_hashes(self, row: sa.RowMapping) -> str | None:
        leaf = leaf_hash(row["text"])
        if row["leaf_hash"] != leaf:
            return "its leaf hash is not that of its text"
        # A wrong row ends the check, so it does no harm that the tree holds it by then.
        if row["subtree_hashes"] != b"".join(self.tree.add(leaf)):
            return "its subtree hashes are not those that the log gives"
        return None


def check_log(connection: sa.Connection, log: CheckedLog, progress: Callable[[int], None]) -> Fault | None:
    """Check a whole log, page by page, and its head; return the first fault, None if all is right."""
    limit = ROWS_IN_ONE_PAGE
    while True:
        first = log.tree.size + 1
        try:
            rows = _page(connection, log, limit)
        except UNREADABLE as error:
            # A column of this page cannot be read: from here on row by row, to say whose it is.
            if limit == 1:
                return Fault("events", first, f"its row cannot be read: {error!r}")
            limit = 1
            continue
        for seq, row in enumerate(rows, start=first):
            if reason := log.reason_against(row):
                return Fault("events", seq, reason)
        progress(log.tree.size)
        if len(rows) < limit:
            return _fault_at_end(connection, log)


def _page(connection: sa.Connection, log: CheckedLog, limit: int) -> Sequence[sa.RowMapping]:
    statement = sa.select(events).where(events.c.operation_id == log.head.operation, events.c.seq > log.tree.size)
    return connection.execute(statement.order_by(events.c.seq).limit(limit)).mappings().all()


def _against_columns(row: sa.RowMapping, recorded: RecordedEvent) -> str | None:
    said = indexed_columns(recorded)
    wrong = next((name for name, value in said.items() if row[name] != value), None)
    return wrong and f"its column {wrong} is {row[wrong]}, and its text says {said[wrong]}"


def _fault_at_end(connection: sa.Connection, log: CheckedLog) -> Fault | None:
    head, size = log.head, log.tree.size
    if head.seq != size:
        return Fault("heads", min(head.seq, size) + 1, f"the head says {head.seq} events; the log holds {size}")
    if size and head.recorded_at != log.recorded_at:
        return Fault("heads", size, f"the head says {head.recorded_at}, its last event {log.recorded_at}")
    columns = (
        sa.func.count(),
        sa.func.count(events.c.id.distinct()),
        sa.func.count(events.c.corrects) - sa.func.count(events.c.corrects.distinct()),
    )
    rows, ids, twice = connection.execute(sa.select(*columns).where(events.c.operation_id == head.operation)).one()
    if rows != size:
        return Fault("events", None, f"{rows - size} rows stand outside of the numbering")
    if ids != size or twice:
        return Fault("events", None, "two events have one id, or correct one version")
    return None
