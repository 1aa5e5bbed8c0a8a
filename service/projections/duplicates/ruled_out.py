"""Pairs of events that the coordinator has ruled out as duplicates; they are never reported as possible ones again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.domain.duplicates.match_candidates import EventKey
from service.domain.model.events import DuplicateRuledOut
from service.eventlog.head import Head
from service.eventlog.read import seqs_by_id
from service.projections.duplicates.match_candidates import first_seqs_of
from service.projections.steps import Batch
from service.storage.db import CodeText, metadata
from service.storage.writes import Writes

ruled_out = sa.Table(
    "ruled_out",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lower_seq", sa.BigInteger, nullable=False, comment="of the first version of the event recorded first"),
    sa.Column("higher_seq", sa.BigInteger, nullable=False, comment="of the first version of the other event"),
    sa.Column("lower_operation", CodeText, comment="whose log lower_seq is of, first by name; null: this one's"),
    sa.Column("higher_operation", CodeText, comment="whose log higher_seq is of; null: this one's"),
)


class RuledOutRow(NamedTuple):
    """A row of `ruled_out`."""

    operation_id: str
    generation: int
    seq: int
    lower_seq: int
    higher_seq: int
    lower_operation: str | None
    higher_operation: str | None


def rows(writes: Writes, batch: Batch) -> list[RuledOutRow]:
    """Return a row for each pair ruled out among these events. The log's match candidates must be stored already."""
    found = [
        (step.recorded.seq, data)
        for step in batch.steps
        if isinstance(data := step.recorded.event.data, DuplicateRuledOut)
    ]
    first_seqs = _first_seqs(writes.connection, batch, [data for _seq, data in found if not data.operations])
    return [
        RuledOutRow(
            operation_id=batch.operation,
            generation=batch.generation,
            seq=seq,
            lower_seq=lower[1],
            higher_seq=higher[1],
            lower_operation=lower[0] or None,
            higher_operation=higher[0] or None,
        )
        for seq, data in found
        for lower, higher in [sorted(_facts(data, first_seqs))]
    ]


def pairs_ruled_out(connection: sa.Connection, heads: Sequence[Head]) -> set[tuple[EventKey, EventKey]]:
    """Return the pairs ruled out in these logs, each pair in order."""
    columns = [ruled_out.c[name] for name in ("lower_operation", "lower_seq", "higher_operation", "higher_seq")]
    live = sa.tuple_(ruled_out.c.operation_id, ruled_out.c.generation).in_(
        [(head.operation, head.generation) for head in heads]
    )
    return {
        ((lower or log, lower_seq), (higher or log, higher_seq))
        for log, lower, lower_seq, higher, higher_seq in connection.execute(
            sa.select(ruled_out.c.operation_id, *columns).where(live)
        )
    }


def _facts(data: DuplicateRuledOut, first_seqs: Mapping[UUID, int]) -> list[EventKey]:
    """Return the two events of a finding; with an empty operation where both are in this log."""
    if data.operations:
        return list(zip(data.operations, data.first_seqs, strict=True))
    return [("", first_seqs[event_id]) for event_id in data.events]


def _first_seqs(connection: sa.Connection, batch: Batch, found: Sequence[DuplicateRuledOut]) -> dict[UUID, int]:
    """Return, by the id of a version in this log, the seq of its event's first version."""
    seqs = seqs_by_id(connection, batch.operation, {event_id for data in found for event_id in data.events})
    first_seqs = first_seqs_of(connection, batch, set(seqs.values()))
    return {event_id: first_seqs[seq] for event_id, seq in seqs.items()}
