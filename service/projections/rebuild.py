"""Building projections anew from the log while the service takes posts, and comparing them with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from service.db import Database
from service.domain.operation import Operation
from service.eventlog import read
from service.eventlog.codec import recorded_from_text
from service.eventlog.head import lock_head, read_head, require_head
from service.eventlog.table import heads
from service.projections.registry import TABLES, VERSION, apply
from service.projections.steps import Batch, steps_of
from service.writes import Writes

EVENTS_IN_ONE_TRANSACTION = 1_000
Progress = Callable[[int, int], None]


def no_progress(_done: int, _size: int) -> None:
    """Tell nobody how far the work is."""


def rebuild(database: Database, operation: str, progress: Progress = no_progress) -> int:
    """Build a new generation of the operation's projections, switch to it, delete the older ones; return its number.

    Posts go on meanwhile: the log is applied in transactions of 1,000 events, and only the last of them, which also
    switches, holds the head's lock.

    Raises:
        UnknownOperation: there is no such operation.
        TotalTooLarge: a total would leave the range that JSON keeps exactly.
    """
    with database.writing() as connection:
        generation = _begin_generation(connection, operation)
    done, state = 0, None
    while True:
        with database.writing() as connection:
            head = require_head(read_head(connection, operation), operation)
            if head.seq - done <= EVENTS_IN_ONE_TRANSACTION:
                break
            batch = next(_batches(connection, operation, generation, after=done, up_to=head.seq, before=state))
            apply(Writes(connection), batch)
        done, state = batch.last_seq, batch.steps[-1].operation
        progress(done, head.seq)
    _finish(database, operation, generation, done, state)
    _delete_older_generations(database, operation, generation)
    return generation


def _begin_generation(connection: sa.Connection, operation: str) -> int:
    require_head(lock_head(connection, operation), operation)
    statement = heads.update().where(heads.c.operation_id == operation)
    connection.execute(statement.values(last_generation=heads.c.last_generation + 1))
    number: int = connection.execute(
        sa.select(heads.c.last_generation).where(heads.c.operation_id == operation)
    ).scalar_one()
    return number


def _finish(database: Database, operation: str, generation: int, done: int, state: Operation | None) -> None:
    """Apply what is left under the head's lock and make the generation the live one, unless a newer one is."""
    with database.writing() as connection:
        head = require_head(lock_head(connection, operation), operation)
        for batch in _batches(connection, operation, generation, after=done, up_to=head.seq, before=state):
            apply(Writes(connection), batch)
        connection.execute(
            heads.update()
            .where(heads.c.operation_id == operation, heads.c.generation < generation)
            .values(generation=generation, projection_version=VERSION)
        )


def _delete_older_generations(database: Database, operation: str, generation: int) -> None:
    for table in TABLES:
        with database.writing() as connection:
            connection.execute(table.delete().where(table.c.operation_id == operation, table.c.generation < generation))


def _batches(
    connection: sa.Connection, operation: str, generation: int, *, after: int, up_to: int, before: Operation | None
) -> Iterator[Batch]:
    """Yield the log after a seq in runs of 1,000 events; `before` is the operation as it is at that seq."""
    while after < up_to:
        rows = read.page(connection, operation, after=after, up_to=up_to, limit=EVENTS_IN_ONE_TRANSACTION)
        recorded = [recorded_from_text(text) for _seq, _force, text in rows]
        corrected = {event.event.corrects for event in recorded if event.event.corrects is not None}
        steps = steps_of(recorded, before, read.seqs_by_id(connection, operation, corrected))
        yield Batch(operation, generation, steps)
        after, before = steps[-1].recorded.seq, steps[-1].operation
