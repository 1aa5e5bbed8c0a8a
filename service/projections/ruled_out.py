"""Pairs of events that the coordinator has ruled out to be one: they are never shown as possible duplicates again."""

from __future__ import annotations

import sqlalchemy as sa

from service.db import CodeText, metadata
from service.domain.events import DuplicateRuledOut
from service.eventlog.head import Head
from service.eventlog.read import seqs_by_id
from service.projections.sightings import first_seqs_of
from service.projections.steps import Batch, Row

ruled_out = sa.Table(
    "ruled_out",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lower_seq", sa.BigInteger, nullable=False, comment="of the first version of the event recorded first"),
    sa.Column("higher_seq", sa.BigInteger, nullable=False, comment="of the first version of the other event"),
)


def rows(connection: sa.Connection, batch: Batch) -> list[Row]:
    """Return a row for each pair ruled out among these events. Their sightings are stored already."""
    found = [
        (step.recorded.seq, data)
        for step in batch.steps
        if isinstance(data := step.recorded.event.data, DuplicateRuledOut)
    ]
    seqs = seqs_by_id(connection, batch.operation, {event_id for _seq, data in found for event_id in data.events})
    first_seqs = first_seqs_of(connection, batch, set(seqs.values()))
    made = []
    for seq, data in found:
        lower, higher = sorted(first_seqs[seqs[event_id]] for event_id in data.events)
        key = {"operation_id": batch.operation, "generation": batch.generation, "seq": seq}
        made.append(key | {"lower_seq": lower, "higher_seq": higher})
    return made


def pairs_ruled_out(connection: sa.Connection, head: Head) -> set[tuple[int, int]]:
    """Return the pairs ruled out, each as the seqs of the two first versions, the lower first."""
    statement = sa.select(ruled_out.c.lower_seq, ruled_out.c.higher_seq).where(
        ruled_out.c.operation_id == head.operation, ruled_out.c.generation == head.generation
    )
    return {(lower, higher) for lower, higher in connection.execute(statement)}
