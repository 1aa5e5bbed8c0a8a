"""Per-process cache of logs: the state of each operation, and the peaks of its tree, at a seq.

A log only grows, so a cached entry never becomes invalid: it is updated with the setup events recorded since, by any
process. Reads and writes share the cache. The log remains the source of truth; without the cache, every request would
read all setup events.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

import sqlalchemy as sa

from service.domain.model.operation import Operation, evolve, fold
from service.eventlog import read
from service.eventlog.head import Head
from service.eventlog.tree import Tree
from service.storage.db import Database

MAX_LOGS = 1_000


@dataclass(frozen=True, slots=True)
class KnownLog:
    """An operation as of a seq, when that seq was recorded, and the peaks of its tree; None until they are first read.

    `recorded_at` detects a log that was replaced from a backup: there the same seq was recorded at another moment.
    """

    seq: int
    recorded_at: datetime
    operation: Operation
    peaks: tuple[bytes, ...] | None = None

    def is_at(self, head: Head) -> bool:
        """Return whether nothing has been recorded since."""
        return self.seq == head.seq and self.recorded_at == head.recorded_at


class KnownLogs:
    """The logs that this process has cached most recently, 1,000 at most."""

    def __init__(self) -> None:
        self._logs: OrderedDict[str, KnownLog] = OrderedDict()
        self._guard = Lock()

    def operation(self, connection: sa.Connection, head: Head) -> Operation:
        """Return the operation at its head, as this transaction sees it; read only the setup events not yet cached."""
        known = self._find(head)
        if known is not None and known.is_at(head):
            return known.operation
        operation = (
            _caught_up(connection, head, known) if known else fold(read.setup_events(connection, head.operation))
        )
        self.remember(head.operation, KnownLog(head.seq, head.recorded_at, operation))
        return operation

    def operation_at(self, connection: sa.Connection, head: Head, seq: int) -> Operation:
        """Return the operation at a seq of its log. A past seq is not cached: its setup events are read."""
        if seq == head.seq:
            return self.operation(connection, head)
        return fold(read.setup_events(connection, head.operation, up_to=seq))

    def tree(self, connection: sa.Connection, head: Head) -> Tree:
        """Return the tree at a head, ready for appending."""
        known = self._find(head)
        if known is None or not known.is_at(head):
            return read.tree_at(connection, head.operation, head.seq)
        if known.peaks is None:
            known = replace(known, peaks=tuple(read.tree_at(connection, head.operation, head.seq).peaks))
            self.remember(head.operation, known)
        assert known.peaks is not None
        return Tree(head.seq, list(known.peaks))

    def root_at(self, connection: sa.Connection, head: Head, seq: int) -> str:
        """Return the root of the tree of this size, in hex."""
        tree = self.tree(connection, head) if seq == head.seq else read.tree_at(connection, head.operation, seq)
        return tree.root().hex()

    def remember(self, operation: str, log: KnownLog) -> None:
        """Cache the state of a committed log, unless a later one is cached."""
        with self._guard:
            known = self._logs.get(operation)
            if known is None or known.seq <= log.seq:
                self._logs[operation] = log
                self._logs.move_to_end(operation)
            if len(self._logs) > MAX_LOGS:
                self._logs.popitem(last=False)

    def forget_lost(self, head: Head) -> None:
        """Forget a cached log that is longer than this locked head: the database has lost its newest events."""
        with self._guard:
            known = self._logs.get(head.operation)
            if known is not None and known.seq > head.seq:
                del self._logs[head.operation]

    def _find(self, head: Head) -> KnownLog | None:
        """Return the cached log if this transaction sees at least as many events."""
        known = self._logs.get(head.operation)
        return known if known is not None and known.seq <= head.seq else None


def _caught_up(connection: sa.Connection, head: Head, known: KnownLog) -> Operation:
    """Return the operation at the head, from the cached one; read it from the start if a backup was restored."""
    if read.recorded_at(connection, head.operation, known.seq) != known.recorded_at:
        return fold(read.setup_events(connection, head.operation))
    operation = known.operation
    for event in read.setup_events(connection, head.operation, after=known.seq, up_to=head.seq):
        operation = evolve(operation, event)
    return operation


def state_at(connection: sa.Connection, database: Database, head: Head | None) -> Operation | None:
    """Return the operation at this head; None before operation.opened."""
    return known_logs(database).operation(connection, head) if head is not None and head.seq else None


def known_logs(database: Database) -> KnownLogs:
    """Return the per-process singleton of the log cache for a database."""
    return database.singleton(KnownLogs)
