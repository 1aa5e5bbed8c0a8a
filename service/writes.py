"""What a transaction writes, collected and sent with little between us and the driver.

A few rows go to PostgreSQL in one round trip (its pipeline mode), many by COPY, which stores the first while the last
are on their way. SQLite is no further than a function call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from service.db import Instant
from service.driver import Process, Statement, Values, bind_processor, driver_of, filled, own_errors

MOST_ROWS_IN_A_PIPELINE = 100
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
    inserts: list[tuple[sa.Table, Sequence[Values]]] = field(default_factory=list)
    statements: list[tuple[Statement, Values]] = field(default_factory=list)

    def insert(self, table: sa.Table, rows: Sequence[Values]) -> None:
        """Have rows inserted that have a value for every column of the table."""
        if rows:
            self.inserts.append((table, rows))

    def execute(self, make: Statement, values: Values) -> None:
        """Have a statement executed after all inserts."""
        self.statements.append((make, values))

    def send(self) -> None:
        """Write what has been collected, in its order.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses any of it. Only a rollback is possible then.
        """
        inserts, statements, self.inserts, self.statements = self.inserts, self.statements, [], []
        dialect, driver = self.connection.dialect.name, driver_of(self.connection)
        with own_errors(self.connection), _together(driver, inserts):
            for table, rows in inserts:
                _insert(driver, table, rows)
            for make, values in statements:
                driver.execute(*filled(make, dialect, values))


def _together(driver: Any, inserts: Sequence[tuple[sa.Table, Sequence[Values]]]) -> AbstractContextManager[Any]:
    """Return the context in which PostgreSQL is asked for the results of a few rows once, at its end."""
    is_small = sum(len(rows) for _table, rows in inserts) <= MOST_ROWS_IN_A_PIPELINE
    return driver.pipeline() if is_small and _is_postgresql(driver) else nullcontext()


def _insert(driver: Any, table: sa.Table, rows: Sequence[Values]) -> None:
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


def _processed(values: Sequence[Any], processors: Sequence[Process]) -> list[Any]:
    pairs = zip(values, processors, strict=True)
    return [value if process is None else process(value) for value, process in pairs]


@cache
def _values_of(table: sa.Table) -> Callable[[Values], tuple[Any, ...]]:
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
def _processors(table: sa.Table) -> list[Process]:
    return [bind_processor(column.type, "sqlite") for column in table.columns]
