"""Totals: the entries summed by force, day, measure, category and qualifier, kept up by the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from service.db import INSERTS, CodeText, metadata
from service.errors import Invalid
from service.projections.entries import KEYS, entries
from service.projections.steps import Batch
from service.writes import Row, Writes

# The largest integer that every JSON reader keeps exactly.
MOST = 2**53 - 1
ADDED = """ON CONFLICT (operation_id, generation, force, day, measure, category, qualifier) DO UPDATE
SET quantity = totals.quantity + excluded.quantity, lines = totals.lines + excluded.lines,
    last_seq = excluded.last_seq"""

totals = sa.Table(
    "totals",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("force", CodeText, primary_key=True),
    sa.Column("day", CodeText, primary_key=True),
    sa.Column("measure", CodeText, primary_key=True),
    sa.Column("category", CodeText, primary_key=True),
    sa.Column("qualifier", CodeText, primary_key=True),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False, comment="of the last entry that was added"),
    sa.CheckConstraint(f"quantity BETWEEN -{MOST} AND {MOST}", name="quantity"),
)


class TotalTooLarge(Invalid):
    """The event would take a total beyond 9,007,199,254,740,991, the most that every reader of JSON keeps exactly."""

    code = "total_too_large"


def add(writes: Writes, batch: Batch, made: Sequence[Row]) -> None:
    """Have the entries that were made of these events, and are stored before, added to the totals.

    Raises:
        TotalTooLarge: a total would leave the range on the way, even if the last of these events brought it back: a
            rebuild must be able to stop between any two events.
    """
    if len(batch.steps) > 1 and any(step.corrected_seq for step in batch.steps):
        writes.send()
        if _passes_beyond(writes.connection, batch):
            raise too_large()
    writes.insert(totals, _summed(batch, made), on_conflict=ADDED)


def add_run(writes: Writes, operation: str, generation: int, *, first: int, last: int) -> None:
    """Have all entries with these seqs, which are stored before, added to the totals. On the way, no range is kept."""
    writes.execute(_adding, {"name": operation, "of": generation, "first": first, "last": last})


def too_large() -> TotalTooLarge:
    """Return the error of a total that would leave the range."""
    return TotalTooLarge(f"A total would exceed {MOST:,}.", pointer="/data")


def _summed(batch: Batch, made: Sequence[Row]) -> list[Row]:
    """Return the sums of these entries as rows of `totals`.

    Raises:
        TotalTooLarge: a sum alone is beyond the range. No total that stands can bring it back.
    """
    found: dict[tuple[Any, ...], tuple[int, int, int]] = {}
    for _operation, _generation, seq, _line, _of_seq, *key, quantity, lines in made:
        before = found.get(tuple(key), (0, 0, 0))
        found[tuple(key)] = (before[0] + quantity, before[1] + lines, seq)
    if any(abs(quantity) > MOST for quantity, _lines, _seq in found.values()):
        raise too_large()
    return [(batch.operation, batch.generation, *key, *sums) for key, sums in found.items()]


def _adding(dialect: str) -> Any:
    """Return the statement that adds the entries of a run of events."""
    run = entries.c.seq.between(sa.bindparam("first"), sa.bindparam("last"))
    summed = sums(sa.bindparam("name"), sa.bindparam("of")).where(run)
    statement = INSERTS[dialect](totals).from_select([column.name for column in totals.c], summed)
    return statement.on_conflict_do_update(
        index_elements=list(totals.primary_key),
        set_={
            "quantity": totals.c.quantity + statement.excluded.quantity,
            "lines": totals.c.lines + statement.excluded.lines,
            "last_seq": statement.excluded.last_seq,
        },
    )


def _passes_beyond(connection: sa.Connection, batch: Batch) -> bool:
    """Return whether a total, as it is now, would leave the range at any line of these events."""
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


def sums(operation: str | sa.BindParameter[str], generation: int | sa.BindParameter[int]) -> sa.Select[Any]:
    """Return the statement that sums an operation's entries to rows of `totals`."""
    return (
        sa.select(
            entries.c.operation_id,
            entries.c.generation,
            *KEYS,
            sa.cast(sa.func.sum(entries.c.quantity), sa.BigInteger).label("quantity"),
            sa.cast(sa.func.sum(entries.c.lines), sa.BigInteger).label("lines"),
            sa.func.max(entries.c.seq).label("last_seq"),
        )
        .where(entries.c.operation_id == operation, entries.c.generation == generation)
        .group_by(entries.c.operation_id, entries.c.generation, *KEYS)
    )


def differing(connection: sa.Connection, operation: str, generation: int) -> list[sa.Row[Any]]:
    """Return the rows that stand in the totals or in the sums of the entries, and not in both."""
    kept = sa.select(*totals.c).where(totals.c.operation_id == operation, totals.c.generation == generation).cte("kept")
    summed = sums(operation, generation).cte("summed")
    one_way = sa.except_(sa.select(kept), sa.select(summed)).subquery()
    other_way = sa.except_(sa.select(summed), sa.select(kept)).subquery()
    return list(connection.execute(sa.union_all(sa.select(one_way), sa.select(other_way))).all())
