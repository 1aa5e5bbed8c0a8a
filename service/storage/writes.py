"""The writes of a transaction, collected and sent together.

PostgreSQL gets all statements and the commit in one round trip, with the rows of a table in a few multi-row statements.
If a table has more rows than fit in one statement, they are sent first, by COPY. SQLite, which runs in this process,
executes one statement at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.storage.db import InstantType
from service.storage.statements import (
    Statement,
    Values,
    apply_processors,
    as_sqlalchemy_errors,
    bind_processors,
    bound_query,
    driver_connection,
)

if TYPE_CHECKING:
    from service.storage.pipeline import Query

# COPY takes less CPU time for more rows than this, and more for fewer.
MAX_ROWS_IN_A_STATEMENT = 64
# The values of one row, in the order of its table's columns.
Row = tuple[Any, ...]

# PostgreSQL's names for the types of our columns.
TYPE_NAMES: dict[type[Any], str] = {
    sa.BigInteger: "int8",
    sa.Boolean: "bool",
    sa.Integer: "int4",
    InstantType: "timestamptz",
    sa.LargeBinary: "bytea",
    sa.Text: "text",
    sa.Uuid: "uuid",
}


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows to insert into a table. `on_conflict` is an ON CONFLICT clause, for rows that already exist."""

    table: sa.Table
    rows: Sequence[Row]
    on_conflict: str = ""

    @property
    def uses_copy(self) -> bool:
        """Whether PostgreSQL gets the rows by COPY, which has no ON CONFLICT."""
        return len(self.rows) > MAX_ROWS_IN_A_STATEMENT and not self.on_conflict


class Writes:
    """Rows to insert, then statements to execute, in one transaction. `send` writes them."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.inserts: list[Insert] = []
        self.statements: list[tuple[Statement, Values]] = []

    def insert(self, table: sa.Table, rows: Sequence[Row], *, on_conflict: str = "") -> None:
        """Add rows to insert, each with its values in the order of the table's columns."""
        if rows:
            self.inserts.append(Insert(table, rows, on_conflict))

    def execute(self, make: Statement, values: Values) -> None:
        """Add a statement to execute after all inserts."""
        self.statements.append((make, values))

    def send(self, *, and_commit: bool = False) -> None:
        """Write everything added since the last `send`. `and_commit` also commits the transaction.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses a statement. The transaction can then only be rolled back.
        """
        inserts, statements, self.inserts, self.statements = self.inserts, self.statements, [], []
        dialect = self.connection.dialect.name
        with as_sqlalchemy_errors(self.connection):
            queries = [bound_query(make, dialect, values) for make, values in statements]
            if dialect == "sqlite":
                _send_to_sqlite(self.connection, inserts, queries, and_commit=and_commit)
            else:
                _send_to_postgresql(self.connection, inserts, queries, and_commit=and_commit)


def _send_to_sqlite(
    connection: sa.Connection, inserts: Sequence[Insert], statements: Sequence[Query], *, and_commit: bool
) -> None:
    driver = driver_connection(connection)
    for one in inserts:
        processors = bind_processors(one.table, "sqlite")
        driver.executemany(
            _sqlite_insert(one.table, one.on_conflict), (apply_processors(row, processors) for row in one.rows)
        )
    for query in statements:
        driver.execute(*query)
    if and_commit:
        driver.commit()


def _send_to_postgresql(
    connection: sa.Connection, inserts: Sequence[Insert], statements: Sequence[Query], *, and_commit: bool
) -> None:
    # Late, because its driver takes long to import.
    from service.storage.pipeline import COMMIT, pipeline_of  # noqa: PLC0415

    queries: list[Query] = []
    for one in inserts:
        if one.uses_copy:
            _copy(connection, one)
        else:
            queries += _insert_queries(one)
    queries += [*statements, COMMIT] if and_commit else statements
    pipeline_of(connection).run(queries)


def _copy(connection: sa.Connection, insert: Insert) -> None:
    """Insert rows by COPY in binary format, which takes half the CPU time of the text format."""
    statement = f"COPY {insert.table.name} ({_columns(insert.table)}) FROM STDIN (FORMAT binary)"
    with driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(_type_names(insert.table))
        for row in insert.rows:
            copy.write_row(row)


def _insert_queries(insert: Insert) -> Iterator[Query]:
    """Yield statements of 64, 32, 16, ... rows: a few prepared statements serve any number of rows."""
    start = 0
    while left := len(insert.rows) - start:
        size = min(1 << left.bit_length() - 1, MAX_ROWS_IN_A_STATEMENT)
        values = chain.from_iterable(insert.rows[start : start + size])
        yield _postgresql_insert(insert.table, size, insert.on_conflict), list(values)
        start += size


@cache
def _sqlite_insert(table: sa.Table, on_conflict: str) -> str:
    """Return the statement that inserts one row into a SQLite table."""
    return _insert_text(table, f"({', '.join('?' for _ in table.columns)})", on_conflict)


@cache
def _postgresql_insert(table: sa.Table, size: int, on_conflict: str) -> str:
    """Return the statement that inserts `size` rows into a PostgreSQL table."""
    types, numbers = _type_names(table), count(1)
    rows = (", ".join(f"${next(numbers)}::{name}" for name in types) for _ in range(size))
    return _insert_text(table, ", ".join(f"({row})" for row in rows), on_conflict)


def _insert_text(table: sa.Table, rows: str, on_conflict: str) -> str:
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES {rows} {on_conflict}"  # noqa: S608 - no user input


def _columns(table: sa.Table) -> str:
    return ", ".join(column.name for column in table.columns)


@cache
def _type_names(table: sa.Table) -> list[str]:
    """Return PostgreSQL's names for the types of a table's columns."""
    families = [type(column.type).__mro__ for column in table.columns]
    return [next(TYPE_NAMES[cls] for cls in family if cls in TYPE_NAMES) for family in families]
