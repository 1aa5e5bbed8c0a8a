"""What a transaction writes, collected and sent with little between us and the driver.

A few rows go to PostgreSQL in one round trip (its pipeline mode), many by COPY, which stores the first while the last
are on their way. SQLite is no further than a function call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from service.db import Instant

Row = Mapping[str, Any]

Statement = Callable[[str], sa.ClauseElement]

MOST_ROWS_IN_A_PIPELINE = 100
DIALECTS: dict[str, sa.Dialect] = {
    "postgresql": PGDialect_psycopg(),  # type: ignore[no-untyped-call]
    "sqlite": SQLiteDialect_pysqlite(),
}
TYPE_NAMES: dict[type[Any], str] = {
    sa.BigInteger: "int8",
    sa.Boolean: "bool",
    sa.Integer: "int4",
    Instant: "timestamptz",
    sa.LargeBinary: "bytea",
    sa.Text: "text",
    sa.Uuid: "uuid",
}


@dataclass(slots=True)
class Writes:
    """Rows to insert, and then statements to execute, on one connection. Nothing is written before `send`."""

    connection: sa.Connection
    inserts: list[tuple[sa.Table, Sequence[Row]]] = field(default_factory=list)
    statements: list[tuple[Statement, Row]] = field(default_factory=list)

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Have rows inserted that have a value for every column of the table."""
        if rows:
            self.inserts.append((table, rows))

    def execute(self, make: Statement, values: Row) -> None:
        """Have a statement executed after all inserts; `make` gives it for a kind of database, always the same one."""
        self.statements.append((make, values))

    def send(self) -> None:
        """Write what has been collected, in its order.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses any of it. Only a rollback is possible then.
        """
        inserts, statements, self.inserts, self.statements = self.inserts, self.statements, [], []
        dialect = self.connection.dialect
        driver: Any = self.connection.connection.driver_connection
        try:
            with _together(driver, inserts):
                for table, rows in inserts:
                    _insert(driver, table, rows)
                for make, values in statements:
                    driver.execute(*_compiled(make, dialect.name)(values))
        except dialect.loaded_dbapi.Error as error:
            base: Any = dialect.loaded_dbapi.Error
            raise sa.exc.DBAPIError.instance(None, None, error, base, dialect=dialect) from error


def _together(driver: Any, inserts: Sequence[tuple[sa.Table, Sequence[Row]]]) -> AbstractContextManager[Any]:
    """Return the context in which PostgreSQL is asked for the results of a few rows once, at its end."""
    is_small = sum(len(rows) for _table, rows in inserts) <= MOST_ROWS_IN_A_PIPELINE
    return driver.pipeline() if is_small and _is_postgresql(driver) else nullcontext()


def _insert(driver: Any, table: sa.Table, rows: Sequence[Row]) -> None:
    values_of = _values_of(table)
    if not _is_postgresql(driver):
        processors = _processors(table)
        driver.executemany(_insertion(table, "?"), (_processed(values_of(row), processors) for row in rows))
    elif len(rows) <= MOST_ROWS_IN_A_PIPELINE:
        with driver.cursor() as cursor:
            cursor.executemany(_insertion(table, "%s"), map(values_of, rows))
    else:
        with driver.cursor() as cursor, cursor.copy(_copying(table)) as copy:
            copy.set_types(_type_names(table))
            for row in rows:
                copy.write_row(values_of(row))


def _is_postgresql(driver: Any) -> bool:
    return hasattr(driver, "pipeline")


def _processed(values: Sequence[Any], processors: Sequence[Callable[[Any], Any] | None]) -> list[Any]:
    pairs = zip(values, processors, strict=True)
    return [value if process is None else process(value) for value, process in pairs]


@cache
def _values_of(table: sa.Table) -> Callable[[Row], tuple[Any, ...]]:
    return itemgetter(*(column.name for column in table.columns))


@cache
def _insertion(table: sa.Table, place: str) -> str:
    places = ", ".join(place for _ in table.columns)
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({places})"  # noqa: S608 - our own tables' names


@cache
def _copying(table: sa.Table) -> str:
    return f"COPY {table.name} ({_columns(table)}) FROM STDIN (FORMAT binary)"


def _columns(table: sa.Table) -> str:
    return ", ".join(column.name for column in table.columns)


@cache
def _type_names(table: sa.Table) -> list[str]:
    """Return the names of the columns' types on PostgreSQL: in binary form, it converts nothing."""
    families = [type(column.type).__mro__ for column in table.columns]
    return [next(TYPE_NAMES[cls] for cls in family if cls in TYPE_NAMES) for family in families]


@cache
def _processors(table: sa.Table) -> list[Callable[[Any], Any] | None]:
    """Return what turns the columns' values into what SQLite stores."""
    return [_processor(column.type, DIALECTS["sqlite"]) for column in table.columns]


def _processor(of_type: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    return of_type.dialect_impl(dialect).bind_processor(dialect)


@cache
def _compiled(make: Statement, dialect_name: str) -> Callable[[Row], tuple[str, Any]]:
    """Return what gives a statement's text and its values as the driver takes them; compiled once."""
    dialect = DIALECTS[dialect_name]
    compiled: Any = make(dialect_name).compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    processors = {name: _processor(bind.type, dialect) for name, bind in binds.items()}
    fixed = {name: bind.value for name, bind in binds.items() if not bind.required}

    def filled(values: Row) -> tuple[str, Any]:
        all_values = {**fixed, **values}
        processed = {
            name: all_values[name] if process is None else process(all_values[name])
            for name, process in processors.items()
        }
        return str(compiled), [processed[name] for name in compiled.positiontup] if compiled.positional else processed

    return filled
