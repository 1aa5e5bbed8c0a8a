"""The versions of events that a figure is made of: those whose own entries are selected."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from service.domain.counting.selection import Selection
from service.domain.counting.stated import Known, Stated, added_up
from service.eventlog.head import Head
from service.projections.entries import entries
from service.projections.sums import conditions


class Numbers(NamedTuple):
    """How many selected versions there are, and how many of them have been corrected or withdrawn."""

    versions: int
    replaced: int


def version_seqs(
    connection: sa.Connection, head: Head, selection: Selection, *, up_to: int, after: int = 0, before: int, limit: int
) -> list[int]:
    """Return at most `limit` seqs of selected versions with after < seq < before, newest first.

    With `after` they are the oldest of them, those next to it. Replaced versions are included.
    """
    table = entries.c
    statement = _own(head, selection, up_to).with_only_columns(table.seq).distinct()
    statement = statement.where(table.seq > after, table.seq < before).limit(limit)
    seqs = list(connection.scalars(statement.order_by(table.seq if after else table.seq.desc())))
    return sorted(seqs, reverse=True)


def counted(connection: sa.Connection, head: Head, selection: Selection, seqs: list[int]) -> dict[int, Known]:
    """Return, by seq, what each of these versions adds to the selected figures. It is only a sum within one measure."""
    found: dict[int, list[Stated]] = {}
    table = entries.c
    rows = _own(head, selection, head.seq).with_only_columns(table.seq, table.quantity, table.qualifier, table.lines)
    for seq, *stated in connection.execute(rows.where(table.seq.in_(seqs))):
        found.setdefault(seq, []).append(Stated(*stated))
    added = {seq: added_up(stated) for seq, stated in found.items()}
    return {seq: known for seq, known in added.items() if known is not None}


def numbers(connection: sa.Connection, head: Head, selection: Selection, *, up_to: int) -> Numbers:
    """Return how many versions are selected, and how many of them were replaced up to a seq."""
    table = entries.c
    number = sa.func.count(sa.distinct(table.of_seq))
    own = connection.scalar(_own(head, selection, up_to).with_only_columns(number))
    reversals = _all(head, selection, up_to).where(table.of_seq != table.seq).with_only_columns(number)
    return Numbers(own or 0, connection.scalar(reversals) or 0)


def _own(head: Head, selection: Selection, up_to: int) -> sa.Select[tuple[int]]:
    return _all(head, selection, up_to).where(entries.c.of_seq == entries.c.seq)


def _all(head: Head, selection: Selection, up_to: int) -> sa.Select[tuple[int]]:
    return sa.select(entries.c.seq).where(
        entries.c.operation_id == head.operation,
        entries.c.generation == head.generation,
        entries.c.seq <= up_to,
        *conditions(entries, selection),
    )
