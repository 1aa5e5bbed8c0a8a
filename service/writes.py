"""What a transaction writes, collected and sent with little between us and the driver.

PostgreSQL takes rows of one table in few statements of many rows, and all statements, with the commit, in one round
trip. Very many rows of a table go ahead by COPY, and are stored while the next are made. SQLite is no further than a
function call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Any

import sqlalchemy as sa

from service.db import Instant
from service.driver import Statement, Values, bind_processors, driver_of, filled, own_errors, processed
from service.pipeline import COMMIT, Query, pipeline_of

# More cost less by COPY.
MOST_ROWS_IN_A_STATEMENT = 64
# The values of one row, in the order of its table's columns.
Row = tuple[Any, ...]

TYPE_NAMES: dict[type[Any], str] = {
    sa.BigInteger: "int8",
    sa.Boolean: "bool",
    sa.Integer: "int4",
    Instant: "timestamptz",
    sa.LargeBinary: "bytea",
    sa.Text: "text",
    sa.Uuid: "uuid",
}


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows of a table, and what is to be done instead where there is such a row already, as SQL says it."""

    table: sa.Table
    rows: Sequence[Row]
    on_conflict: str = ""

    @property
    def is_copied(self) -> bool:
        """Whether PostgreSQL is sent the rows by COPY, which knows of no conflicts."""
        return len(self.rows) > MOST_ROWS_IN_A_STATEMENT and not self.on_conflict


class Writes:
    """Rows to insert, and then statements to execute, on one connection. What is written is complete after `send`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._is_postgresql = connection.dialect.name == "postgresql"
        self.inserts: list[Insert] = []
        self.statements: list[tuple[Statement, Values]] = []

    @property
    def connection(self) -> sa.Connection:
        """The connection, free to be used by others: the rows that are on their way have been stored.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses them. Only a rollback is possible then.
        """
        if self._is_postgresql:
            with own_errors(self._connection):
                pipeline_of(self._connection).finish_copy()
        return self._connection

    def insert(self, table: sa.Table, rows: Sequence[Row], *, on_conflict: str = "") -> None:
        """Have rows inserted: the values of each in the order of the table's columns. Very many are sent at once.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses what was sent before. Only a rollback is possible then.
        """
        insert = Insert(table, rows, on_conflict)
        if self._is_postgresql and insert.is_copied:
            with own_errors(self._connection):
                pipeline_of(self._connection).copy(_copying(table), _type_names(table), rows)
        elif rows:
            self.inserts.append(insert)

    def execute(self, make: Statement, values: Values) -> None:
        """Have a statement executed after all inserts."""
        self.statements.append((make, values))

    def send(self, *, and_commit: bool = False) -> None:
        """Write what has been collected; and commit, on the way, what is then the whole transaction.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses any of it. Only a rollback is possible then.
        """
        inserts, statements, self.inserts, self.statements = self.inserts, self.statements, [], []
        send = _send_to_postgresql if self._is_postgresql else _send_to_sqlite
        with own_errors(self._connection):
            queries = [filled(make, self._connection.dialect.name, values) for make, values in statements]
            send(self._connection, inserts, queries, and_commit=and_commit)


def _send_to_sqlite(
    connection: sa.Connection, inserts: Sequence[Insert], statements: Sequence[Query], *, and_commit: bool
) -> None:
    driver = driver_of(connection)
    for one in inserts:
        processors = bind_processors(one.table, "sqlite")
        driver.executemany(_into_sqlite(one.table, one.on_conflict), (processed(row, processors) for row in one.rows))
    for query in statements:
        driver.execute(*query)
    if and_commit:
        driver.commit()


def _send_to_postgresql(
    connection: sa.Connection, inserts: Sequence[Insert], statements: Sequence[Query], *, and_commit: bool
) -> None:
    queries = [query for one in inserts for query in _insertions(one)]
    queries += [*statements, COMMIT] if and_commit else statements
    pipeline_of(connection).run(queries)


def _insertions(insert: Insert) -> Iterator[Query]:
    """Yield statements of 64, 32, 16, ... rows: few that serve any number of rows, so that each is prepared once."""
    start = 0
    while left := len(insert.rows) - start:
        size = min(1 << left.bit_length() - 1, MOST_ROWS_IN_A_STATEMENT)
        values = chain.from_iterable(insert.rows[start : start + size])
        yield _into_postgresql(insert.table, size, insert.on_conflict), list(values)
        start += size


@cache
def _into_sqlite(table: sa.Table, on_conflict: str) -> str:
    """Return the statement that inserts a row into a table of SQLite."""
    return _into(table, f"({', '.join('?' for _ in table.columns)})", on_conflict)


@cache
def _into_postgresql(table: sa.Table, size: int, on_conflict: str) -> str:
    """Return the statement that inserts so many rows into a table of PostgreSQL."""
    types, numbers = _type_names(table), count(1)
    rows = (", ".join(f"${next(numbers)}::{name}" for name in types) for _ in range(size))
    return _into(table, ", ".join(f"({row})" for row in rows), on_conflict)


def _into(table: sa.Table, rows: str, on_conflict: str) -> str:
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES {rows} {on_conflict}"  # noqa: S608 - our own words


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
