"""Comparing totals with the entries, snapshot by snapshot: each is the one before it plus the entries since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from service.eventlog.head import Head
from service.projections.totals import COLUMNS, totals
from service.projections.totals_snapshots import (
    AT,
    NAME,
    OF,
    last_snapshot_seq,
    snapshot_at,
    snapshot_seqs,
    sums,
    totals_snapshots,
)
from service.storage.statements import read_pipelined_raw

Found = tuple[str, int | None, str]


def differing_totals(connection: sa.Connection, head: Head) -> Iterator[Found]:
    """Yield (table, seq, detail) for each total that is not the sum of its entries: snapshots by seq, then totals.

    Each snapshot is summed from the one before it, so all of them take no longer than one sum over all entries.
    """
    if (seq := _first_misplaced(connection, head)) is not None:
        yield totals_snapshots.name, seq, "no totals snapshot belongs at this seq"
    place = {"name": head.operation, "of": head.generation}
    seqs = snapshot_seqs(1, head.seq, head.snapshot_every)
    pages = [(_differing_snapshot, {**place, "before": seq - seqs.step, "at": seq}) for seq in seqs]
    last = {**place, "before": last_snapshot_seq(head, head.seq), "at": head.seq}
    *snapshots, now = read_pipelined_raw(connection, *pages, (_differing_now, last))
    for seq, differing in zip(seqs, snapshots, strict=True):
        for force, measure in differing:
            yield totals_snapshots.name, seq, _detail(force, measure)
    for force, measure in now:
        yield totals.name, None, _detail(force, measure)


def _first_misplaced(connection: sa.Connection, head: Head) -> int | None:
    """Return the lowest seq that has a totals snapshot and should have none; None if there is no such seq."""
    seqs = snapshot_seqs(1, head.seq, head.snapshot_every)
    seq = totals_snapshots.c.seq
    misplaced = sa.or_(seq < 1, seq > head.seq, seq % seqs.step != 0) if seqs else sa.true()
    mine = (totals_snapshots.c.operation_id == head.operation, totals_snapshots.c.generation == head.generation)
    found: int | None = connection.scalar(sa.select(sa.func.min(seq)).where(*mine, misplaced))
    return found


def _detail(force: str, measure: str) -> str:
    return f"{measure} of {force} is not the sum of its entries"


def _differing_snapshot(_dialect: str) -> sa.Select[Any]:
    return _differing(snapshot_at(AT, NAME, OF))


def _differing_now(_dialect: str) -> sa.Select[Any]:
    return _differing(sa.select(totals).where(totals.c.operation_id == NAME, totals.c.generation == OF))


def _differing(stored: sa.Select[Any]) -> sa.Select[Any]:
    """Select force and measure of each row that is only among the stored rows or only among the summed ones."""
    both = sa.union_all(stored, sums()).subquery()
    # Operation and generation are the same in all rows; grouping by them would only cost time.
    key = [both.c[name] for name in COLUMNS if name not in ("operation_id", "generation")]
    return sa.select(both.c.force, both.c.measure).group_by(*key).having(sa.func.count() == 1)
