"""The two tables of the log: `heads`, one row per operation, and `events`, one immutable row per event."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.storage.db import CodeText, InstantType, metadata

heads = sa.Table(
    "heads",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="the last seq of the log; 0 before operation.opened"),
    sa.Column("recorded_at", InstantType, nullable=False, comment="recorded_at of the last event"),
    sa.Column("imported", sa.Boolean(name="imported"), nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False, comment="the live generation of projection rows"),
    sa.Column("last_generation", sa.BigInteger, nullable=False, comment="the highest generation ever begun"),
    sa.Column(
        "projection_version", sa.Text, nullable=False, comment="the code's version that built the live generation"
    ),
    sa.Column(
        "snapshot_every",
        sa.BigInteger,
        comment="interval of the totals snapshots of the live generation, in seqs; null: no snapshots",
    ),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Uuid(as_uuid=True), nullable=False),
    sa.Column("type", CodeText, nullable=False),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("corrects", sa.Uuid(as_uuid=True)),
    sa.Column("occurred_at", InstantType),
    sa.Column("occurred_before", InstantType),
    sa.Column("recorded_at", InstantType, nullable=False),
    sa.Column("text", sa.Text, nullable=False, comment="the canonical text (RFC 8785), exactly as hashed"),
    sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
    sa.Column(
        "subtree_hashes",
        sa.LargeBinary,
        nullable=False,
        comment="of the subtrees that this seq completes, 32 bytes each",
    ),
    sa.Column("occurred_on", CodeText, comment="the operating day of a fact without a moment"),
    sa.UniqueConstraint("operation_id", "id"),
    sa.UniqueConstraint("operation_id", "corrects"),
    sa.ForeignKeyConstraint(["operation_id"], ["heads.operation_id"], name="events_operation_id_fkey"),
    sa.Index("events_operation_id_force_seq_idx", "operation_id", "force", "seq"),
    sa.Index("events_operation_id_type_seq_idx", "operation_id", "type", "seq"),
    sa.Index("events_operation_id_recorded_at_seq_idx", "operation_id", "recorded_at", "seq"),
)


class EventRow(NamedTuple):
    """A row of `events`."""

    operation_id: str
    seq: int
    id: UUID
    type: str
    force: str
    corrects: UUID | None
    occurred_at: datetime | None
    occurred_before: datetime | None
    recorded_at: datetime
    text: str
    leaf_hash: bytes
    subtree_hashes: bytes
    occurred_on: str | None
