"""Carried totals: the totals at every 5,000th seq, as a ledger carries its sums to the top of the next page.

The totals as of a past seq are the last that were carried by then and the entries after them, however long the log is.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service.db import CodeText, metadata
from service.eventlog.head import Head
from service.projections.entries import entries
from service.projections.totals import COLUMNS, Number, Text, entry_rows, sum_columns, summed, totals
from service.writes import Writes

# Of a log that is begun, unless `oprecord projections rebuild` is told otherwise.
EVERY = 5_000
# The places in a statement for operation, generation, the seq of what was carried before, and that of what is summed.
NAME, OF = sa.bindparam("name", type_=sa.Text), sa.bindparam("of", type_=sa.BigInteger)
BEFORE, AT = sa.bindparam("before", type_=sa.BigInteger), sa.bindparam("at", type_=sa.BigInteger)

carried_totals = sa.Table(
    "carried_totals",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False, comment="at which they stand"),
    *sum_columns(),
)


def carried_seqs(first: int, last: int, every: int | None) -> range:
    """Return the seqs of a run, both ends included, at which totals are carried; of none if `every` is None."""
    return range(0) if every is None else range(first + -first % every, last + 1, every)


def last_carried(head: Head, seq: int) -> int:
    """Return the seq of the last totals that were carried by this one; 0 if none were."""
    return seq - seq % head.carried_every if head.carried_every else 0


def carry(writes: Writes, operation: str, generation: int, seqs: range) -> None:
    """Have the totals carried at these seqs, where the entries up to them are stored, and what was carried before.

    A total of which every line was reversed is carried too, as it stays among the totals: it says when that was.
    """
    for seq in seqs:
        writes.execute(_carrying, {"name": operation, "of": generation, "before": seq - seqs.step, "at": seq})


def begin_totals(writes: Writes, operation: str, generation: int, *, carried: int, seq: int) -> None:
    """Have the totals of a new generation made, as of a seq, of those carried at one and of the entries after it."""
    writes.execute(_beginning, {"name": operation, "of": generation, "before": carried, "at": seq})


def rows_at(head: Head, seq: int) -> sa.Subquery:
    """Select rows, with the columns of `totals`, that add up to the totals at a seq; for now, the totals themselves."""
    if seq < head.seq:
        return rows_since(last_carried(head, seq), head.operation, head.generation, seq)
    mine = (totals.c.operation_id == head.operation, totals.c.generation == head.generation)
    return sa.select(totals).where(*mine).subquery()


def rows_since(carried: Number, operation: Text, generation: Number, seq: Number) -> sa.Subquery:
    """Select the totals carried at one seq and the entries after it up to another, with the columns of `totals`."""
    since = entry_rows(operation, generation).where(entries.c.seq > carried, entries.c.seq <= seq)
    return sa.union_all(carried_at(carried, operation, generation), since).subquery()


def carried_at(seq: Number, operation: Text, generation: Number) -> sa.Select[Any]:
    """Select the totals carried at a seq, with the columns of `totals`."""
    return sa.select(*(carried_totals.c[name] for name in COLUMNS)).where(
        carried_totals.c.operation_id == operation,
        carried_totals.c.generation == generation,
        carried_totals.c.seq == seq,
    )


def sums() -> sa.Select[Any]:
    """Sum to totals what was carried at `BEFORE` and the entries after it, up to `AT`."""
    return summed(rows_since(BEFORE, NAME, OF, AT), NAME, OF)


def _carrying(_dialect: str) -> sa.Insert:
    return carried_totals.insert().from_select([*COLUMNS, "seq"], sums().add_columns(sa.cast(AT, sa.BigInteger)))


def _beginning(_dialect: str) -> sa.Insert:
    return totals.insert().from_select(COLUMNS, sums())
