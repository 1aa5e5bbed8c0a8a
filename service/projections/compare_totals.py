"""Comparing totals with the entries, page by page: each is what was carried before it and the entries since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from service.eventlog.head import Head
from service.projections.carried_totals import carried_at, carried_seqs, carried_totals, last_carried, rows_since
from service.projections.totals import summed, totals

Found = tuple[str, int | None, str]


def differing_totals(connection: sa.Connection, head: Head) -> Iterator[Found]:
    """Yield (table, seq, what is wrong) of each total that is no sum, by seq; the last are those of now, without one.

    As each is summed from what was carried before it, all of them take no longer than the sum of all entries.
    """
    if (seq := _first_misplaced(connection, head)) is not None:
        yield carried_totals.name, seq, "no totals are carried there"
    for seq in carried_seqs(1, head.seq, head.carried_every):
        stored = carried_at(seq, head.operation, head.generation)
        for detail in _differing(connection, head, stored, last_carried(head, seq - 1), seq):
            yield carried_totals.name, seq, detail
    now = sa.select(totals).where(totals.c.operation_id == head.operation, totals.c.generation == head.generation)
    for detail in _differing(connection, head, now, last_carried(head, head.seq), head.seq):
        yield totals.name, None, detail


def _first_misplaced(connection: sa.Connection, head: Head) -> int | None:
    """Return the lowest seq at which totals are stored as carried, and none are to be; None if there is none."""
    seqs = carried_seqs(1, head.seq, head.carried_every)
    seq = carried_totals.c.seq
    misplaced = sa.or_(seq < 1, seq > head.seq, seq % seqs.step != 0) if seqs else sa.true()
    mine = (carried_totals.c.operation_id == head.operation, carried_totals.c.generation == head.generation)
    found: int | None = connection.scalar(sa.select(sa.func.min(seq)).where(*mine, misplaced))
    return found


def _differing(connection: sa.Connection, head: Head, stored: sa.Select[Any], carried: int, seq: int) -> Iterator[str]:
    """Yield a line for each row that is among those stored or those summed up to a seq, and not among both."""
    kept = stored.cte("kept")
    rows = rows_since(carried, head.operation, head.generation, seq)
    made = summed(rows, head.operation, head.generation).cte("made")
    one_way = sa.except_(sa.select(kept), sa.select(made)).subquery()
    other_way = sa.except_(sa.select(made), sa.select(kept)).subquery()
    for row in connection.execute(sa.union_all(sa.select(one_way), sa.select(other_way))):
        yield f"{row.measure} of {row.force} is not the sum of its entries"
