"""Uploaded spreadsheets, which of their rows became which event, and how a force's own files are read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.storage.db import CodeText, InstantType

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("operation_id", CodeText, nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=True), nullable=False),
        sa.Column("force", CodeText, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, comment="null: sent, or older than 24 hours"),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False, comment="bytes"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False, comment="of `total`, while it is checked or sent"),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("found", sa.JSON, comment="what its page shows: the check, or the receipt"),
        sa.Column("uploaded_at", InstantType, nullable=False),
        sa.Column("beat_at", InstantType, nullable=False, comment="the last sign of life of whoever works on it"),
        sa.PrimaryKeyConstraint("operation_id", "id", name="uploads_pkey"),
    )
    op.create_index("uploads_operation_id_idx", "uploads", ["operation_id", "force"])
    op.create_index(
        "uploads_sending_idx",
        "uploads",
        ["operation_id", "force", "file_name"],
        unique=True,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_table(
        "sent_files",
        sa.Column("operation_id", CodeText, nullable=False),
        sa.Column("force", CodeText, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("sheet", sa.Text, comment="the sheet of a workbook whose identities have no prefix"),
        sa.Column("rows", sa.JSON, nullable=False, comment="which row became which event, by the identity of the row"),
        sa.PrimaryKeyConstraint("operation_id", "force", "file_name", name="sent_files_pkey"),
    )
    op.create_table(
        "confirmed_mappings",
        sa.Column("operation_id", CodeText, nullable=False),
        sa.Column("force", CodeText, nullable=False),
        sa.Column("header", sa.Text, nullable=False, comment="SHA-256 of the headings of all sheets"),
        sa.Column("mapping", sa.Text, nullable=False, comment="TOML, as `oprecord map` writes it"),
        sa.PrimaryKeyConstraint("operation_id", "force", "header", name="confirmed_mappings_pkey"),
    )


def downgrade() -> None:
    op.drop_table("confirmed_mappings")
    op.drop_table("sent_files")
    op.drop_table("uploads")
