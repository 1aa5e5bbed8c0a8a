"""Migrating a database to the schema of this version of the code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.errors import NotFound, Unavailable
from service.storage.db import Database, open_database

# Any number, the same in every version.
MIGRATION_LOCK = 7_020_230_117
PACKAGE = Path(__file__).parents[2]


class NotMigrated(Unavailable):
    """The database schema is not that of this version of the code: run `oprecord init`."""

    code = "not_migrated"


class NoSuchDatabaseRole(NotFound):
    """PostgreSQL has no role of this name to grant privileges to."""

    code = "no_such_database_role"


def migrations_directory() -> Path:
    """Return the directory of the migrations: inside the package in an installed wheel, beside it in a checkout."""
    installed = PACKAGE / "migrations"
    return installed if installed.is_dir() else PACKAGE.parent / "migrations"


def migrate_to_head(database_url: str) -> None:
    """Migrate the database at this address to this version of the code, all or nothing."""
    _move(database_url, command.upgrade, "head")


def migrate_to_base(database_url: str) -> None:
    """Drop this service's tables, with their data, from the database at this address."""
    _move(database_url, command.downgrade, "base")


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


def require_migrated(database: Database) -> None:
    """Require that the database has the schema of this version of the code.

    Raises:
        NotMigrated: it has another.
    """
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    if found == scripts.get_current_head():
        return
    _refuse_newer(found, scripts)
    raise NotMigrated("The database does not have this version's schema. Run: oprecord init")


def _refuse_newer(found: str | None, scripts: ScriptDirectory) -> None:
    """Refuse a database that a newer version of the code has migrated.

    Raises:
        NotMigrated.
    """
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        newest = scripts.get_current_head()
        raise NotMigrated(
            f"The database has schema {found}; this version of oprecord knows schemas up to {newest}. "
            "Install the newer version that migrated it."
        )


def _move(database_url: str, move: Callable[[Config, str], None], revision: str) -> None:
    database = open_database(database_url)
    try:
        with database.writing() as connection:
            if not database.is_sqlite:
                # Of several replicas that start at once, one migrates and the others wait. BEGIN IMMEDIATE does it on
                # SQLite.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            config = _config(connection)
            _refuse_newer(
                MigrationContext.configure(connection).get_current_revision(), ScriptDirectory.from_config(config)
            )
            move(config, revision)
    finally:
        database.close()


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    return config
