"""The blocks of a log, verified side by side: each by itself, and the rows that projections have of its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import sqlalchemy as sa

from service.domain.model.events import RecordedEvent
from service.errors import RecordError
from service.eventlog import read
from service.eventlog.check_block import EVENTS_IN_ONE_BLOCK, UNREADABLE, CheckedBlock, Fault, check_block
from service.eventlog.head import Head
from service.projections import registry
from service.projections.compare import Difference, difference_in_run
from service.projections.runs import run_of
from service.projections.steps import Batch
from service.runtime.processes import in_order
from service.storage.db import Database

# What one process does at a time: some blocks.
EVENTS_IN_ONE_PIECE = 4 * EVENTS_IN_ONE_BLOCK


@dataclass(frozen=True, slots=True)
class VerifiedBlock:
    """What was found in a block of a log: by checking it, if it was, and in the projections of its events.

    `last` is the seq up to which it was read.
    """

    last: int
    log: CheckedBlock | None
    fault: Fault | None


# Checks the blocks of a piece, from this seq on, as far as is needed to find the first fault.
Check = Callable[[sa.Connection, Head, int], list[VerifiedBlock]]


def verified_blocks(database: Database, connection: sa.Connection, head: Head, check: Check) -> Iterator[VerifiedBlock]:
    """Yield what is found in each block, in order. SQLite cannot share a snapshot with another process."""
    firsts = range(1, head.seq + 1, EVENTS_IN_ONE_PIECE)
    if database.is_sqlite:
        pieces: Iterable[list[VerifiedBlock]] = (check(connection, head, first) for first in firsts)
    else:
        snapshot: str = connection.execute(sa.select(sa.func.pg_export_snapshot())).scalar_one()
        pieces = in_order(database, partial(_in_snapshot, check, snapshot, head), firsts)
    return chain.from_iterable(pieces)


def _in_snapshot(check: Check, snapshot: str, head: Head, database: Database, first: int) -> list[VerifiedBlock]:
    with database.reading() as connection:
        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return check(connection, head, first)


def check_piece(connection: sa.Connection, head: Head, first: int) -> list[VerifiedBlock]:
    """Check the blocks of the log from this seq on, and compare what the projections have of them."""
    blocks: list[VerifiedBlock] = []
    run, fault = None, outdated(head)
    for start in _starts_of_blocks(head, first):
        log, recorded = check_block(connection, head, start)
        if not (log.fault or fault):
            run, fault = _compared(connection, head, recorded, run)
        blocks.append(VerifiedBlock(start + len(recorded) - 1, log, fault))
        if log.fault:
            break
    return blocks


def compare_piece(connection: sa.Connection, head: Head, first: int) -> list[VerifiedBlock]:
    """Compare what the projections have of the events from this seq on, up to the first block that is wrong."""
    blocks: list[VerifiedBlock] = []
    run = None
    for start in _starts_of_blocks(head, first):
        last = min(start + EVENTS_IN_ONE_BLOCK - 1, head.seq)
        try:
            recorded = read.events_between(connection, head.operation, start, last)
        except UNREADABLE as error:
            return [*blocks, VerifiedBlock(last, None, _uncountable(start, error))]
        run, fault = _compared(connection, head, recorded, run)
        blocks.append(VerifiedBlock(last, None, fault))
        if fault:
            break
    return blocks


def _starts_of_blocks(head: Head, first: int) -> range:
    return range(first, min(first + EVENTS_IN_ONE_PIECE, head.seq + 1), EVENTS_IN_ONE_BLOCK)


def outdated(head: Head) -> Fault | None:
    """Return the fault of projections that code of another version built; None if this one did."""
    if head.projection_version == registry.VERSION:
        return None
    detail = f"built as {head.projection_version}, not as {registry.VERSION}: run oprecord projections rebuild"
    return Fault("projections", None, detail)


def _compared(
    connection: sa.Connection, head: Head, recorded: Sequence[RecordedEvent], after: Batch | None
) -> tuple[Batch | None, Fault | None]:
    """Compare the rows of the events after a run with those stored; return them as a run, and the first fault."""
    if not recorded:
        return after, None
    try:
        run = run_of(connection, head.operation, head.generation, recorded, after=after)
        return run, as_fault(difference_in_run(connection, run))
    except (*UNREADABLE, RecordError) as error:
        return None, _uncountable(recorded[0].seq, error)


def _uncountable(first: int, error: Exception) -> Fault:
    return Fault("projections", None, f"an event after seq {first - 1} cannot be counted: {error!r}")


def as_fault(difference: Difference | None) -> Fault | None:
    """Return a difference in the projections as a fault."""
    return None if difference is None else Fault(difference.projection, difference.seq, difference.detail)
