"""Statements compiled once for each dialect and sent through the driver, without SQLAlchemy's execution.

SQLAlchemy's overhead for each execution is more than most of our statements take. psycopg is imported where it is used:
it takes longer to import than many commands on SQLite run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

if TYPE_CHECKING:
    from service.storage.pipeline import Query, Rows

Values = Mapping[str, Any]
# Returns the statement for a dialect, "postgresql" or "sqlite": always the same one for the same dialect.
Statement = Callable[[str], Any]
Process = Callable[[Any], Any] | None

# How many texts of statements with lists are kept: each length of a list makes another one.
MOST_LENGTHS = 32
DIALECTS: dict[str, sa.Dialect] = {
    "postgresql": PGDialect_psycopg(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]
    "sqlite": SQLiteDialect_pysqlite(),
}


def read_pipelined(connection: sa.Connection, *queries: tuple[Statement, Values]) -> list[Rows]:
    """Return the rows of each query. PostgreSQL executes them in order, in one round trip.

    Each query sees what was committed before it began: a query after a lock sees what the previous holder committed.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refuses one of the queries.
    """
    dialect = connection.dialect.name
    return [
        [apply_processors(row, _result_processors(make, dialect)) for row in rows]
        for (make, _values), rows in zip(queries, read_pipelined_raw(connection, *queries), strict=True)
    ]


def read_pipelined_raw(connection: sa.Connection, *queries: tuple[Statement, Values]) -> list[Rows]:
    """Return the rows of each query like `read_pipelined`, but with the driver's values, not converted by SQLAlchemy.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refuses one of the queries.
    """
    bound = [bound_query(make, connection.dialect.name, values) for make, values in queries]
    with as_sqlalchemy_errors(connection):
        return _run(connection, bound)


def read_raw(connection: sa.Connection, make: Statement, values: Values) -> Rows:
    """Return the rows of a query with the driver's values, not converted by SQLAlchemy. Use this for many rows.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refuses the query.
    """
    query = bound_query(make, connection.dialect.name, values)
    with as_sqlalchemy_errors(connection):
        if connection.dialect.name == "sqlite":
            (rows,) = _run(connection, [query])
            return rows
        from psycopg import RawCursor  # noqa: PLC0415

        return RawCursor(driver_connection(connection)).execute(*query, binary=True).fetchall()


def equals_any(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column equals any value of the list bound to this name."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(sa.bindparam(name, expanding=True))


def bound_query(make: Statement, dialect: str, values: Values) -> Query:
    """Return the text of a statement and its bound parameters in order, as the driver takes them."""
    if lists := _lists(make, dialect):
        lengths = tuple([(name, len(values[name])) for name in lists])
        text, parameters, fixed, names = _parameters_of_lists(make, dialect, lengths)
        given = {**fixed, **values}
        for name in lists:
            given.update(zip(names[name], values[name], strict=True))
    else:
        text, parameters, fixed = _parameters(make, dialect)
        given = {**fixed, **values}
    return text, [given[name] if process is None else process(given[name]) for name, process in parameters]


def driver_connection(connection: sa.Connection) -> Any:
    """Return the driver's connection object."""
    return connection.connection.driver_connection


@contextmanager
def as_sqlalchemy_errors(connection: sa.Connection) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy errors, and invalidate a lost connection, as SQLAlchemy itself does."""
    base: Any = connection.dialect.loaded_dbapi.Error
    driver = driver_connection(connection)
    try:
        yield
    except base as error:
        raise sa.exc.DBAPIError.instance(None, None, error, base, dialect=connection.dialect) from error
    finally:
        # Otherwise the rollback of the lost connection would fail and hide the original error.
        if connection.dialect.name == "postgresql" and driver.closed:
            connection.invalidate()


def apply_processors(values: Sequence[Any], processors: Sequence[Process]) -> tuple[Any, ...]:
    """Return the values, each converted by its processor."""
    pairs = zip(values, processors, strict=True)
    return tuple([value if process is None else process(value) for value, process in pairs])


@cache
def bind_processors(table: sa.Table, dialect: str) -> list[Process]:
    """Return the processors that convert a row's values for the driver, in the order of the table's columns."""
    return [_bind_processor(column.type, dialect) for column in table.columns]


def _run(connection: sa.Connection, queries: Sequence[Query]) -> list[Rows]:
    if connection.dialect.name == "postgresql":
        from service.storage.pipeline import pipeline_of  # noqa: PLC0415

        return pipeline_of(connection).run(queries)
    driver = driver_connection(connection)
    return [driver.execute(*query).fetchall() for query in queries]


@cache
def _compiled(make: Statement, dialect: str) -> Any:
    return make(dialect).compile(dialect=DIALECTS[dialect])


@cache
def _parameters(make: Statement, dialect: str) -> tuple[str, list[tuple[str, Process]], dict[str, Any]]:
    """Return a statement's text, the name and processor of each parameter, and the fixed values."""
    compiled = _compiled(make, dialect)
    binds = _binds(make, dialect)
    parameters = [(name, _bind_processor(binds[name].type, dialect)) for name in compiled.positiontup]
    return str(compiled), parameters, {name: bind.value for name, bind in binds.items() if not bind.required}


@cache
def _lists(make: Statement, dialect: str) -> list[str]:
    """Return the names of the lists of which each value is a parameter, as SQLite has no type for a list."""
    expanded = _compiled(make, dialect).post_compile_params
    return [name for name, bind in _binds(make, dialect).items() if bind in expanded]


@lru_cache(MOST_LENGTHS)
def _parameters_of_lists(
    make: Statement, dialect: str, lengths: tuple[tuple[str, int], ...]
) -> tuple[str, list[tuple[str, Process]], dict[str, Any], Mapping[str, list[str]]]:
    """Return the same as `_parameters` for lists of these lengths, and the names of each list's values."""
    binds = _binds(make, dialect)
    lists = {name: [None] * length for name, length in lengths}
    state = _compiled(make, dialect).construct_expanded_state(dict.fromkeys(binds) | lists)
    parameters = [(name, state.processors.get(name)) for name in state.positiontup]
    fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
    return state.statement, parameters, fixed, state.parameter_expansion


def _binds(make: Statement, dialect: str) -> dict[str, Any]:
    return {name: bind for bind, name in _compiled(make, dialect).bind_names.items()}


def _bind_processor(of_type: sa.types.TypeEngine[Any], dialect: str) -> Process:
    """Return the function that converts values of a type for the driver; None if none is needed."""
    if isinstance(of_type, postgresql.ARRAY) and isinstance(of_type.item_type, sa.Uuid):
        return _uuid_array
    return of_type.dialect_impl(DIALECTS[dialect]).bind_processor(DIALECTS[dialect])


@cache
def _result_processors(make: Statement, dialect: str) -> list[Process]:
    columns = make(dialect).selected_columns
    return [column.type.dialect_impl(DIALECTS[dialect]).result_processor(DIALECTS[dialect], None) for column in columns]


def _uuid_array(ids: Sequence[UUID]) -> str:
    """Return ids as the text of a PostgreSQL array, in a fifth of psycopg's time."""
    return f"{{{','.join([one.hex for one in ids])}}}"
