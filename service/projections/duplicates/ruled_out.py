"""Pairs of events that the coordinator ruled out as duplicates, and those reopened: the last ruling on a pair holds.

A pair that is ruled out is not reported as a possible duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.domain.duplicates.match_candidates import EventKey
from service.domain.model.events import DuplicateReopened, EventPair
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
    sa.Column(
        "reopened",
        sa.Boolean(),
        nullable=False,
        server_default=sa.false(),
        comment="whether the pair was reopened here, instead of ruled out",
    ),
)
PAIR = tuple(ruled_out.c[name] for name in ("lower_operation", "lower_seq", "higher_operation", "higher_seq"))


class RuledOutRow(NamedTuple):
    """A row of `ruled_out`."""

    operation_id: str
    generation: int
    seq: int
    lower_seq: int
    higher_seq: int
    lower_operation: str | None
    higher_operation: str | None
    reopened: bool


def rows(writes: Writes, batch: Batch) -> list[RuledOutRow]:
    """Return a row for each pair that these events rule out or reopen. The log's match candidates must be stored."""
    found = [
        (step.recorded.seq, data) for step in batch.steps if isinstance(data := step.recorded.event.data, EventPair)
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
            reopened=isinstance(data, DuplicateReopened),
        )
        for seq, data in found
        for lower, higher in [sorted(_facts(data, first_seqs))]
    ]


def pairs_ruled_out(connection: sa.Connection, heads: Sequence[Head]) -> set[tuple[EventKey, EventKey]]:
    """Return the pairs ruled out in these logs and not reopened there, each pair in order."""
    return {pair for head in heads for pair in rulings(connection, head)}


def rulings(connection: sa.Connection, head: Head) -> dict[tuple[EventKey, EventKey], int]:
    """Return the pairs ruled out in a log and not reopened since, with the seq that ruled each out last; by seq."""
    log = head.operation
    statement = sa.select(ruled_out.c.seq, ruled_out.c.reopened, *PAIR).where(
        ruled_out.c.operation_id == log, ruled_out.c.generation == head.generation
    )
    found: dict[tuple[EventKey, EventKey], int] = {}
    for seq, reopened, lower, lower_seq, higher, higher_seq in connection.execute(statement.order_by(ruled_out.c.seq)):
        pair = ((lower or log, lower_seq), (higher or log, higher_seq))
        found.pop(pair, None)
        if not reopened:
            found[pair] = seq
    return found


def event_keys(connection: sa.Connection, head: Head, pair: EventPair) -> tuple[EventKey, EventKey]:
    """Return the keys of the two events of a pair of this log, in order, as in `rulings`.

    The events exist: `first_seqs` is filled in if they are of two operations.
    """
    if pair.operations:
        lower, higher = sorted(_facts(pair, {}))
        return lower, higher
    seqs = seqs_by_id(connection, head.operation, set(pair.events))
    first_seqs = first_seqs_of(connection, head, set(seqs.values()))
    one, other = sorted(first_seqs[seqs[event_id]] for event_id in pair.events)
    return (head.operation, one), (head.operation, other)


def _facts(data: EventPair, first_seqs: Mapping[UUID, int]) -> list[EventKey]:
    """Return the two events of a finding; with an empty operation where both are in this log."""
    if data.operations:
        return list(zip(data.operations, data.first_seqs, strict=True))
    return [("", first_seqs[event_id]) for event_id in data.events]


def _first_seqs(connection: sa.Connection, batch: Batch, found: Sequence[EventPair]) -> dict[UUID, int]:
    """Return, by the id of a version in this log, the seq of its event's first version."""
    seqs = seqs_by_id(connection, batch.operation, {event_id for data in found for event_id in data.events})
    first_seqs = first_seqs_of(connection, batch, set(seqs.values()))
    return {event_id: first_seqs[seq] for event_id, seq in seqs.items()}
