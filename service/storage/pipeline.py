"""Several statements in one round trip to PostgreSQL, each prepared once for a connection, through libpq's pipeline.

psycopg has a pipeline of its own, but its work around each statement costs several times what our statements take
(docs/performance.md). psycopg still converts the values in both directions.

A prepared statement is named by the hash of its text. A connection pooler may give the server connection of one client
to another: a name can then be missing or taken already, but it never stands for another statement.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import (
    DuplicatePreparedStatement,
    FeatureNotSupported,
    InvalidSqlStatementName,
    error_from_result,
)
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from service.storage.libpq import next_result, send_all

Query = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]

# Never sent alone: PostgreSQL answers the COMMIT of a failed transaction with a rollback and no error.
COMMIT: Query = ("COMMIT", ())
INFO_KEY = "oprecord_pipeline"
HASH_DIGITS = 16


class Pipeline:
    """The pipeline of one connection: its prepared statements by text, and the converter of its values."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.transformer = Transformer(connection)
        self.prepared: dict[str, bytes] = {}
        self.socket = select.poll()
        self.socket.register(connection.pgconn.socket, select.POLLIN)

    def run(self, queries: Sequence[Query]) -> list[Rows]:
        """Send all queries at once, in a new transaction if none is open; return the rows of each, in their order.

        Raises:
            psycopg.Error: the database refuses one of them; those after it were not executed.
        """
        if not queries:
            return []
        asked = [(text, self._written(values)) for text, values in queries]
        new = {text: statement_name(text) for text, _values in asked if text not in self.prepared}
        try:
            results = self._exchange(new, asked)
        except BaseException:
            # Results that nobody has read may still arrive.
            self.connection.close()
            raise
        preparing, executing = results[-len(new) - len(asked) : -len(asked)], results[-len(asked) :]
        # A statement stays prepared when the transaction fails.
        pairs = zip(new.items(), preparing, strict=True)
        fresh = {text: name for (text, name), result in pairs if _is_prepared(result)}
        self.prepared |= fresh
        try:
            self._raise_if_refused(results)
        except InvalidSqlStatementName:
            # One is missing, so all that were prepared before may be.
            self.prepared = fresh
            raise
        except FeatureNotSupported:
            # "Cached plan must not change result type": the name belongs to the old plan as long as we are connected.
            self.connection.close()
            raise
        return [self._read(result) for result in executing]

    def _exchange(self, new: dict[str, bytes], asked: Sequence[tuple[str, Sequence[Any]]]) -> list[PGresult]:
        """Begin a transaction if none is open, prepare the new statements, and execute what is asked.

        Return the results in that order: of BEGIN if it was sent, of each new statement, of each query.
        """
        pgconn = self.connection.pgconn
        pgconn.enter_pipeline_mode()
        if pgconn.transaction_status == TransactionStatus.IDLE:
            # BEGIN comes first, as preparing takes a snapshot, which fixes the isolation level.
            pgconn.send_query_params(self._begin(), None)
        for text, name in new.items():
            pgconn.send_prepare(name, text.encode())
        for text, values in asked:
            pgconn.send_query_prepared(self.prepared.get(text) or new[text], values)
        pgconn.pipeline_sync()
        send_all(pgconn)
        results = list(self._results())
        pgconn.exit_pipeline_mode()
        return results

    def _begin(self) -> bytes:
        """Return the BEGIN with the isolation level and access mode that the connection is set to."""
        level, read_only = self.connection.isolation_level, self.connection.read_only
        isolation = "" if level is None else f" ISOLATION LEVEL {level.name.replace('_', ' ')}"
        return f"BEGIN{isolation}{' READ ONLY' if read_only else ''}".encode()

    def _results(self) -> Iterator[PGresult]:
        """Yield results up to the end of the pipeline."""
        pgconn = self.connection.pgconn
        while True:
            result = next_result(pgconn, self.socket)
            if result is None:
                raise OperationalError("PostgreSQL ended a pipeline before its end")
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            yield result
            # Each statement has one result, and None after it.
            pgconn.get_result()

    def _raise_if_refused(self, results: Sequence[PGresult]) -> None:
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result, encoding=self.connection.info.encoding)

    def _written(self, values: Sequence[Any]) -> Sequence[Any]:
        return self.transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))

    def _read(self, result: PGresult) -> Rows:
        if result.status != ExecStatus.TUPLES_OK:
            return []
        self.transformer.set_pgresult(result)
        return self.transformer.load_rows(0, result.ntuples, tuple)


def statement_name(text: str) -> bytes:
    """Return the name that a statement is prepared under: the same for the same text in every process."""
    return b"oprecord_" + sha256(text.encode()).hexdigest()[:HASH_DIGITS].encode()


def _is_prepared(result: PGresult) -> bool:
    """Return whether a statement is prepared after this result, by us or already by another client."""
    sqlstate = result.error_field(DiagnosticField.SQLSTATE) or b""
    return result.status == ExecStatus.COMMAND_OK or sqlstate.decode() == DuplicatePreparedStatement.sqlstate


def pipeline_of(connection: sa.Connection) -> Pipeline:
    """Return the pipeline of a connection to PostgreSQL: a new one after each reconnection."""
    kept: Pipeline | None = connection.info.get(INFO_KEY)
    driver: Any = connection.connection.driver_connection
    if kept is None or kept.connection is not driver:
        kept = connection.info[INFO_KEY] = Pipeline(driver)
    return kept
