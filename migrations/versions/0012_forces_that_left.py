"""Let a force that joined by mistake leave. No rebuild is needed: every row so far is of a force that joined."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "instead of joined, here"
    op.add_column(
        "participants",
        sa.Column("has_left", sa.Boolean(), nullable=False, server_default=sa.false(), comment=comment),
    )


def downgrade() -> None:
    op.drop_column("participants", "has_left")
