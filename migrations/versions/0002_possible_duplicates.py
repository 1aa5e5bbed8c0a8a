"""Match candidates, by which possible duplicates are found, and the pairs that were ruled out.

`oprecord projections rebuild` fills both tables for each operation. Until then posts to it get 503.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sightings",
        *_key("sightings"),
        _number("first_seq", nullable=False, comment="of the event's first version"),
        _number("replaces_seq", comment="of the version that this one corrects or withdraws"),
        sa.Column("force", _code(), nullable=False),
        sa.Column("type", _code(), nullable=False),
        sa.Column("place", _code()),
        sa.Column("incident", _code()),
        _number("occurred_microseconds", comment="since 1970; null for a withdrawal"),
        sa.Column("categories", sa.Text, nullable=False, comment="sorted, comma-separated"),
    )
    _index("place", "type", "place", "occurred_microseconds", "seq")
    _index("incident", "incident", "type", "seq", where="incident")
    _index("replaces_seq", "replaces_seq", where="replaces_seq")
    op.create_table(
        "ruled_out",
        *_key("ruled_out"),
        _number("lower_seq", nullable=False, comment="of the first version of the event recorded first"),
        _number("higher_seq", nullable=False, comment="of the first version of the other event"),
    )


def downgrade() -> None:
    op.drop_table("ruled_out")
    op.drop_table("sightings")


def _code() -> sa.Text:
    """Return the type of a code, which sorts by bytes whatever the locale of the PostgreSQL cluster is."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _number(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, **options)


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Return the key columns of a projection by seq, and their primary key."""
    return (
        sa.Column("operation_id", _code(), nullable=False),
        _number("generation", nullable=False),
        _number("seq", nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "generation", "seq", name=f"{table}_pkey"),
    )


def _index(name: str, *columns: str, where: str | None = None) -> None:
    """Create an index; with `where`, a partial one of the rows in which that column is not null."""
    only = None if where is None else sa.column(where).is_not(None)
    options: dict[str, Any] = {} if only is None else {"sqlite_where": only, "postgresql_where": only}
    op.create_index(f"sightings_{name}_idx", "sightings", ["operation_id", "generation", *columns], **options)
