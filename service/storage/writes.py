"""The writes of a transaction, collected and then sent together.

PostgreSQL gets all statements, with the commit, in one round trip, and the rows of a table in a few statements of many
rows. If a table has more rows than one statement takes, they go first, by COPY. SQLite, which runs in this process, is
called for each statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Any

import sqlalchemy as sa

from service.storage.db import Instant
from service.storage.pipeline import COMMIT, Query, pipeline_of
from service.storage.statements import (
    Statement,
    Values,
    bind_processors,
    driver_of,
    filled,
    processed,
    sqlalchemy_errors,
)

# COPY takes less processor time for more rows than this, and more for fewer.
MOST_ROWS_IN_A_STATEMENT = 64
# The values of one row, in the order of its table's columns.
Row = tuple[Any, ...]

# What PostgreSQL calls the types of our columns.
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
    """Rows to insert into a table. `on_conflict` is the SQL of what to do where a row is there already."""

    table: sa.Table
    rows: Sequence[Row]
    on_conflict: str = ""

    @property
    def is_copied(self) -> bool:
        """Whether PostgreSQL gets the rows by COPY, which has no ON CONFLICT."""
        return len(self.rows) > MOST_ROWS_IN_A_STATEMENT and not self.on_conflict


class Writes:
    """Rows to insert, then statements to execute, in one transaction. Nothing is written until `send`."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.inserts: list[Insert] = []
        self.statements: list[tuple[Statement, Values]] = []

    def insert(self, table: sa.Table, rows: Sequence[Row], *, on_conflict: str = "") -> None:
        """Add rows to insert: the values of each in the order of the table's columns."""
        if rows:
            self.inserts.append(Insert(table, rows, on_conflict))

    def execute(self, make: Statement, values: Values) -> None:
        """Add a statement to execute after all inserts."""
        self.statements.append((make, values))

    def send(self, *, and_commit: bool = False) -> None:
        """Write what was added since the last `send`. `and_commit` also commits the transaction.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses any of it. The transaction can then only be rolled back.
        """
        inserts, statements, self.inserts, self.statements = self.inserts, self.statements, [], []
        dialect = self.connection.dialect.name
        with sqlalchemy_errors(self.connection):
            queries = [filled(make, dialect, values) for make, values in statements]
            if dialect == "sqlite":
                _send_to_sqlite(self.connection, inserts, queries, and_commit=and_commit)
            else:
                _send_to_postgresql(self.connection, inserts, queries, and_commit=and_commit)


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
    queries: list[Query] = []
    for one in inserts:
        if one.is_copied:
            _copy(connection, one)
        else:
            queries += _insertions(one)
    queries += [*statements, COMMIT] if and_commit else statements
    pipeline_of(connection).run(queries)


def _copy(connection: sa.Connection, insert: Insert) -> None:
    """Insert rows by COPY in binary form, which takes half the processor time of its text form."""
    statement = f"COPY {insert.table.name} ({_columns(insert.table)}) FROM STDIN (FORMAT binary)"
    with driver_of(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(_type_names(insert.table))
        for row in insert.rows:
            copy.write_row(row)


def _insertions(insert: Insert) -> Iterator[Query]:
    """Yield statements of 64, 32, 16, ... rows: a few texts serve any number of rows, and each is prepared once."""
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
    """Return the statement that inserts `size` rows into a table of PostgreSQL."""
    types, numbers = _type_names(table), count(1)
    rows = (", ".join(f"${next(numbers)}::{name}" for name in types) for _ in range(size))
    return _into(table, ", ".join(f"({row})" for row in rows), on_conflict)


def _into(table: sa.Table, rows: str, on_conflict: str) -> str:
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES {rows} {on_conflict}"  # noqa: S608 - our own words


def _columns(table: sa.Table) -> str:
    return ", ".join(column.name for column in table.columns)


@cache
def _type_names(table: sa.Table) -> list[str]:
    """Return what PostgreSQL calls the types of a table's columns."""
    families = [type(column.type).__mro__ for column in table.columns]
    return [next(TYPE_NAMES[cls] for cls in family if cls in TYPE_NAMES) for family in families]
