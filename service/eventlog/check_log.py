"""Check of a whole stored log: joins the checked blocks and compares them with the head."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.eventlog.check_block import EVENTS_IN_ONE_BLOCK, WRONG_SUBTREE_HASHES, CheckedBlock, Fault, out_of_order
from service.eventlog.head import BEFORE_EVERYTHING, Head
from service.eventlog.table import events
from service.eventlog.tree import Tree


class CountedRows(NamedTuple):
    """Row counts of a log: all rows, distinct ids, and second corrections of a version."""

    rows: int
    ids: int
    twice_corrected: int


def counted_rows(connection: sa.Connection, head: Head) -> CountedRows:
    """Count the rows of a log, whatever their seqs."""
    mine = events.c.operation_id == head.operation
    # PostgreSQL would sort the ids for `count(DISTINCT ...)`, which takes longer than the rest of this query.
    ids = sa.select(events.c.id).where(mine).distinct().subquery()
    columns = (
        sa.func.count(),
        sa.select(sa.func.count()).select_from(ids).scalar_subquery(),
        sa.func.count(events.c.corrects) - sa.func.count(events.c.corrects.distinct()),
    )
    return CountedRows(*connection.execute(sa.select(*columns).where(mine)).one())


@dataclass(slots=True)
class CheckedLog:
    """The checked part of a log: `size` events, the hashes of its blocks, and the recorded_at of its last event."""

    head: Head
    size: int = 0
    recorded_at: datetime = BEFORE_EVERYTHING
    blocks: Tree = field(default_factory=Tree)
    rest: list[bytes] = field(default_factory=list)

    def add(self, block: CheckedBlock) -> Fault | None:
        """Add the next block; return its first fault, or the fault that it does not continue the log."""
        if block.first_recorded_at is not None and block.first_recorded_at < self.recorded_at:
            return Fault("events", block.before + 1, out_of_order(block.first_recorded_at))
        self.size += block.tree.size
        self.recorded_at = block.recorded_at
        if block.fault is not None:
            return block.fault
        if block.tree.size < EVENTS_IN_ONE_BLOCK:
            self.rest = block.tree.peaks
        elif b"".join(self.blocks.add(block.tree.root())) != block.above:
            self.size -= 1
            return Fault("events", self.size + 1, WRONG_SUBTREE_HASHES)
        return None

    def root(self) -> bytes:
        """Return the root of the log."""
        return Tree(self.size, [*self.blocks.peaks, *self.rest]).root()

    def fault_at_end(self, connection: sa.Connection, counted: CountedRows) -> Fault | None:
        """Return the first fault of the head or of rows outside every block, once all blocks are added."""
        head, size = self.head, self.size
        mine = events.c.operation_id == head.operation
        later = connection.scalar(sa.select(sa.func.min(events.c.seq)).where(mine, events.c.seq > size))
        if later is not None and later != size + 1:
            return Fault("events", size + 1, f"there is no such event; the next is {later}")
        rows, ids, twice = counted
        if head.seq != size or later is not None:
            detail = f"the head says {head.seq} events; the log holds {rows}"
            return Fault("heads", min(head.seq, size) + 1, detail)
        if size and head.recorded_at != self.recorded_at:
            detail = f"the head says recorded_at {head.recorded_at}; its last event says {self.recorded_at}"
            return Fault("heads", size, detail)
        if rows != size:
            return Fault("events", None, f"{rows - size} rows are outside the numbering")
        if ids != size or twice:
            return Fault("events", None, "two events share an id, or correct the same version")
        return None
