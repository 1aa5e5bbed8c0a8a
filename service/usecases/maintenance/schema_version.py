"""The schema that a database has, compared with the one that this version of the code needs.

Every command and every readiness check compares them. They need no Alembic for it, which takes longer to import than
most commands run.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from service.errors import Unavailable
from service.storage.db import Database

PACKAGE = Path(__file__).parents[2]
# Alembic keeps the number of the last migration here.
APPLIED = sa.table("alembic_version", sa.column("version_num"))


class NotMigrated(Unavailable):
    """The database schema is not that of this version of the code: run `oprecord init`."""

    code = "not_migrated"


def require_migrated(database: Database) -> None:
    """Require that the database has the schema of this version of the code.

    Raises:
        NotMigrated: it has another.
    """
    with database.reading() as connection:
        migrated = is_migrated(connection)
    if not migrated:
        raise NotMigrated("The database does not have this version's schema. Run: oprecord init")


def is_migrated(connection: sa.Connection) -> bool:
    """Return whether the database has the schema of this version of the code; False for an older one, or none.

    Raises:
        NotMigrated: a newer version of the code has migrated it.
    """
    known, found = known_revisions(), _applied_revision(connection)
    if found is not None and found not in known:
        raise NotMigrated(
            f"The database has schema {found}; this version of oprecord knows schemas up to {known[-1]}. "
            "Install the newer version that migrated it."
        )
    return found == known[-1]


def known_revisions() -> list[str]:
    """Return the numbers of this version's migrations, in order: their files begin with them."""
    files = (migrations_directory() / "versions").glob("[0-9]*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def migrations_directory() -> Path:
    """Return the directory of the migrations: inside the package in an installed wheel, beside it in a checkout."""
    installed = PACKAGE / "migrations"
    return installed if installed.is_dir() else PACKAGE.parent / "migrations"


def _applied_revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(APPLIED.name):
        return None
    found: str | None = connection.scalar(sa.select(APPLIED.c.version_num))
    return found
