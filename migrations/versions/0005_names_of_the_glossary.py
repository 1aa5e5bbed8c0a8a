"""Rename the tables whose names were not the field's terms. No row changes, and nothing is rebuilt.

`sightings` becomes `match_candidates`, since to the police a sighting is of a suspect; `carried_totals` becomes
`totals_snapshots`. The projection version names the tables, so it is changed with them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RENAMED = {"sightings": "match_candidates", "carried_totals": "totals_snapshots"}


def upgrade() -> None:
    for old, new in RENAMED.items():
        _rename(old, new)
    op.execute("ALTER TABLE heads RENAME COLUMN carried_every TO snapshot_every")
    _comment("snapshot_every", "interval of the totals snapshots of the live generation, in seqs; null: no snapshots")


def downgrade() -> None:
    op.execute("ALTER TABLE heads RENAME COLUMN snapshot_every TO carried_every")
    _comment("carried_every", "the totals of the live generation are carried at each multiple of it; null: at none")
    for old, new in RENAMED.items():
        _rename(new, old)


def _comment(column: str, text: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"COMMENT ON COLUMN heads.{column} IS '{text}'")


def _rename(old: str, new: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        _rename_on_postgresql(old, new)
    else:
        _rename_on_sqlite(old, new)
    heads = sa.table("heads", sa.column("projection_version", sa.Text))
    version = sa.func.replace(heads.c.projection_version, f"{old}=", f"{new}=")
    op.execute(heads.update().values(projection_version=version))


def _rename_on_postgresql(old: str, new: str) -> None:
    names = sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :table")
    indexes = list(op.get_bind().scalars(names, {"table": old}))
    op.rename_table(old, new)
    for index in indexes:
        op.execute(f"ALTER INDEX {index} RENAME TO {index.replace(old, new)}")


def _rename_on_sqlite(old: str, new: str) -> None:
    """Copy the table: SQLite renames neither indexes nor the constraint of a primary key."""
    texts = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type DESC")
    table, *indexes = (text.replace(old, new) for text in op.get_bind().scalars(texts, {"table": old}))
    op.execute(table)
    op.execute(f"INSERT INTO {new} SELECT * FROM {old}")  # noqa: S608 - both are names of ours
    op.drop_table(old)
    for index in indexes:
        op.execute(index)
