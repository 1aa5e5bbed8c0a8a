"""Parallel verification of a log's blocks, and of the rows that projections derive from their events."""

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
from service.runtime.processes import map_in_processes
from service.storage.db import Database

# One unit of work for a process: several blocks.
EVENTS_IN_ONE_PIECE = 4 * EVENTS_IN_ONE_BLOCK


@dataclass(frozen=True, slots=True)
class VerifiedBlock:
    """The result for one block of a log: the check of the block, if requested, and the first fault in its projections.

    `last` is the last seq that was read.
    """

    last: int
    log: CheckedBlock | None
    fault: Fault | None


# Verifies the blocks of a piece, from this seq on, until the first fault.
Check = Callable[[sa.Connection, Head, int], list[VerifiedBlock]]


def verified_blocks(database: Database, connection: sa.Connection, head: Head, check: Check) -> Iterator[VerifiedBlock]:
    """Yield the result for each block, in order. SQLite runs in this process: it cannot share a snapshot."""
    firsts = range(1, head.seq + 1, EVENTS_IN_ONE_PIECE)
    if database.is_sqlite:
        pieces: Iterable[list[VerifiedBlock]] = (check(connection, head, first) for first in firsts)
    else:
        snapshot: str = connection.execute(sa.select(sa.func.pg_export_snapshot())).scalar_one()
        pieces = map_in_processes(database, partial(_in_snapshot, check, snapshot, head), firsts)
    return chain.from_iterable(pieces)


def _in_snapshot(check: Check, snapshot: str, head: Head, database: Database, first: int) -> list[VerifiedBlock]:
    with database.reading() as connection:
        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return check(connection, head, first)


def check_piece(connection: sa.Connection, head: Head, first: int) -> list[VerifiedBlock]:
    """Check the blocks of a piece of the log from this seq on, and compare the projections of their events."""
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
    """Compare the projections of the events from this seq on, up to the first block with a fault."""
    blocks: list[VerifiedBlock] = []
    run = None
    for start in _starts_of_blocks(head, first):
        last = min(start + EVENTS_IN_ONE_BLOCK - 1, head.seq)
        try:
            recorded = read.events_between(connection, head.operation, start, last)
        except UNREADABLE as error:
            return [*blocks, VerifiedBlock(last, None, _not_countable(start, error))]
        run, fault = _compared(connection, head, recorded, run)
        blocks.append(VerifiedBlock(last, None, fault))
        if fault:
            break
    return blocks


def _starts_of_blocks(head: Head, first: int) -> range:
    return range(first, min(first + EVENTS_IN_ONE_PIECE, head.seq + 1), EVENTS_IN_ONE_BLOCK)


def outdated(head: Head) -> Fault | None:
    """Return the fault of projections built by another version of the code; None if this version built them."""
    if head.projection_version == registry.VERSION:
        return None
    detail = f"built by version {head.projection_version}, not {registry.VERSION}: run oprecord projections rebuild"
    return Fault("projections", None, detail)


def _compared(
    connection: sa.Connection, head: Head, recorded: Sequence[RecordedEvent], after: Batch | None
) -> tuple[Batch | None, Fault | None]:
    """Compare the rows derived from the events after a run with the stored rows; return the new run and first fault."""
    if not recorded:
        return after, None
    try:
        run = run_of(connection, head.operation, head.generation, recorded, after=after)
        return run, as_fault(difference_in_run(connection, run))
    except (*UNREADABLE, RecordError) as error:
        return None, _not_countable(recorded[0].seq, error)


def _not_countable(first: int, error: Exception) -> Fault:
    return Fault("projections", None, f"an event after seq {first - 1} cannot be counted: {error!r}")


def as_fault(difference: Difference | None) -> Fault | None:
    """Return a difference in the projections as a fault."""
    return None if difference is None else Fault(difference.projection, difference.seq, difference.detail)
