"""Keep the first and the last day of an activity over several days in its entries, so that it reopens their returns.

`oprecord projections rebuild` is needed only for operations that have such an activity, in any version. The others get
the new version of the projections here, because none of their rows changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = "the operating day; empty if it covers more than one"
AFTER = "the operating day; of several, first and last with a slash"
DAY_LENGTH = 10
TABLES = ("entries", "totals", "totals_snapshots")
HEADS = sa.table("heads", sa.column("operation_id"), sa.column("projection_version"))
ENTRIES = sa.table("entries", sa.column("operation_id"), sa.column("day"))


def upgrade() -> None:
    _comment(BEFORE, AFTER)
    _set_version(1, 2)


def downgrade() -> None:
    _comment(AFTER, BEFORE)
    _set_version(2, 1)


def _comment(before: str, after: str) -> None:
    # SQLite has no comments; to change one there would copy the table.
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("entries", "day", comment=after, existing_comment=before)


def _set_version(before: int, after: int) -> None:
    """Set the version of the operations without an entry over several days in any generation."""
    version: sa.ColumnElement[str] = HEADS.c.projection_version
    for table in TABLES:
        version = sa.func.replace(version, f"{table}={before}", f"{table}={after}")
    other = sa.exists().where(
        ENTRIES.c.operation_id == HEADS.c.operation_id, sa.func.length(ENTRIES.c.day) != DAY_LENGTH
    )
    op.execute(sa.update(HEADS).where(~other).values(projection_version=version))
