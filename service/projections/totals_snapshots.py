"""Totals snapshots: the totals at every 5,000th seq, like the sums that a ledger carries to the top of the next page.

The totals as of a past seq are the latest snapshot by then plus the entries after it, however long the log is.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service.eventlog.head import Head
from service.projections.entries import entries
from service.projections.totals import COLUMNS, Number, Text, entry_rows, sum_columns, summed, totals
from service.storage.db import CodeText, metadata
from service.storage.writes import Writes

# The interval for a new log; `oprecord projections rebuild` can change it.
EVERY = 5_000
# Parameters of a statement: operation, generation, the seq of the previous snapshot, and the seq to sum up to.
NAME, OF = sa.bindparam("name", type_=sa.Text), sa.bindparam("of", type_=sa.BigInteger)
BEFORE, AT = sa.bindparam("before", type_=sa.BigInteger), sa.bindparam("at", type_=sa.BigInteger)

totals_snapshots = sa.Table(
    "totals_snapshots",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False, comment="at which they stand"),
    *sum_columns(),
)


def snapshot_seqs(first: int, last: int, every: int | None) -> range:
    """Return the seqs of a run, both ends included, that get a totals snapshot; none if `every` is None."""
    return range(0) if every is None else range(first + -first % every, last + 1, every)


def last_snapshot_seq(head: Head, seq: int) -> int:
    """Return the seq of the latest totals snapshot at or before this one; 0 if there is none."""
    return seq - seq % head.snapshot_every if head.snapshot_every else 0


def take(writes: Writes, operation: str, generation: int, seqs: range) -> None:
    """Queue totals snapshots at these seqs; the entries up to them and the snapshot before them must be stored by then.

    A fully reversed total is part of a snapshot, as it is of the totals: its `last_seq` records when that happened.
    """
    for seq in seqs:
        writes.execute(_taking, {"name": operation, "of": generation, "before": seq - seqs.step, "at": seq})


def begin_totals(writes: Writes, operation: str, generation: int, *, snapshot: int, seq: int) -> None:
    """Queue the totals of a new generation as of `seq`: the one at `snapshot` plus the entries after it."""
    writes.execute(_beginning, {"name": operation, "of": generation, "before": snapshot, "at": seq})


def rows_at(log: int, *, is_past: bool) -> sa.Subquery:
    """Select rows, with the columns of `totals`, that add up to the totals at a seq; at the head, `totals` itself.

    The statement is the same for every operation: `values_at` returns the values of its parameters. It names the log by
    a number, if there are several.
    """
    operation, generation, snapshot, seq = parameters_at(log)
    if is_past:
        return rows_since(snapshot, operation, generation, seq)
    mine = (totals.c.operation_id == operation, totals.c.generation == generation)
    return sa.select(totals).where(*mine).subquery()


def parameters_at(
    log: int,
) -> tuple[sa.BindParameter[str], sa.BindParameter[int], sa.BindParameter[int], sa.BindParameter[int]]:
    """Return the parameters of `rows_at`: operation, generation, the seq of the snapshot, and the seq to sum up to."""
    generation, snapshot, seq = (
        sa.bindparam(f"{name}_{log}", type_=sa.BigInteger) for name in ("generation", "snapshot", "seq")
    )
    return sa.bindparam(f"operation_{log}", type_=sa.Text), generation, snapshot, seq


def values_at(log: int, head: Head, seq: int) -> dict[str, str | int]:
    """Return the values of the parameters of `rows_at`, for the totals of an operation at a seq."""
    return {
        f"operation_{log}": head.operation,
        f"generation_{log}": head.generation,
        f"snapshot_{log}": last_snapshot_seq(head, seq),
        f"seq_{log}": seq,
    }


def rows_since(snapshot: Number, operation: Text, generation: Number, seq: Number) -> sa.Subquery:
    """Select the snapshot at one seq and the entries after it up to another, with the columns of `totals`."""
    since = entry_rows(operation, generation).where(entries.c.seq > snapshot, entries.c.seq <= seq)
    return sa.union_all(snapshot_at(snapshot, operation, generation), since).subquery()


def snapshot_at(seq: Number, operation: Text, generation: Number) -> sa.Select[Any]:
    """Select the totals snapshot at a seq, with the columns of `totals`."""
    return sa.select(*(totals_snapshots.c[name] for name in COLUMNS)).where(
        totals_snapshots.c.operation_id == operation,
        totals_snapshots.c.generation == generation,
        totals_snapshots.c.seq == seq,
    )


def sums() -> sa.Select[Any]:
    """Sum the snapshot at `BEFORE` and the entries after it, up to `AT`, to totals."""
    return summed(rows_since(BEFORE, NAME, OF, AT), NAME, OF)


def _taking(_dialect: str) -> sa.Insert:
    return totals_snapshots.insert().from_select([*COLUMNS, "seq"], sums().add_columns(sa.cast(AT, sa.BigInteger)))


def _beginning(_dialect: str) -> sa.Insert:
    return totals.insert().from_select(COLUMNS, sums())
