"""Checking a stored log against its own texts: numbering, canonical form, hashes, and the columns that repeat them.

A log is checked in blocks, each of which can be checked by itself: its events are the leaves of a perfect subtree.
`CheckedLog` puts the blocks together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.db import Instant
from service.domain.events import ActivityRecorded, OperationOpened, RecordedEvent
from service.driver import rows_as_stored
from service.eventlog.codec import recorded_from_text, text_of
from service.eventlog.head import BEFORE_EVERYTHING, Head
from service.eventlog.table import events
from service.eventlog.tree import Tree, leaf_hash

# A power of two. It bounds the memory, and is what one process does at a time.
EVENTS_IN_ONE_BLOCK = 4_096
# What reading a text or a column raises if it is not as this service wrote it.
UNREADABLE = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
REPEATED = ("operation_id", "seq", "id", "type", "force", "corrects", "occurred_at", "occurred_before", "recorded_at")
NOT_OF_THE_LOG = "its subtree hashes are not those that the log gives"
Stored = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: in which table, at which event (None where it is of no single one), and how."""

    table: str
    seq: int | None
    detail: str


@dataclass(slots=True)
class CheckedBlock:
    """A block as far as it has been checked, up to its first fault.

    `tree` is over the block alone. `above` are the stored hashes of the larger subtrees that the block completes.
    """

    head: Head
    before: int
    tree: Tree = field(default_factory=Tree)
    above: bytes = b""
    first_recorded_at: datetime | None = None
    recorded_at: datetime = BEFORE_EVERYTHING
    fault: Fault | None = None

    def take(self, row: Stored) -> RecordedEvent | None:
        """Check the next row and return its event; None if anything is wrong with it, which is then the fault."""
        text, leaf, subtrees, *columns = row
        seq, wanted = columns[1], self.before + self.tree.size + 1
        if seq != wanted:
            self.fault = Fault("events", wanted, f"there is no such event; the next is {seq}")
            return None
        recorded, detail = self._read(text)
        if recorded is not None:
            detail = self._against_event(recorded) or _against_columns(columns, recorded)
            detail = detail or self._against_hashes(text, leaf, subtrees)
        if detail is not None:
            self.fault = Fault("events", seq, detail)
            return None
        return recorded

    @staticmethod
    def _read(text: str) -> tuple[RecordedEvent | None, str | None]:
        """Return the event of a text, or what is wrong with the text."""
        try:
            recorded = recorded_from_text(text)
            return (recorded, None) if text_of(recorded) == text else (None, "its text is not canonical")
        except UNREADABLE as error:
            return None, f"its text cannot be read: {error!r}"

    def _against_event(self, recorded: RecordedEvent) -> str | None:
        opened = recorded.event.data if isinstance(recorded.event.data, OperationOpened) else None
        if (opened is None) != (self.before + self.tree.size > 0):
            return "operation.opened is the first event of every log, and no other"
        if opened is not None and opened.imported != self.head.imported:
            return f"the head says imported: {self.head.imported}, operation.opened says {opened.imported}"
        if recorded.recorded_at < self.recorded_at:
            return _falls(recorded.recorded_at)
        self.recorded_at = recorded.recorded_at
        self.first_recorded_at = self.first_recorded_at or recorded.recorded_at
        return None

    def _against_hashes(self, text: str, leaf: bytes, subtrees: bytes) -> str | None:
        computed = leaf_hash(text)
        if leaf != computed:
            return "its leaf hash is not that of its text"
        completed = b"".join(self.tree.add(computed))
        if subtrees == completed:
            return None
        if self.tree.size == EVENTS_IN_ONE_BLOCK and subtrees[: len(completed)] == completed:
            self.above = subtrees[len(completed) :]
            return None
        self.tree.size -= 1
        return NOT_OF_THE_LOG


def check_block(connection: sa.Connection, head: Head, first: int) -> tuple[CheckedBlock, list[RecordedEvent]]:
    """Check the block of a log that begins at a seq, up to its end or the head; return its events as well."""
    block, found = CheckedBlock(head, first - 1), []
    last = min(first + EVENTS_IN_ONE_BLOCK - 1, head.seq)
    for row in rows_as_stored(connection, _block, {"name": head.operation, "first": first, "last": last}):
        recorded = block.take(row)
        if recorded is None:
            break
        found.append(recorded)
    return block, found


@dataclass(slots=True)
class CheckedLog:
    """A log as far as it has been checked: `size` events, the hashes of its blocks, the moment of its last event."""

    head: Head
    size: int = 0
    recorded_at: datetime = BEFORE_EVERYTHING
    blocks: Tree = field(default_factory=Tree)
    rest: list[bytes] = field(default_factory=list)

    def add(self, block: CheckedBlock) -> Fault | None:
        """Add the next block; return the first fault in it, or of it in its place."""
        if block.first_recorded_at is not None and block.first_recorded_at < self.recorded_at:
            return Fault("events", block.before + 1, _falls(block.first_recorded_at))
        self.size += block.tree.size
        self.recorded_at = block.recorded_at
        if block.fault is not None:
            return block.fault
        if block.tree.size < EVENTS_IN_ONE_BLOCK:
            self.rest = block.tree.peaks
        elif b"".join(self.blocks.add(block.tree.root())) != block.above:
            self.size -= 1
            return Fault("events", self.size + 1, NOT_OF_THE_LOG)
        return None

    def root(self) -> bytes:
        """Return the root of the log."""
        return Tree(self.size, [*self.blocks.peaks, *self.rest]).root()

    def fault_at_end(self, connection: sa.Connection) -> Fault | None:
        """Return what is wrong with the head, or with a row that no block has, after all blocks were added."""
        head, size = self.head, self.size
        mine = events.c.operation_id == head.operation
        behind = connection.scalar(sa.select(sa.func.min(events.c.seq)).where(mine, events.c.seq > size))
        if behind is not None and behind != size + 1:
            return Fault("events", size + 1, f"there is no such event; the next is {behind}")
        columns = (
            sa.func.count(),
            sa.func.count(events.c.id.distinct()),
            sa.func.count(events.c.corrects) - sa.func.count(events.c.corrects.distinct()),
        )
        rows, ids, twice = connection.execute(sa.select(*columns).where(mine)).one()
        if head.seq != size or behind is not None:
            detail = f"the head says {head.seq} events; the log holds {rows}"
            return Fault("heads", min(head.seq, size) + 1, detail)
        if size and head.recorded_at != self.recorded_at:
            return Fault("heads", size, f"the head says {head.recorded_at}, its last event {self.recorded_at}")
        if rows != size:
            return Fault("events", None, f"{rows - size} rows stand outside of the numbering")
        if ids != size or twice:
            return Fault("events", None, "two events have one id, or correct one version")
        return None


def _falls(moment: datetime) -> str:
    return f"its recorded_at {moment} is before that of the event ahead of it"


def _block(dialect: str) -> sa.Select[Any]:
    """Return the statement that reads a block: ids as 32 digits and moments as text, which costs least."""
    columns = [_plain(events.c[name], dialect) for name in REPEATED]
    statement = sa.select(events.c.text, events.c.leaf_hash, events.c.subtree_hashes, *columns)
    within = events.c.seq.between(sa.bindparam("first"), sa.bindparam("last"))
    return statement.where(events.c.operation_id == sa.bindparam("name"), within).order_by(events.c.seq)


def _plain(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    if not isinstance(column.type, (sa.Uuid, Instant)):
        return column
    if dialect == "sqlite":
        return sa.type_coerce(column, sa.Text)
    text = sa.cast(column, sa.Text)
    return sa.func.replace(text, "-", "") if isinstance(column.type, sa.Uuid) else text


def _against_columns(columns: Sequence[Any], recorded: RecordedEvent) -> str | None:
    try:
        *names, occurred_at, occurred_before, recorded_at = columns
        found = (*names, *map(_moment, (occurred_at, occurred_before, recorded_at)))
    except UNREADABLE as error:
        return f"its row cannot be read: {error!r}"
    said = _repeated(recorded)
    if found == said:
        return None
    name, stored, stated = next(three for three in zip(REPEATED, found, said, strict=True) if three[1] != three[2])
    return f"its column {name} is {stored}, and its text says {stated}"


def _repeated(recorded: RecordedEvent) -> tuple[Any, ...]:
    event = recorded.event
    return (
        recorded.operation,
        recorded.seq,
        event.id.hex,
        event.type,
        event.force,
        None if event.corrects is None else event.corrects.hex,
        event.occurred_at,
        event.data.occurred_before if isinstance(event.data, ActivityRecorded) else None,
        recorded.recorded_at,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
