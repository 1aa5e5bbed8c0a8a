"""Allow ruled-out pairs between parts, and let the index alone find incidents that several forces name.

No rebuild is needed: a finding without an operation is about this operation's own events, as before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ruled_out", _operation("lower", "whose log lower_seq is of, first by name; null: this one's"))
    op.add_column("ruled_out", _operation("higher", "whose log higher_seq is of; null: this one's"))
    _index("incident", "type", "force")


def downgrade() -> None:
    _index("incident", "type", "seq")
    op.drop_column("ruled_out", "higher_operation")
    op.drop_column("ruled_out", "lower_operation")


def _operation(side: str, comment: str) -> sa.Column[str]:
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(f"{side}_operation", code, comment=comment)


def _index(*columns: str) -> None:
    """Replace the index by incident with one on these columns."""
    op.drop_index("sightings_incident_idx", "sightings")
    where: dict[str, Any] = dict.fromkeys(("sqlite_where", "postgresql_where"), sa.column("incident").is_not(None))
    op.create_index("sightings_incident_idx", "sightings", ["operation_id", "generation", *columns], **where)
