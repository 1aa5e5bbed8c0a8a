"""Store with which credential a credential was issued, and limit what the serving role can issue.

On PostgreSQL the serving role may now issue credentials. The policies keep it from making administrators, credentials
without an issuer or an end, and from undoing a revocation. They do not apply to the owner of the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

POLICIES = {
    "credentials_read": "FOR SELECT USING (true)",
    "credentials_issue": (
        "FOR INSERT WITH CHECK (role <> 'administrator' AND issued_by IS NOT NULL AND expires_at IS NOT NULL)"
    ),
    "credentials_revoke": "FOR UPDATE USING (true) WITH CHECK (revoked_at IS NOT NULL)",
}


def upgrade() -> None:
    op.add_column(
        "credentials",
        sa.Column(
            "issued_by",
            sa.Uuid(as_uuid=True),
            comment="the credential that issued it; null: the service's host",
        ),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE credentials ENABLE ROW LEVEL SECURITY")
        for name, rule in POLICIES.items():
            op.execute(f"CREATE POLICY {name} ON credentials {rule}")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for name in POLICIES:
            op.execute(f"DROP POLICY {name} ON credentials")
        op.execute("ALTER TABLE credentials DISABLE ROW LEVEL SECURITY")
    op.drop_column("credentials", "issued_by")
