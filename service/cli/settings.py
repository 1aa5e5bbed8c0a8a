"""Settings shared by all commands, and access to the database that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click
import sqlalchemy as sa

from service.config import Config, load_config
from service.storage.db import Database, open_database
from service.usecases.maintenance.schema_version import NotMigrated, require_migrated

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a command: the environment's, with the database of `--database-url` if that is given."""

    database_url: str | None = None

    def config(self) -> Config:
        """Return the settings.

        Raises:
            environs.EnvValidationError: naming every invalid variable.
        """
        config = load_config()
        return config if self.database_url is None else replace(config, database_url=self.database_url)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the database for the block, and close it afterwards.

        Raises:
            NotMigrated: it lacks tables that this version of the code needs.
            DatabaseBusy: it cannot be reached.
        """
        url = self.config().database_url
        refuse_missing_file(url)
        database = open_database(url)
        try:
            require_migrated(database)
            yield database
        finally:
            database.close()


def pass_settings(command: Callable[Concatenate[Settings, P], T]) -> Callable[P, T]:
    """Give a command the settings as its first argument; `oprecord` itself keeps the value of `--database-url`."""

    @wraps(command)
    def with_settings(*arguments: P.args, **options: P.kwargs) -> T:
        return command(Settings(click.get_current_context().find_root().obj), *arguments, **options)

    return with_settings


def refuse_missing_file(url: str) -> None:
    """Refuse an SQLite file that does not exist: connecting would create an empty one.

    Raises:
        NotMigrated: the file does not exist.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise NotMigrated(f"There is no database file {address.database or ':memory:'}. Run: oprecord init")
