"""Statements that are compiled once for each kind of database, and sent with little between us and the driver.

SQLAlchemy says what a statement is; what it does around each execution costs more than most of our statements take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

Values = Mapping[str, Any]
# Gives a statement for a kind of database, "postgresql" or "sqlite": for one kind always the same.
Statement = Callable[[str], Any]
Process = Callable[[Any], Any] | None

DIALECTS: dict[str, sa.Dialect] = {
    "postgresql": PGDialect_psycopg(),  # type: ignore[no-untyped-call]
    "sqlite": SQLiteDialect_pysqlite(),
}


def read_together(connection: sa.Connection, *queries: tuple[Statement, Values]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each query. PostgreSQL answers all of them in one round trip, one after another.

    Each sees what was committed before it began: one that follows a lock sees what the previous holder committed.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refuses any of it.
    """
    if connection.dialect.name != "postgresql":
        return [[tuple(row) for row in connection.execute(_made(make, "sqlite"), values)] for make, values in queries]
    driver = driver_of(connection)
    with own_errors(connection), driver.pipeline():
        cursors = [driver.execute(*filled(make, "postgresql", values)) for make, values in queries]
        fetched = [cursor.fetchall() for cursor in cursors]
    return [
        [processed(row, _result_processors(make)) for row in rows]
        for (make, _values), rows in zip(queries, fetched, strict=True)
    ]


def rows_as_stored(connection: sa.Connection, make: Statement, values: Values) -> list[tuple[Any, ...]]:
    """Return the rows of a query as the driver gives them, without what SQLAlchemy makes of them: for many rows.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refuses it.
    """
    dialect, driver = connection.dialect.name, driver_of(connection)
    in_binary = {"binary": True} if dialect == "postgresql" else {}
    with own_errors(connection):
        rows: list[tuple[Any, ...]] = driver.execute(*filled(make, dialect, values), **in_binary).fetchall()
    return rows


def one_of(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column is one of the values bound to this name: a list of any length."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(sa.bindparam(name, expanding=True))


def filled(make: Statement, dialect_name: str, values: Values) -> tuple[str, Any]:
    """Return the text of a statement, and its values as the driver takes them."""
    text, order, processors, fixed = _compiled(make, dialect_name)
    given = {**fixed, **values}
    processed = {name: given[name] if process is None else process(given[name]) for name, process in processors.items()}
    return text, processed if order is None else [processed[name] for name in order]


def text_of(make: Statement, dialect_name: str) -> str:
    """Return the text of a statement, with its places for values."""
    return _compiled(make, dialect_name)[0]


def driver_of(connection: sa.Connection) -> Any:
    """Return the driver's connection."""
    return connection.connection.driver_connection


@contextmanager
def own_errors(connection: sa.Connection) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy's, as if it had executed the statement."""
    base: Any = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        raise sa.exc.DBAPIError.instance(None, None, error, base, dialect=connection.dialect) from error


def bind_processor(of_type: sa.types.TypeEngine[Any], dialect_name: str) -> Process:
    """Return what turns a value of a type into what the driver takes; None where it is taken as it is."""
    dialect = DIALECTS[dialect_name]
    return of_type.dialect_impl(dialect).bind_processor(dialect)


def processed(values: Sequence[Any], processors: Sequence[Process]) -> tuple[Any, ...]:
    """Return values as their processors turn them."""
    pairs = zip(values, processors, strict=True)
    return tuple([value if process is None else process(value) for value, process in pairs])


@cache
def bind_processors(table: sa.Table, dialect_name: str) -> list[Process]:
    """Return what turns the values of a row into what the driver takes, in the order of the table's columns."""
    return [bind_processor(column.type, dialect_name) for column in table.columns]


@cache
def _made(make: Statement, dialect_name: str) -> Any:
    return make(dialect_name)


@cache
def _compiled(
    make: Statement, dialect_name: str
) -> tuple[str, Sequence[str] | None, dict[str, Process], dict[str, Any]]:
    """Return a statement's text, the order of its values if it has one, what processes them, and the fixed ones."""
    compiled: Any = make(dialect_name).compile(dialect=DIALECTS[dialect_name])
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    return (
        str(compiled),
        compiled.positiontup if compiled.positional else None,
        {name: bind_processor(bind.type, dialect_name) for name, bind in binds.items()},
        {name: bind.value for name, bind in binds.items() if not bind.required},
    )


@cache
def _result_processors(make: Statement) -> list[Process]:
    dialect = DIALECTS["postgresql"]
    columns = _made(make, "postgresql").selected_columns
    return [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
