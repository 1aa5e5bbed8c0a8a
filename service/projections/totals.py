"""Totals: the entries summed by force, day, measure, category and qualifier.

The entries of an append are summed here, and the database adds those sums to the stored totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.errors import Invalid
from service.projections.entries import KEYS, EntryRow, entries
from service.projections.steps import Batch
from service.storage.db import CodeText, metadata
from service.storage.writes import Writes

# The largest integer that every JSON reader represents exactly.
MOST = 2**53 - 1
ADDED = """ON CONFLICT (operation_id, generation, force, day, measure, category, qualifier) DO UPDATE
SET quantity = totals.quantity + excluded.quantity, lines = totals.lines + excluded.lines,
    last_seq = excluded.last_seq"""


def sum_columns() -> list[sa.Column[Any]]:
    """Return new columns for sums of entries: the key, the sums, and the seq of the last entry."""
    return [
        *(sa.Column(key.name, CodeText, primary_key=True) for key in KEYS),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("lines", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False, comment="of the last entry that was added"),
    ]


totals = sa.Table(
    "totals",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    *sum_columns(),
    sa.CheckConstraint(f"quantity BETWEEN -{MOST} AND {MOST}", name="quantity"),
)
COLUMNS = [column.name for column in totals.columns]
Text = str | sa.BindParameter[str]
Number = int | sa.BindParameter[int]


class TotalRow(NamedTuple):
    """A row of `totals`."""

    operation_id: str
    generation: int
    force: str
    day: str
    measure: str
    category: str
    qualifier: str
    quantity: int
    lines: int
    last_seq: int


class TotalTooLarge(Invalid):
    """The event would make a total exceed 9,007,199,254,740,991, the largest integer that JSON readers keep exactly."""

    code = "total_too_large"


def add(writes: Writes, batch: Batch, made: Sequence[EntryRow]) -> None:
    """Queue the addition of the entries of these events to the totals; the entries themselves must be queued already.

    Raises:
        TotalTooLarge: a total would leave the range at any of these events, even if a later one brought it back,
            because a rebuild must be able to stop between any two events.
    """
    if len(batch.steps) > 1 and any(step.corrected_seq for step in batch.steps):
        writes.send()
        if _passes_beyond(writes.connection, batch):
            raise too_large()
    writes.insert(totals, _summed(batch, made), on_conflict=ADDED)


def too_large() -> TotalTooLarge:
    """Return the error for a total that would leave the range."""
    return TotalTooLarge(f"A total would exceed {MOST:,}.", pointer="/data")


def _summed(batch: Batch, made: Sequence[EntryRow]) -> list[TotalRow]:
    """Return the sums of these entries as rows of `totals`.

    Raises:
        TotalTooLarge: a sum alone is beyond the range. No stored total can bring it back: none is below 0, because no
            event has a negative count.
    """
    found: dict[tuple[str, str, str, str, str], tuple[int, int, int]] = {}
    for entry in made:
        key = entry.force, entry.day, entry.measure, entry.category, entry.qualifier
        quantity, lines, _last_seq = found.get(key, (0, 0, 0))
        found[key] = quantity + entry.quantity, lines + entry.lines, entry.seq
    if any(abs(quantity) > MOST for quantity, _lines, _last_seq in found.values()):
        raise too_large()
    return [TotalRow(batch.operation, batch.generation, *key, *sums) for key, sums in found.items()]


def _passes_beyond(connection: sa.Connection, batch: Batch) -> bool:
    """Return whether a total, starting from its current value, would leave the range at any line of these events."""
    running = sa.func.sum(entries.c.quantity).over(partition_by=KEYS, order_by=(entries.c.seq, entries.c.line))
    lines = (
        sa.select(*KEYS, running.label("running"))
        .where(entries.c.operation_id == batch.operation, entries.c.generation == batch.generation)
        .where(entries.c.seq.between(batch.first_seq, batch.last_seq))
        .subquery()
    )
    same = sa.and_(
        totals.c.operation_id == batch.operation,
        totals.c.generation == batch.generation,
        *(totals.c[key.name] == lines.c[key.name] for key in KEYS),
    )
    reached = lines.c.running + sa.func.coalesce(totals.c.quantity, 0)
    beyond = sa.select(sa.literal(1)).select_from(lines.outerjoin(totals, same)).where(reached > MOST).limit(1)
    return connection.scalar(beyond) is not None


def entry_rows(operation: Text, generation: Number) -> sa.Select[Any]:
    """Select an operation's entries as rows with the columns of `totals`, to be summed."""
    as_they_are = [entries.c[name] for name in COLUMNS[:-2]]
    lines = sa.cast(entries.c.lines, totals.c.lines.type)
    return sa.select(*as_they_are, lines.label("lines"), entries.c.seq.label("last_seq")).where(
        entries.c.operation_id == operation, entries.c.generation == generation
    )


def summed(rows: sa.Subquery, operation: Text, generation: Number) -> sa.Select[Any]:
    """Sum rows of one operation and generation, with the columns of `totals`, to totals."""
    # Grouping by the operation and generation too, the same in all rows, would take a third longer.
    keys = [rows.c[key.name] for key in KEYS]
    return sa.select(
        sa.cast(operation, sa.Text).label("operation_id"),
        sa.cast(generation, sa.BigInteger).label("generation"),
        *keys,
        sa.cast(sa.func.sum(rows.c.quantity), sa.BigInteger).label("quantity"),
        sa.cast(sa.func.sum(rows.c.lines), sa.BigInteger).label("lines"),
        sa.func.max(rows.c.last_seq).label("last_seq"),
    ).group_by(*keys)
