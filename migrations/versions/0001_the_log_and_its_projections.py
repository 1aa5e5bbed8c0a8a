"""The log, its projections, and credentials.

In every table that grows, the primary key starts with operation_id and every unique constraint includes it, so that the
tables can be sharded by operation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
TRIGGERS = {
    "postgresql": ("events_refuse_change", "events_no_update_or_delete", "events_no_truncate"),
    "sqlite": ("events_no_update", "events_no_delete", "events_no_replace"),
}
MOST = 2**53 - 1


def upgrade() -> None:
    _create_log()
    _create_projections()
    _create_access()
    database = op.get_bind().dialect.name
    for name in TRIGGERS[database]:
        op.execute((SQL / database / f"{name}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    for table in (
        "registered_forces",
        "credentials",
        "totals",
        "entries",
        "declared_returns",
        "participants",
        "events",
        "heads",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_refuse_change()")


def _code() -> sa.Text:
    """Return the type of a code, which sorts by bytes whatever the locale of the PostgreSQL cluster is."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _moment() -> Any:
    """Return the type of a time. SQLite has none, so there it is text of fixed width that sorts chronologically."""
    return sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def _number(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, **options)


def _create_log() -> None:
    op.create_table(
        "heads",
        sa.Column("operation_id", _code(), nullable=False),
        _number("seq", comment="the last seq of the log; 0 before operation.opened"),
        sa.Column("recorded_at", _moment(), nullable=False, comment="recorded_at of the last event"),
        sa.Column("imported", sa.Boolean, nullable=False),
        _number("generation", comment="the live generation of projection rows"),
        _number("last_generation", comment="the highest generation ever begun"),
        sa.Column(
            "projection_version", sa.Text, nullable=False, comment="the code's version that built the live generation"
        ),
        sa.PrimaryKeyConstraint("operation_id", name="heads_pkey"),
    )
    op.create_table(
        "events",
        sa.Column("operation_id", _code(), nullable=False),
        _number("seq"),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", _code(), nullable=False),
        sa.Column("force", _code(), nullable=False),
        sa.Column("corrects", sa.Uuid),
        sa.Column("occurred_at", _moment()),
        sa.Column("occurred_before", _moment()),
        sa.Column("recorded_at", _moment(), nullable=False),
        sa.Column("text", sa.Text, nullable=False, comment="the canonical text (RFC 8785), exactly as hashed"),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column(
            "subtree_hashes",
            sa.LargeBinary,
            nullable=False,
            comment="of the subtrees that this seq completes, 32 bytes each",
        ),
        sa.PrimaryKeyConstraint("operation_id", "seq", name="events_pkey"),
        sa.UniqueConstraint("operation_id", "id", name="events_operation_id_id_key"),
        sa.UniqueConstraint("operation_id", "corrects", name="events_operation_id_corrects_key"),
        sa.ForeignKeyConstraint(["operation_id"], ["heads.operation_id"], name="events_operation_id_fkey"),
    )
    for column in ("force", "type", "recorded_at"):
        op.create_index(f"events_operation_id_{column}_seq_idx", "events", ["operation_id", column, "seq"])


def _create_projections() -> None:
    op.create_table(
        "participants",
        sa.Column("operation_id", _code(), nullable=False),
        _number("generation"),
        _number("seq"),
        sa.Column("force", _code(), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "generation", "seq", name="participants_pkey"),
    )
    op.create_index("participants_force_operation_id_idx", "participants", ["force", "operation_id"])
    op.create_table(
        "declared_returns",
        sa.Column("operation_id", _code(), nullable=False),
        _number("generation"),
        _number("seq"),
        sa.Column("force", _code(), nullable=False),
        sa.Column("day", _code(), nullable=False),
        sa.Column("status", _code(), nullable=False),
        sa.Column("measures", sa.Text, nullable=False, comment="those it speaks of, comma-separated; empty: all"),
        sa.Column("recorded_at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "generation", "seq", name="declared_returns_pkey"),
    )
    keys = ("force", "day", "measure", "category", "qualifier")
    comments = {
        "day": "the operating day; empty if it covers more than one",
        "category": "empty where the measure has none",
    }
    op.create_table(
        "entries",
        sa.Column("operation_id", _code(), nullable=False),
        _number("generation"),
        _number("seq"),
        sa.Column("line", sa.Integer, nullable=False),
        _number("of_seq", comment="the version whose lines these are"),
        *(sa.Column(key, _code(), nullable=False, comment=comments.get(key)) for key in keys),
        _number("quantity", comment="in the measure's unit; negative in a reversal"),
        sa.Column("lines", sa.Integer, nullable=False, comment="+1, or -1 in a reversal"),
        sa.PrimaryKeyConstraint("operation_id", "generation", "seq", "line", name="entries_pkey"),
    )
    op.create_index("entries_of_seq_idx", "entries", ["operation_id", "generation", "of_seq"])
    op.create_table(
        "totals",
        sa.Column("operation_id", _code(), nullable=False),
        _number("generation"),
        *(sa.Column(key, _code(), nullable=False) for key in keys),
        _number("quantity"),
        _number("lines"),
        _number("last_seq", comment="of the last entry that was added"),
        sa.PrimaryKeyConstraint("operation_id", "generation", *keys, name="totals_pkey"),
        sa.CheckConstraint(f"quantity BETWEEN -{MOST} AND {MOST}", name="totals_quantity_check"),
    )


def _create_access() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of the secret"),
        sa.Column("force", _code(), nullable=False),
        sa.Column("role", _code(), nullable=False),
        sa.Column(
            "operations", sa.Text, nullable=False, comment="those it is limited to, comma-separated; empty: no limit"
        ),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("expires_at", _moment()),
        sa.Column("revoked_at", _moment()),
        sa.PrimaryKeyConstraint("id", name="credentials_pkey"),
        sa.UniqueConstraint("digest", name="credentials_digest_key"),
    )
    op.create_table(
        "registered_forces",
        sa.Column("force", _code(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", _code(), nullable=False),
        sa.PrimaryKeyConstraint("force", name="registered_forces_pkey"),
    )
