"""Bringing a database to the tables that this version of the code wants."""

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

PACKAGE = Path(__file__).parents[2]


class NotMigrated(Unavailable):
    """The database lacks tables that this version of the code wants: run `oprecord init`."""

    code = "not_migrated"


class NoSuchDatabaseRole(NotFound):
    """PostgreSQL has no role of this name, so it can be given no rights."""

    code = "no_such_database_role"


def migrations_directory() -> Path:
    """Return where the migrations lie: in an installed wheel inside of the package, in a checkout beside it."""
    installed = PACKAGE / "migrations"
    return installed if installed.is_dir() else PACKAGE.parent / "migrations"


def migrate_to_head(database_url: str) -> None:
    """Bring the database at this address up to this version of the code, all of it or nothing."""
    _move(database_url, command.upgrade, "head")


def migrate_to_base(database_url: str) -> None:
    """Take every table of ours out of the database at this address, with all that is in them."""
    _move(database_url, command.downgrade, "base")


def grant_to_serving_role(database_url: str, role: str) -> None:
    """Give a PostgreSQL role the few rights that serving needs.

    Raises:
        NoSuchDatabaseRole: there is no such role.
    """
    statements = (migrations_directory() / "sql" / "postgresql" / "grant_serving_role.sql").read_text(encoding="utf-8")
    database = open_database(database_url)
    try:
        with database.writing() as connection:
            if connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
                raise NoSuchDatabaseRole(f"Wanted a role of this PostgreSQL server; found {role!r}, which it lacks.")
            quoted = connection.dialect.identifier_preparer.quote_identifier(role)
            connection.exec_driver_sql(statements.replace(':"role"', quoted))
    finally:
        database.close()


def is_migrated(database: Database) -> bool:
    """Return whether the database has the tables that this version of the code wants."""
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() == wanted


def require_migrated(database: Database) -> None:
    """Do nothing, if the database has the tables that this version of the code wants.

    Raises:
        NotMigrated: it has not.
    """
    if not is_migrated(database):
        raise NotMigrated("The database is not at this version's tables. Run: oprecord init")


def _move(database_url: str, move: Callable[[Config, str], None], revision: str) -> None:
    database = open_database(database_url)
    try:
        with database.writing() as connection:
            move(_config(connection), revision)
    finally:
        database.close()


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    return config
