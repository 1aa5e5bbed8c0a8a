"""Participants: which force takes part in which operation, so that a force can find its operations."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from service.domain.model.events import ForceJoined
from service.projections.steps import Batch
from service.storage.db import CodeText, metadata
from service.storage.writes import Writes

participants = sa.Table(
    "participants",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("force", CodeText, nullable=False),
    sa.Index("participants_force_operation_id_idx", "force", "operation_id"),
)


class ParticipantRow(NamedTuple):
    """A row of `participants`."""

    operation_id: str
    generation: int
    seq: int
    force: str


def rows(_writes: Writes, batch: Batch) -> list[ParticipantRow]:
    """Return a row for each force that joined among these events."""
    return [
        ParticipantRow(
            operation_id=batch.operation,
            generation=batch.generation,
            seq=step.recorded.seq,
            force=step.recorded.event.data.force,
        )
        for step in batch.steps
        if isinstance(step.recorded.event.data, ForceJoined)
    ]
