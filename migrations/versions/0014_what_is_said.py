"""Keep what each arrest and seizure says, and when it was first recorded, to compare amounts and to find repeats.

The projections must be rebuilt: the rows so far lack both.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "match_candidates"


def upgrade() -> None:
    said = sa.Column("said", sa.Text(), nullable=False, server_default="", comment="the text of its lines")
    op.add_column(TABLE, said)
    op.add_column(
        TABLE,
        sa.Column(
            "first_recorded_microseconds",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="since 1970; when the event's first version was recorded",
        ),
    )


def downgrade() -> None:
    op.drop_column(TABLE, "first_recorded_microseconds")
    op.drop_column(TABLE, "said")
