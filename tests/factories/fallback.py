"""A database that loses its newest events under a running service, as when a standby without them takes over."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service.storage.db import Database

Connect = Callable[[str], Any]


def saved_copy(database: Database, folder: Path) -> Callable[[], None]:
    """Copy the database as it is now; return the function that puts the copy back in place of the database."""
    if database.is_sqlite:
        # The service's own SQLite: two libraries in one process do not see each other's locks.
        assert database.engine.dialect.dbapi is not None
        connect = database.engine.dialect.dbapi.connect
        return _saved_file(connect, str(database.engine.url.database), str(folder / "copy.db"))
    return _saved_tables(database)


def _saved_file(connect: Connect, path: str, copy: str) -> Callable[[], None]:
    def restore() -> None:
        _copy(connect, copy, path)

    _copy(connect, path, copy)
    return restore


def _copy(connect: Connect, source: str, target: str) -> None:
    with closing(connect(source)) as origin, closing(connect(target)) as destination:
        origin.backup(destination)


def _saved_tables(database: Database) -> Callable[[], None]:
    names = sa.inspect(database.engine).get_table_names()

    def restore() -> None:
        with database.engine.begin() as connection:
            # No trigger and no foreign key is checked.
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for name in names:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
                connection.exec_driver_sql(f'INSERT INTO "{name}" SELECT * FROM saved."{name}"')

    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA saved")
        for name in names:
            connection.exec_driver_sql(f'CREATE TABLE saved."{name}" AS TABLE "{name}"')
    return restore
