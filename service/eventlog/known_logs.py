"""What this process knows of logs: what an operation was, and the edge of its tree, at a seq that it has seen.

A log only grows, so what was true at a seq stays true: nothing here ever has to be thrown away, only caught up with
the setup events that came after, from whichever process. Reads and writes share it. The log remains the truth; without
this, all setup events are read at every request.
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

MOST_LOGS = 1_000


@dataclass(frozen=True, slots=True)
class KnownLog:
    """An operation and the peaks of its tree as of a seq, and when that was recorded; the peaks once they were read.

    The moment tells this log from one that a backup has put in its place: there the seq was recorded at another.
    """

    seq: int
    recorded_at: datetime
    operation: Operation
    peaks: tuple[bytes, ...] | None = None

    def is_at(self, head: Head) -> bool:
        """Return whether nothing was recorded since."""
        return self.seq == head.seq and self.recorded_at == head.recorded_at


class KnownLogs:
    """The logs that this process has seen last."""

    def __init__(self) -> None:
        self._logs: OrderedDict[str, KnownLog] = OrderedDict()
        self._guard = Lock()

    def operation(self, connection: sa.Connection, head: Head) -> Operation:
        """Return what an operation is at its head, as this transaction sees it; read what is not known of it yet."""
        known = self._find(head)
        if known is not None and known.is_at(head):
            return known.operation
        operation = (
            _caught_up(connection, head, known) if known else fold(read.setup_events(connection, head.operation))
        )
        self.remember(head.operation, KnownLog(head.seq, head.recorded_at, operation))
        return operation

    def operation_at(self, connection: sa.Connection, head: Head, seq: int) -> Operation:
        """Return what an operation was at a seq of its log; of a past one, nothing is known without reading."""
        if seq == head.seq:
            return self.operation(connection, head)
        return fold(read.setup_events(connection, head.operation, up_to=seq))

    def tree(self, connection: sa.Connection, head: Head) -> Tree:
        """Return the tree at a head, ready to grow."""
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
        """Keep what is known of a log that has been committed, unless more is known."""
        with self._guard:
            known = self._logs.get(operation)
            if known is None or known.seq <= log.seq:
                self._logs[operation] = log
                self._logs.move_to_end(operation)
            if len(self._logs) > MOST_LOGS:
                self._logs.popitem(last=False)

    def _find(self, head: Head) -> KnownLog | None:
        """Return what is known of a log, if that is no more than this transaction sees."""
        known = self._logs.get(head.operation)
        return known if known is not None and known.seq <= head.seq else None


def _caught_up(connection: sa.Connection, head: Head, known: KnownLog) -> Operation:
    """Return what an operation has become since it was known. Where a backup was restored, it is read anew."""
    if read.recorded_at(connection, head.operation, known.seq) != known.recorded_at:
        return fold(read.setup_events(connection, head.operation))
    operation = known.operation
    for event in read.setup_events(connection, head.operation, after=known.seq, up_to=head.seq):
        operation = evolve(operation, event)
    return operation


def state_at(connection: sa.Connection, database: Database, head: Head | None) -> Operation | None:
    """Return the operation as it is at this head; None before operation.opened."""
    return known_logs(database).operation(connection, head) if head is not None and head.seq else None


def known_logs(database: Database) -> KnownLogs:
    """Return what this process knows of the logs of a database."""
    return database.singleton(KnownLogs)
