"""Migrating a database to the schema of this version of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from service.errors import NotFound
from service.storage.db import open_database
from service.usecases.maintenance.schema_version import is_migrated, migrations_directory

if TYPE_CHECKING:
    from alembic.config import Config

# Any number, the same in every version.
MIGRATION_LOCK = 7_020_230_117


class NoSuchDatabaseRole(NotFound):
    """PostgreSQL has no role of this name to grant privileges to."""

    code = "no_such_database_role"


def migrate_to_head(database_url: str) -> None:
    """Migrate the database at this address to this version of the code, all or nothing.

    Raises:
        NotMigrated: a newer version of the code has migrated it.
    """
    _move(database_url, "head")


def migrate_to_base(database_url: str) -> None:
    """Drop this service's tables, with their data, from the database at this address.

    Raises:
        NotMigrated: a newer version of the code has migrated it.
    """
    _move(database_url, "base")


def grant_to_serving_role(database_url: str, role: str) -> None:
    """Grant a PostgreSQL role the privileges that serving needs.

    Raises:
        NoSuchDatabaseRole: there is no such role.
    """
    statements = (migrations_directory() / "sql" / "postgresql" / "grant_serving_role.sql").read_text(encoding="utf-8")
    database = open_database(database_url)
    try:
        with database.writing() as connection:
            if connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
                raise NoSuchDatabaseRole(f"Expected a role of this server; found {role!r}, which does not exist.")
            quoted = connection.dialect.identifier_preparer.quote_identifier(role)
            connection.exec_driver_sql(statements.replace(':"role"', quoted))
    finally:
        database.close()


def _move(database_url: str, revision: Literal["head", "base"]) -> None:
    database = open_database(database_url)
    try:
        with database.writing() as connection:
            if not database.is_sqlite:
                # Of several replicas that start at once, one migrates and the others wait. BEGIN IMMEDIATE does it on
                # SQLite.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            if is_migrated(connection) and revision == "head":
                return
            # Late, because a database is migrated once, and prepared at each start of the service.
            from alembic import command  # noqa: PLC0415

            move = command.upgrade if revision == "head" else command.downgrade
            move(_config(connection), revision)
    finally:
        database.close()


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    return config
