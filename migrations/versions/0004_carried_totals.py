"""Totals snapshots at regular seqs, so that totals as of a past seq take no longer in a longer log.

`oprecord projections rebuild` fills the table for each operation. Until then posts to it get 503, and its past totals
are summed from all entries, as before.

The index of entries by version is dropped, because a version's own entries are at its seq. Before PostgreSQL had
statistics for a generation, it used that index to find the entries between two seqs, and read all of them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEYS = ("force", "day", "measure", "category", "qualifier")


def upgrade() -> None:
    comment = "the totals of the live generation are carried at each multiple of it; null: at none"
    op.add_column("heads", sa.Column("carried_every", sa.BigInteger, comment=comment))
    op.create_table(
        "carried_totals",
        _code("operation_id"),
        _number("generation"),
        _number("seq", comment="at which they stand"),
        *map(_code, KEYS),
        _number("quantity"),
        _number("lines"),
        _number("last_seq", comment="of the last entry that was added"),
        sa.PrimaryKeyConstraint("operation_id", "generation", "seq", *KEYS, name="carried_totals_pkey"),
    )
    op.drop_index("entries_of_seq_idx", "entries")


def downgrade() -> None:
    op.create_index("entries_of_seq_idx", "entries", ["operation_id", "generation", "of_seq"])
    op.drop_table("carried_totals")
    op.drop_column("heads", "carried_every")


def _code(name: str) -> sa.Column[str]:
    """Return a column for a code, which sorts by bytes whatever the locale of the PostgreSQL cluster is."""
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False)


def _number(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, **options)
