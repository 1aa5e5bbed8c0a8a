"""Keep the operating day of facts whose moment is not known, in the log and in the match candidates.

No rebuild is needed: facts recorded before have a moment, and their rows stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = {
    "events": "the operating day of a fact without a moment",
    "match_candidates": "the operating day, if the event has no moment",
}


def upgrade() -> None:
    for table, comment in COLUMNS.items():
        code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
        op.add_column(table, sa.Column("occurred_on", code, comment=comment))


def downgrade() -> None:
    """Drop the columns.

    Raises:
        ValueError: the log has a fact without a moment, which the former version cannot read.
    """
    found = op.get_bind().execute(
        sa.text("SELECT operation_id, seq FROM events WHERE occurred_on IS NOT NULL ORDER BY operation_id, seq LIMIT 1")
    )
    if fact := found.one_or_none():
        raise ValueError(
            f"The former version cannot read facts without a moment, such as seq {fact.seq} of {fact.operation_id}. "
            "Restore a backup from before, or stay with this version."
        )
    for table in COLUMNS:
        op.drop_column(table, "occurred_on")
