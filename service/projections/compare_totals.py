"""Comparing totals with the entries, snapshot by snapshot: each is the one before it plus the entries since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from service.eventlog.head import Head
from service.projections.carried_totals import (
    AT,
    NAME,
    OF,
    carried_at,
    carried_seqs,
    carried_totals,
    last_carried,
    sums,
)
from service.projections.totals import COLUMNS, totals
from service.storage.statements import read_together_as_stored

Found = tuple[str, int | None, str]


def differing_totals(connection: sa.Connection, head: Head) -> Iterator[Found]:
    """Yield (table, seq, detail) for each total that is not the sum of its entries: snapshots by seq, then totals.

    Each snapshot is summed from the one before it, so all of them take no longer than one sum over all entries.
    """
    if (seq := _first_misplaced(connection, head)) is not None:
        yield carried_totals.name, seq, "no totals snapshot belongs at this seq"
    place = {"name": head.operation, "of": head.generation}
    seqs = carried_seqs(1, head.seq, head.carried_every)
    pages = [(_differing_carried, {**place, "before": seq - seqs.step, "at": seq}) for seq in seqs]
    last = {**place, "before": last_carried(head, head.seq), "at": head.seq}
    *carried, now = read_together_as_stored(connection, *pages, (_differing_now, last))
    for seq, differing in zip(seqs, carried, strict=True):
        for force, measure in differing:
            yield carried_totals.name, seq, _detail(force, measure)
    for force, measure in now:
        yield totals.name, None, _detail(force, measure)


def _first_misplaced(connection: sa.Connection, head: Head) -> int | None:
    """Return the lowest seq that has a totals snapshot and should have none; None if there is no such seq."""
    seqs = carried_seqs(1, head.seq, head.carried_every)
    seq = carried_totals.c.seq
    misplaced = sa.or_(seq < 1, seq > head.seq, seq % seqs.step != 0) if seqs else sa.true()
    mine = (carried_totals.c.operation_id == head.operation, carried_totals.c.generation == head.generation)
    found: int | None = connection.scalar(sa.select(sa.func.min(seq)).where(*mine, misplaced))
    return found


def _detail(force: str, measure: str) -> str:
    return f"{measure} of {force} is not the sum of its entries"


def _differing_carried(_dialect: str) -> sa.Select[Any]:
    return _differing(carried_at(AT, NAME, OF))


def _differing_now(_dialect: str) -> sa.Select[Any]:
    return _differing(sa.select(totals).where(totals.c.operation_id == NAME, totals.c.generation == OF))


def _differing(stored: sa.Select[Any]) -> sa.Select[Any]:
    """Select force and measure of each row that is only among the stored rows or only among the summed ones."""
    both = sa.union_all(stored, sums()).subquery()
    # Operation and generation are the same in all rows; grouping by them would only cost time.
    key = [both.c[name] for name in COLUMNS if name not in ("operation_id", "generation")]
    return sa.select(both.c.force, both.c.measure).group_by(*key).having(sa.func.count() == 1)
