"""Drafts: forms that a person has begun to fill in, kept with the session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.storage.db import CodeText, InstantType

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("session_id", sa.Uuid(as_uuid=True), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=True), nullable=False, comment="the id of the event that the form will record"),
        sa.Column("operation", CodeText, nullable=False),
        sa.Column("address", sa.Text, nullable=False, comment="of the form, within the service"),
        sa.Column("typed", sa.JSON, nullable=False, comment="what was typed: a list of values by field"),
        sa.Column("changed_at", InstantType, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "id", name="drafts_pkey"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="drafts_session_id_fkey", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("drafts")
