"""Checking a whole stored log: the blocks, each already checked, put together, and the head."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.eventlog.check_block import EVENTS_IN_ONE_BLOCK, NOT_OF_THE_LOG, CheckedBlock, Fault, falls
from service.eventlog.head import BEFORE_EVERYTHING, Head
from service.eventlog.table import events
from service.eventlog.tree import Tree


class CountedRows(NamedTuple):
    """How many rows a log has, how many different ids, and how many second corrections of a version."""

    rows: int
    ids: int
    twice_corrected: int


def counted_rows(connection: sa.Connection, head: Head) -> CountedRows:
    """Count the rows of a log, whatever their seqs are."""
    mine = events.c.operation_id == head.operation
    # For `count(DISTINCT ...)` PostgreSQL would sort them, which takes longer than everything else here.
    ids = sa.select(events.c.id).where(mine).distinct().subquery()
    columns = (
        sa.func.count(),
        sa.select(sa.func.count()).select_from(ids).scalar_subquery(),
        sa.func.count(events.c.corrects) - sa.func.count(events.c.corrects.distinct()),
    )
    return CountedRows(*connection.execute(sa.select(*columns).where(mine)).one())


@dataclass(slots=True)
class CheckedLog:
    """A log as far as it has been checked: `size` events, the hashes of its blocks, the moment of its last event."""

    head: Head
    size: int = 0
    recorded_at: datetime = BEFORE_EVERYTHING
    blocks: Tree = field(default_factory=Tree)
    rest: list[bytes] = field(default_factory=list)

    def add(self, block: CheckedBlock) -> Fault | None:
        """Add the next block; return its first fault, or a fault in how it continues the log."""
        if block.first_recorded_at is not None and block.first_recorded_at < self.recorded_at:
            return Fault("events", block.before + 1, falls(block.first_recorded_at))
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

    def fault_at_end(self, connection: sa.Connection, counted: CountedRows) -> Fault | None:
        """Return what is wrong with the head or with rows outside of all blocks, once all blocks were added."""
        head, size = self.head, self.size
        mine = events.c.operation_id == head.operation
        behind = connection.scalar(sa.select(sa.func.min(events.c.seq)).where(mine, events.c.seq > size))
        if behind is not None and behind != size + 1:
            return Fault("events", size + 1, f"there is no such event; the next is {behind}")
        rows, ids, twice = counted
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
