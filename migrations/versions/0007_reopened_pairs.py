"""Let a pair that was ruled out be reopened. No rebuild is needed: every row so far ruled a pair out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ruled_out",
        sa.Column(
            "reopened",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="whether the pair was reopened here, instead of ruled out",
        ),
    )


def downgrade() -> None:
    op.drop_column("ruled_out", "reopened")
