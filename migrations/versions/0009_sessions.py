"""Sessions of the pages, and the links with which a person signs in once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.storage.db import InstantType

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(as_uuid=True), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of the secret in the cookie"),
        sa.Column("credential_id", sa.Uuid(as_uuid=True), nullable=False),
        sa.Column("subject", sa.Text, comment="the person's id at an identity provider; null: a credential was given"),
        sa.Column("shown_name", sa.Text, comment="the person's name as the identity provider gives it"),
        sa.Column("browser", sa.Text, nullable=False, comment="the browser and system, by which a person knows it"),
        sa.Column("created_at", InstantType, nullable=False),
        sa.Column("last_used_at", InstantType, nullable=False, comment="to the minute"),
        sa.PrimaryKeyConstraint("id", name="sessions_pkey"),
        sa.UniqueConstraint("digest", name="sessions_digest_key"),
    )
    op.create_index("sessions_credential_id_idx", "sessions", ["credential_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of the token in the link"),
        sa.Column("credential_id", sa.Uuid(as_uuid=True), nullable=False),
        sa.Column("created_at", InstantType, nullable=False),
        sa.Column("expires_at", InstantType, nullable=False),
        sa.Column("used_at", InstantType),
        sa.PrimaryKeyConstraint("digest", name="sign_in_links_pkey"),
    )


def downgrade() -> None:
    op.drop_table("sign_in_links")
    op.drop_table("sessions")
