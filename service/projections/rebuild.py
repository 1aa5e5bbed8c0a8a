"""Building projections anew from the log while the service takes posts, and comparing them with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from service.db import Database
from service.domain.operation import Operation
from service.eventlog import read
from service.eventlog.codec import recorded_from_text
from service.eventlog.head import Head, lock_head, read_head, require_head
from service.eventlog.table import heads
from service.projections import totals
from service.projections.registry import BY_SEQ, TABLES, VERSION, apply
from service.projections.steps import Batch, Row, steps_of
from service.writes import Writes

EVENTS_IN_ONE_TRANSACTION = 1_000
Progress = Callable[[int, int], None]


def no_progress(_done: int, _size: int) -> None:
    """Tell nobody how far the work is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where stored projections differ from the log: at an event, or (seq None) in the totals."""

    projection: str
    seq: int | None
    detail: str


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


def compare(connection: sa.Connection, head: Head, progress: Progress = no_progress) -> Difference | None:
    """Recompute every projection of the operation from its log; return the first difference, None if all agree."""
    for batch in _batches(connection, head.operation, head.generation, after=0, up_to=head.seq, before=None):
        for projection in BY_SEQ:
            made = projection.rows(connection, batch)
            if (seq := _first_difference(made, _stored(connection, projection.table, batch))) is not None:
                return Difference(projection.name, seq, "the stored rows are not those that the event gives")
        progress(batch.last_seq, head.seq)
    for projection in BY_SEQ:
        if (seq := _first_beyond(connection, projection.table, head)) is not None:
            return Difference(projection.name, seq, "a stored row belongs to no event of the log")
    for row in totals.differing(connection, head.operation, head.generation):
        return Difference("totals", None, f"{row.measure} of {row.force} is not the sum of its entries")
    return None


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


def _stored(connection: sa.Connection, table: sa.Table, batch: Batch) -> list[Row]:
    statement = sa.select(table).where(
        table.c.operation_id == batch.operation,
        table.c.generation == batch.generation,
        table.c.seq.between(batch.first_seq, batch.last_seq),
    )
    return [dict(row) for row in connection.execute(statement.order_by(*table.primary_key)).mappings()]


def _first_difference(made: list[Row], stored: list[Row]) -> int | None:
    """Return the lowest seq whose rows are not the same in both; None if all are."""
    if made == stored:
        return None
    wrong = [row for row in made if row not in stored] + [row for row in stored if row not in made]
    first: int = min(row["seq"] for row in wrong)
    return first


def _first_beyond(connection: sa.Connection, table: sa.Table, head: Head) -> int | None:
    """Return the lowest seq of a row outside of the log; None if there is none."""
    outside = sa.or_(table.c.seq < 1, table.c.seq > head.seq)
    statement = sa.select(sa.func.min(table.c.seq)).where(
        table.c.operation_id == head.operation, table.c.generation == head.generation, outside
    )
    seq: int | None = connection.scalar(statement)
    return seq
