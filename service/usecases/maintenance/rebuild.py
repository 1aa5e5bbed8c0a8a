"""Rebuild of an operation's projections from its log, while the service accepts posts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from service.domain.model.events import DuplicateReopened, DuplicateRuledOut, EventPair
from service.eventlog import read
from service.eventlog.head import lock_head, read_head, require_head
from service.eventlog.table import heads
from service.projections import totals_snapshots
from service.projections.registry import TABLES, VERSION, apply, fill, send
from service.projections.runs import read_run, steps_with
from service.projections.steps import Batch, Step
from service.runtime.processes import map_in_processes
from service.storage.db import Database
from service.storage.writes import Writes

EVENTS_IN_ONE_BLOCK, EVENTS_IN_ONE_TRANSACTION = 4_096, 1_000
PAIR_TYPES = (DuplicateRuledOut.wire_type, DuplicateReopened.wire_type)
# The interval of totals snapshots in a new log, in seqs, until a rebuild sets another.
DEFAULT_SNAPSHOT_EVERY = totals_snapshots.EVERY
Progress = Callable[[int, int], None]


def no_progress(_done: int, _size: int) -> None:
    """Report no progress."""


def rebuild(
    database: Database, operation: str, progress: Progress = no_progress, *, snapshot_every: int | None = None
) -> int:
    """Build a new generation of an operation's projections, make it live, delete older ones; return its number.

    Posts continue during a rebuild: most of the log is applied in blocks, by one process per core, and later events in
    transactions of 1,000. Only the last transaction, which also makes the generation live, holds the head lock.

    `snapshot_every`: the interval of totals snapshots from now on, in seqs; None keeps the current one or the default.

    Raises:
        UnknownOperation: there is no such operation.
        TotalTooLarge: a total would exceed the range of exact JSON numbers.
    """
    with database.writing() as connection:
        generation = _begin_generation(connection, operation)
        head = require_head(read_head(connection, operation), operation)
    every = snapshot_every or head.snapshot_every or DEFAULT_SNAPSHOT_EVERY
    done = _apply_blocks(database, operation, generation, head.seq, progress)
    _sum_blocks(database, operation, generation, every, done)
    while True:
        with database.writing() as connection:
            head = require_head(read_head(connection, operation), operation)
            if head.seq - done <= EVENTS_IN_ONE_TRANSACTION:
                break
            batch = read_run(connection, operation, generation, done + 1, done + EVENTS_IN_ONE_TRANSACTION)
            apply(Writes(connection), batch, snapshot_every=every)
        done = batch.last_seq
        progress(done, head.seq)
    _finish(database, operation, generation, every, done)
    _delete_older_generations(database, operation, generation)
    return generation


def _apply_blocks(database: Database, operation: str, generation: int, size: int, progress: Progress) -> int:
    """Apply all whole blocks of the log; return their last seq.

    Independent events come first, in any order; then, in the order of the log, the events whose rows are
    derived from rows of earlier events. Nothing is summed yet.
    """
    done = size - size % EVENTS_IN_ONE_BLOCK
    firsts = range(1, done, EVENTS_IN_ONE_BLOCK) if done else range(0)
    for last in map_in_processes(database, partial(_apply_block, operation, generation), firsts):
        progress(last, size)
    _apply_dependent(database, operation, generation, done)
    return done


def _sum_blocks(database: Database, operation: str, generation: int, every: int, done: int) -> None:
    """Sum the entries of all blocks, from one totals snapshot to the next; the totals start from the last one."""
    seqs = totals_snapshots.snapshot_seqs(1, done, every)
    with database.writing() as connection:
        writes = Writes(connection)
        totals_snapshots.take(writes, operation, generation, seqs)
        totals_snapshots.begin_totals(writes, operation, generation, snapshot=seqs[-1] if seqs else 0, seq=done)
        send(writes)


def _apply_block(operation: str, generation: int, database: Database, first: int) -> int:
    last = first + EVENTS_IN_ONE_BLOCK - 1
    with database.writing(durable=False) as connection:
        batch = read_run(connection, operation, generation, first, last)
        independent = [step for step in batch.steps if not _depends(step)]
        _fill(connection, replace(batch, steps=independent))
    return last


def _apply_dependent(database: Database, operation: str, generation: int, up_to: int) -> None:
    limit, after, state = EVENTS_IN_ONE_TRANSACTION, 0, None
    while True:
        with database.writing() as connection:
            recorded = read.page_of_setup_and(connection, operation, PAIR_TYPES, after=after, up_to=up_to, limit=limit)
            if not recorded:
                return
            steps = steps_with(connection, operation, recorded, state)
            _fill(connection, Batch(operation, generation, [step for step in steps if _depends(step)]))
        after, state = steps[-1].recorded.seq, steps[-1].operation


def _depends(step: Step) -> bool:
    """Return whether the rows of an event are derived from rows of earlier events."""
    return step.corrected_seq is not None or isinstance(step.recorded.event.data, EventPair)


def _fill(connection: sa.Connection, batch: Batch) -> None:
    writes = Writes(connection)
    fill(writes, batch)
    writes.send()


def _begin_generation(connection: sa.Connection, operation: str) -> int:
    require_head(lock_head(connection, operation), operation)
    statement = heads.update().where(heads.c.operation_id == operation)
    connection.execute(statement.values(last_generation=heads.c.last_generation + 1))
    number: int = connection.execute(
        sa.select(heads.c.last_generation).where(heads.c.operation_id == operation)
    ).scalar_one()
    return number


def _finish(database: Database, operation: str, generation: int, every: int, done: int) -> None:
    """Apply the remaining events under the head lock; make the generation live unless a newer one is."""
    with database.writing() as connection:
        head = require_head(lock_head(connection, operation), operation)
        while done < head.seq:
            last = min(done + EVENTS_IN_ONE_TRANSACTION, head.seq)
            batch = read_run(connection, operation, generation, done + 1, last)
            apply(Writes(connection), batch, snapshot_every=every)
            done = last
        connection.execute(
            heads.update()
            .where(heads.c.operation_id == operation, heads.c.generation < generation)
            .values(generation=generation, projection_version=VERSION, snapshot_every=every)
        )


def _delete_older_generations(database: Database, operation: str, generation: int) -> None:
    for table in TABLES:
        with database.writing(durable=False) as connection:
            connection.execute(table.delete().where(table.c.operation_id == operation, table.c.generation < generation))
