"""What a transaction writes, collected and sent with little between us and the driver.

What one event adds goes to PostgreSQL as one statement, a few rows in one round trip (its pipeline mode), many by COPY,
which stores the first while the last are on their way. SQLite is no further than a function call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa

from service.db import Instant
from service.driver import (
    Statement,
    Values,
    bind_processors,
    driver_of,
    filled,
    own_errors,
    processed,
    text_of,
)

MOST_ROWS_IN_A_STATEMENT, MOST_ROWS_IN_A_PIPELINE = 8, 100
# The values of one row, in the order of its table's columns.
Row = tuple[Any, ...]
Insert = tuple[sa.Table, Sequence[Row]]
Execution = tuple[Statement, Values]
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
    inserts: list[Insert] = field(default_factory=list)
    statements: list[Execution] = field(default_factory=list)

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Have rows inserted: the values of each in the order of the table's columns."""
        if rows:
            self.inserts.append((table, rows))

    def execute(self, make: Statement, values: Values) -> None:
        """Have a statement executed after all inserts."""
        self.statements.append((make, values))

    def send(self, *, and_commit: bool = False) -> None:
        """Write what has been collected, in its order; and commit, on the way, what is then the whole transaction.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses any of it. Only a rollback is possible then.
        """
        inserts, statements, self.inserts, self.statements = self.inserts, self.statements, [], []
        driver, is_postgresql = driver_of(self.connection), self.connection.dialect.name == "postgresql"
        size = sum(len(rows) for _table, rows in inserts)
        together = driver.pipeline() if is_postgresql and size <= MOST_ROWS_IN_A_PIPELINE else nullcontext()
        with own_errors(self.connection), together:
            if not is_postgresql:
                _send_to_sqlite(driver, inserts, statements)
            elif inserts and statements and size <= MOST_ROWS_IN_A_STATEMENT:
                _send_as_one(driver, inserts, statements)
            else:
                _send_one_by_one(driver, inserts, statements)
            if and_commit:
                driver.commit()


def _send_to_sqlite(driver: Any, inserts: Sequence[Insert], statements: Sequence[Execution]) -> None:
    for table, rows in inserts:
        processors = bind_processors(table, "sqlite")
        driver.executemany(_insertion(table, "?"), (processed(row, processors) for row in rows))
    for make, values in statements:
        driver.execute(*filled(make, "sqlite", values))


def _send_as_one(driver: Any, inserts: Sequence[Insert], statements: Sequence[Execution]) -> None:
    """Send everything as one statement. In it an insert goes by its table's name: that is what the others read."""
    text, places = _combined(
        tuple((table, len(rows)) for table, rows in inserts), tuple(make for make, _values in statements)
    )
    added = [value for _table, rows in inserts for row in rows for value in row]
    values = dict(zip(places, added, strict=True))
    for make, given in statements:
        values |= filled(make, "postgresql", given)[1]
    driver.execute(text, values)


def _send_one_by_one(driver: Any, inserts: Sequence[Insert], statements: Sequence[Execution]) -> None:
    for table, rows in inserts:
        _insert(driver, table, rows)
    for make, values in statements:
        driver.execute(*filled(make, "postgresql", values))


def _insert(driver: Any, table: sa.Table, rows: Sequence[Row]) -> None:
    if len(rows) <= MOST_ROWS_IN_A_PIPELINE:
        with driver.cursor() as cursor:
            cursor.executemany(_insertion(table, "%s"), rows)
    else:
        with driver.cursor() as cursor, cursor.copy(_copying(table)) as copy:
            copy.set_types(_type_names(table))
            for row in rows:
                copy.write_row(row)


@cache
def _insertion(table: sa.Table, place: str) -> str:
    places = ", ".join(place for _ in table.columns)
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({places})"  # noqa: S608 - our own tables' names


@cache
def _combined(inserts: tuple[tuple[sa.Table, int], ...], statements: tuple[Statement, ...]) -> tuple[str, list[str]]:
    """Return the text of one statement for inserts of so many rows and these statements, and the inserts' places."""
    parts, places = [], []
    for table, size in inserts:
        rows = [[f"{table.name}_{number}_{column.name}" for column in table.columns] for number in range(size)]
        places += [place for row in rows for place in row]
        lines = ", ".join(f"({', '.join(f'%({place})s' for place in row)})" for row in rows)
        parts.append(f"{table.name} AS (INSERT INTO {table.name} ({_columns(table)}) VALUES {lines} RETURNING *)")  # noqa: S608
    *others, last = [text_of(make, "postgresql") for make in statements]
    parts += [f"statement_{number} AS ({text})" for number, text in enumerate(others)]
    return f"WITH {', '.join(parts)} {last}", places


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
