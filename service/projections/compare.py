"""Comparing stored projections with the log: every row is derived and every total summed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

import sqlalchemy as sa

from service.eventlog.head import Head
from service.projections.compare_totals import differing_totals
from service.projections.registry import BY_SEQ
from service.projections.steps import Batch
from service.storage.statements import Statement, apply_processors, bind_processors, read_pipelined_raw
from service.storage.writes import Row, Writes


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference between stored projections and the log: at an event, or (seq None) in the totals."""

    projection: str
    seq: int | None
    detail: str


def difference_in_run(connection: sa.Connection, run: Batch) -> Difference | None:
    """Derive the rows of a run of events, without a gap, again; return the first difference from the stored rows."""
    place = {"name": run.operation, "of": run.generation, "first": run.first_seq, "last": run.last_seq}
    queries = [(_rows_of(projection.table), place) for projection in BY_SEQ]
    nothing_written = Writes(connection)
    for projection, stored in zip(BY_SEQ, read_pipelined_raw(connection, *queries), strict=True):
        wanted = _as_stored(projection.table, connection.dialect.name, projection.rows(nothing_written, run))
        if stored != wanted:
            seq = _first_difference(projection.table, stored, wanted)
            return Difference(projection.name, seq, "the stored rows differ from those derived from the event")
    return None


def difference_beyond_runs(connection: sa.Connection, head: Head) -> Difference | None:
    """Return the first difference outside all runs: a row without an event, or a total that is not a sum of entries."""
    for projection in BY_SEQ:
        if (seq := _first_beyond(connection, projection.table, head)) is not None:
            return Difference(projection.name, seq, "a stored row belongs to no event in the log")
    return next((Difference(*found) for found in differing_totals(connection, head)), None)


def _first_difference(table: sa.Table, stored: list[Row], wanted: list[Row]) -> int:
    """Return the lowest seq whose stored rows differ from the derived ones."""
    seq = itemgetter(list(table.columns).index(table.c.seq))
    kept, expected = set(stored), set(wanted)
    first: int = min(seq(row) for row in (kept ^ expected) or wanted)
    return first


def _as_stored(table: sa.Table, dialect: str, made: Sequence[Row]) -> list[Row]:
    processors = bind_processors(table, dialect)
    return [apply_processors(row, processors) for row in made] if any(processors) else list(made)


@cache
def _rows_of(table: sa.Table) -> Statement:
    """Return the statement that reads the rows of a run of events."""
    statement = sa.select(table).where(
        table.c.operation_id == sa.bindparam("name"),
        table.c.generation == sa.bindparam("of"),
        table.c.seq.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    ordered = statement.order_by(*table.primary_key)
    return lambda _dialect: ordered


def _first_beyond(connection: sa.Connection, table: sa.Table, head: Head) -> int | None:
    """Return the lowest seq of a row outside the log; None if there is no such row."""
    outside = sa.or_(table.c.seq < 1, table.c.seq > head.seq)
    statement = sa.select(sa.func.min(table.c.seq)).where(
        table.c.operation_id == head.operation, table.c.generation == head.generation, outside
    )
    seq: int | None = connection.scalar(statement)
    return seq
