"""The SQLite engine: the SQLite library it uses, connection settings, and how a transaction begins."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

logger = logging.getLogger(__name__)

# Older versions can lose a WAL checkpoint, so they run none while a connection is open.
FIXED_VERSION = (3, 51, 3)
OWNER_ONLY = 0o600
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "recursive_triggers=ON",
)


def sqlite_engine(address: sa.URL, pool: dict[str, Any]) -> sa.Engine:
    """Return the engine of a URL; `pool` holds arguments of `sqlalchemy.create_engine`.

    A transaction begins DEFERRED, unless the connection's option `sqlite_begin` is IMMEDIATE.
    """
    module = _newest_module()
    engine = sa.create_engine(address.set(drivername="sqlite"), module=module, poolclass=sa.pool.QueuePool, **pool)
    checkpoints_are_safe = module.sqlite_version_info >= FIXED_VERSION

    @event.listens_for(engine, "do_connect")
    def _create(_dialect: sa.Dialect, _record: Any, arguments: Any, _options: Any) -> None:
        # SQLite would create the file with the rights of the umask; its siblings get the rights of the file.
        name = str(arguments[0])
        if name != ":memory:" and not name.startswith("file:") and not Path(name).exists():
            with suppress(OSError):
                os.close(os.open(name, os.O_CREAT | os.O_RDWR, OWNER_ONLY))

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not checkpoints_are_safe:
            connection.execute("PRAGMA wal_autocheckpoint=0")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        begin = f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}"
        try:
            connection.connection.cursor().execute(begin)
        except module.OperationalError as error:
            raise sa.exc.OperationalError(begin, None, error) from error

    return engine


def back_up(engine: sa.Engine, file: Path) -> None:
    """Copy a database, with everything that is committed when this begins, to an empty file.

    SQLite does so in one read transaction, which no writer waits for.
    """
    with engine.connect() as connection:
        source: Any = connection.connection.driver_connection
        target = type(source)(str(file))
        try:
            source.backup(target)
        finally:
            target.close()


def _newest_module() -> ModuleType:
    """Return pysqlite3, which has a newer SQLite, if it is installed; otherwise the standard library's sqlite3."""
    if find_spec("pysqlite3") is not None:
        return import_module("pysqlite3.dbapi2")
    if sqlite3.sqlite_version_info < FIXED_VERSION:
        logger.warning(
            "SQLite %s can lose a WAL checkpoint (fixed in 3.51.3): the WAL is kept and grows until the last "
            "connection closes. Use PostgreSQL, or a newer SQLite.",
            sqlite3.sqlite_version,
        )
    return sqlite3
