"""Participants: which force takes part in which operation, so that a force can find its operations."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from service.domain.model.events import ForceJoined, ForceLeft
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
    sa.Column("has_left", sa.Boolean, nullable=False, server_default=sa.false(), comment="instead of joined, here"),
    sa.Index("participants_force_operation_id_idx", "force", "operation_id"),
)


class ParticipantRow(NamedTuple):
    """A row of `participants`."""

    operation_id: str
    generation: int
    seq: int
    force: str
    has_left: bool


def rows(_writes: Writes, batch: Batch) -> list[ParticipantRow]:
    """Return a row for each force that joined or left among these events."""
    return [
        ParticipantRow(
            operation_id=batch.operation,
            generation=batch.generation,
            seq=step.recorded.seq,
            force=data.force,
            has_left=isinstance(data, ForceLeft),
        )
        for step in batch.steps
        if isinstance(data := step.recorded.event.data, ForceJoined | ForceLeft)
    ]


def takes_part(force: str, operation: sa.Column[str], generation: sa.Column[int]) -> sa.ColumnElement[bool]:
    """Return the condition that this force joined the operation and has not left since."""
    later = participants.alias("later")
    left = sa.exists().where(
        later.c.operation_id == operation,
        later.c.generation == generation,
        later.c.force == force,
        later.c.seq > participants.c.seq,
        later.c.has_left,
    )
    joined = sa.select(participants.c.operation_id).where(
        participants.c.operation_id == operation,
        participants.c.generation == generation,
        participants.c.force == force,
        ~participants.c.has_left,
        ~left,
    )
    return joined.exists()
