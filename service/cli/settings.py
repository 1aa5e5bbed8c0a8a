"""What all commands share: the settings, and the database that they name, if it is ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import sqlalchemy as sa

from service.config import Config, load_config
from service.db import Database, open_database
from service.usecases.migrate import NotMigrated, require_migrated


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a command: those of the environment, and the database of `--database-url` if it is given."""

    database_url: str | None = None

    def config(self) -> Config:
        """Return the settings.

        Raises:
            environs.EnvValidationError: naming every variable that is wrong.
        """
        config = load_config()
        return config if self.database_url is None else replace(config, database_url=self.database_url)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the database, and close it after the block.

        Raises:
            NotMigrated: it lacks tables that this version of the code wants.
            DatabaseBusy: it cannot be reached.
        """
        url = self.config().database_url
        refuse_missing_file(url)
        database = open_database(url)
        try:
            require_migrated(database)
            yield database
        finally:
            database.engine.dispose()


pass_settings = click.make_pass_decorator(Settings)


def refuse_missing_file(url: str) -> None:
    """Refuse an SQLite file that is not there: to connect would make an empty one.

    Raises:
        NotMigrated: there is no such file.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise NotMigrated(f"There is no database file {address.database or ':memory:'}. Run: oprecord init")
