"""Sign-ins with accounts of an identity provider, and the app role by which a credential is found for an account.

On PostgreSQL the policy on credentials also keeps the serving role from issuing any with an app role.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.storage.db import InstantType

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ISSUE = "role <> 'administrator' AND issued_by IS NOT NULL AND expires_at IS NOT NULL"


def upgrade() -> None:
    op.add_column(
        "credentials",
        sa.Column("app_role", sa.Text, comment="accounts with this app role act with it; null: whoever has its secret"),
    )
    op.create_index("credentials_app_role_idx", "credentials", ["app_role"])
    op.create_table(
        "account_sign_ins",
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of the secret in the cookie"),
        sa.Column("following", sa.Text, nullable=False, comment="where the person was going, within the service"),
        sa.Column("expires_at", InstantType, nullable=False),
        sa.Column("used_at", InstantType, comment="when the browser came back from the identity provider"),
        sa.Column("subject", sa.Text, comment="whose account it is, while the person chooses in which role to act"),
        sa.Column("shown_name", sa.Text, comment="the person's name, while the person chooses"),
        sa.Column("app_roles", sa.JSON, comment="the app roles of the account, while the person chooses"),
        sa.PrimaryKeyConstraint("digest", name="account_sign_ins_pkey"),
    )
    _replace_policy(f"{ISSUE} AND app_role IS NULL")


def downgrade() -> None:
    _replace_policy(ISSUE)
    op.drop_table("account_sign_ins")
    op.drop_index("credentials_app_role_idx", "credentials")
    op.drop_column("credentials", "app_role")


def _replace_policy(rule: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP POLICY credentials_issue ON credentials")
        op.execute(f"CREATE POLICY credentials_issue ON credentials FOR INSERT WITH CHECK ({rule})")
