"""What this process knows of logs: how an operation stood, and the edge of its tree, at a seq that it has seen.

A log only grows, so what was true at a seq stays true: nothing here ever has to be thrown away, only caught up with
the setup events that came after, from whichever process. The log remains the truth; without this, all of it is read
at every request.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import sqlalchemy as sa

from service.db import Database
from service.domain.operation import Operation, evolve, fold
from service.eventlog import read
from service.eventlog.head import Head
from service.eventlog.tree import Tree

MOST_LOGS = 1_000


@dataclass(frozen=True, slots=True)
class KnownLog:
    """An operation and the peaks of its tree as of a seq, and when that was recorded."""

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

    def tree(self, connection: sa.Connection, head: Head) -> Tree:
        """Return the tree at a head, ready to grow."""
        known = self._find(head)
        if known is not None and known.is_at(head) and known.peaks is not None:
            return Tree(head.seq, list(known.peaks))
        return read.tree_at(connection, head.operation, head.seq)

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


def known_logs(database: Database) -> KnownLogs:
    """Return what this process knows of the logs of a database."""
    return database.singleton(KnownLogs)
