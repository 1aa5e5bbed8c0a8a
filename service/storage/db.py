"""The database: transactions on SQLite and PostgreSQL, and column types that work on both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.errors import Failed, Invalid, Unavailable
from service.storage.failures import is_read_only, is_temporary, reason_of
from service.storage.postgresql import NO_LIMITS, Limits, postgresql_engine
from service.storage.sqlite import sqlite_engine

Single = TypeVar("Single")

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

BUSY = "The database did not answer in time. Nothing with a receipt is lost: send the same request again later."
REFUSED = (
    "The database refused the service; its log says why. Send the same request again after the operator has fixed it."
)
READ_ONLY = (
    "The database is read-only. Nothing is lost: every event with a receipt is recorded; send the others again. "
    "Recording resumes by itself once the service's database URL leads to a server that accepts writes, not to a "
    "standby; on SQLite, once the file and its folder are writable."
)
# PostgreSQL itself accepts both in a URL.
POSTGRESQL = ("postgresql", "postgres")


class DatabaseBusy(Unavailable):
    """The database is busy, unreachable or read-only.

    `reason` is what the database said. It can name addresses, roles and SQL, so only the operator reads it.
    """

    code = "database_busy"

    def __init__(self, detail: str = BUSY, *, reason: str = "") -> None:
        """Create the error, for the caller and for the operator."""
        super().__init__(detail)
        self.reason = reason


class DatabaseFailed(Failed):
    """The database refused the service. Waiting does not help: the operator has to read the service's log."""

    code = "database_failed"

    def __init__(self, detail: str = REFUSED, *, reason: str = "") -> None:
        """Create the error, for the caller and for the operator."""
        super().__init__(detail)
        self.reason = reason


class DatabaseNotSupported(Invalid):
    """The URL is not of a SQLite or PostgreSQL database."""

    code = "database_not_supported"


class InstantType(sa.TypeDecorator[datetime]):
    """A moment in UTC to the microsecond: timestamptz on PostgreSQL; sortable text on SQLite, which lacks the type."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Return the column type for this dialect."""
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Convert a moment with a zone to the stored value."""
        if value is None or dialect.name != "sqlite":
            return value
        # Several times as fast as strftime.
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Convert a stored value to a moment in UTC."""
        if value is None or dialect.name != "sqlite":
            return value.astimezone(UTC) if value is not None else None
        return datetime.fromisoformat(value)


INSERTS: dict[str, Callable[[sa.Table], Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

# Codes sort by their bytes on both databases, regardless of the locale of the PostgreSQL cluster.
CodeText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


@dataclass(frozen=True, slots=True)
class Database:
    """One database. `reading` and `writing` are its transactions: each is rolled back if its block raises."""

    engine: sa.Engine
    _singletons: dict[type[Any], Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, which has one writer at a time and no clock of its own."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """Begin a transaction that may write: READ COMMITTED on PostgreSQL, BEGIN IMMEDIATE on SQLite.

        If it is not `durable`, PostgreSQL commits without waiting for the disk. A crash can undo the transaction until
        a durable one commits after it. Use this for rows that have no meaning until then.

        Raises:
            DatabaseBusy: no connection became free in time, or the database is unreachable or read-only.
        """
        with self._transaction({"sqlite_begin": "IMMEDIATE"}) as connection:
            if not durable and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Begin a read-only transaction in which all statements see one snapshot.

        Raises:
            DatabaseBusy: no connection became free in time, or the database is unreachable.
        """
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._transaction({} if self.is_sqlite else options) as connection:
            yield connection

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[sa.Connection]:
        try:
            connection = self.engine.connect()
        except sa.exc.TimeoutError as error:
            raise DatabaseBusy(reason=reason_of(error)) from error
        except sa.exc.DBAPIError as error:
            raise (DatabaseBusy if is_temporary(error) else DatabaseFailed)(reason=reason_of(error)) from error
        with connection:
            try:
                with connection.execution_options(**options).begin():
                    yield connection
            except sa.exc.DBAPIError as error:
                if is_read_only(error):
                    # This connection may stay read-only; a new one may reach a server that accepts writes.
                    connection.invalidate()
                    raise DatabaseBusy(READ_ONLY, reason=reason_of(error)) from error
                if not is_temporary(error):
                    raise
                raise DatabaseBusy(reason=reason_of(error)) from error

    def close(self) -> None:
        """Close the idle connections; the next transaction opens a new one."""
        self.engine.dispose()

    def singleton(self, cls: type[Single]) -> Single:
        """Return the per-process singleton of `cls` for this database, created at the first call."""
        found: Single | None = self._singletons.get(cls)
        return found or self._singletons.setdefault(cls, cls())

    def now(self, connection: sa.Connection) -> datetime:
        """Return the time of the database's clock, in UTC. SQLite runs in this process and shares its clock."""
        if self.is_sqlite:
            return datetime.now(UTC)
        moment: datetime = connection.execute(sa.select(clock("postgresql"))).scalar_one()
        return moment


def open_database(
    url: str, *, pool_size: int = 16, pool_timeout_seconds: int = 3, limits: Limits = NO_LIMITS
) -> Database:
    """Return the database at a SQLAlchemy URL, without connecting to it. `limits` apply to PostgreSQL.

    Raises:
        sqlalchemy.exc.ArgumentError: the URL is malformed.
        DatabaseNotSupported: the URL is not of a SQLite or PostgreSQL database.
    """
    address = sa.make_url(url)
    backend = address.get_backend_name()
    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": pool_timeout_seconds}
    if backend == "sqlite":
        return Database(sqlite_engine(address, pool))
    if backend not in POSTGRESQL:
        raise DatabaseNotSupported(
            f"Expected a database URL such as sqlite:///FILE or postgresql+psycopg://...; found {backend}."
        )
    return Database(postgresql_engine(address, pool, limits))


def clock(dialect: str) -> sa.ColumnElement[datetime]:
    """Return the SQL expression of a database's clock. SQLite has no clock: bind this process's time to `here`."""
    here: sa.BindParameter[datetime] = sa.bindparam("here", type_=InstantType)
    return here if dialect == "sqlite" else sa.func.clock_timestamp(type_=InstantType)


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """Return the dialect's own INSERT, which accepts ON CONFLICT."""
    return INSERTS[connection.dialect.name](table)


def constraint_of(error: sa.exc.DBAPIError) -> str:
    """Return the name of the constraint that a statement violated, or an empty string.

    PostgreSQL reports the name. SQLite names a check constraint, but reports only the columns of a unique constraint
    (`UNIQUE constraint failed: events.operation_id, events.id`); our naming convention gives its name.
    """
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return str(diagnostics.constraint_name or "")
    message = str(error.orig)
    if check := re.search(r"CHECK constraint failed: (\w+)", message):
        return check[1]
    if unique := re.search(r"UNIQUE constraint failed: (.+)", message):
        table, columns = unique[1].split(".")[0], re.findall(r"\.(\w+)", unique[1])
        return f"{table}_{'_'.join(columns)}_key"
    return ""
