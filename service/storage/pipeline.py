"""Several statements in one round trip to PostgreSQL, through libpq's pipeline mode, each prepared once a connection.

psycopg has its own pipeline, but its overhead for each statement is several times what our statements take
(docs/performance.md). psycopg still converts the values in both directions.

The name of a prepared statement is a hash of its text. A connection pooler may give the server connection of one client
to another: a name can then be missing or already exist, but it never means another statement.
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
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Query = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]

# Never sent alone: PostgreSQL answers the COMMIT of a failed transaction with a rollback instead of an error.
COMMIT: Query = ("COMMIT", ())
INFO_KEY = "oprecord_pipeline"
HASH_DIGITS = 16


class Pipeline:
    """The pipeline of one connection, with its prepared statements and the converter of its values."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.transformer = Transformer(connection)
        self.prepared: dict[str, bytes] = {}
        self.socket = select.poll()
        self.socket.register(connection.pgconn.socket, select.POLLIN)

    def run(self, queries: Sequence[Query]) -> list[Rows]:
        """Send all queries at once, in a new transaction if none is open; return the rows of each query, in order.

        Raises:
            psycopg.Error: a query failed; those after it were not executed.
        """
        if not queries:
            return []
        dumped = [(text, self._dumped(values)) for text, values in queries]
        new = {text: statement_name(text) for text, _values in dumped if text not in self.prepared}
        try:
            results = self._exchange(new, dumped)
        except BaseException:
            # Unread results may still arrive, so the connection cannot be used again.
            self.connection.close()
            raise
        preparing, executing = results[-len(new) - len(dumped) : -len(dumped)], results[-len(dumped) :]
        # A statement stays prepared when the transaction fails.
        pairs = zip(new.items(), preparing, strict=True)
        fresh = {text: name for (text, name), result in pairs if _is_prepared(result)}
        self.prepared |= fresh
        try:
            self._raise_on_error(results)
        except InvalidSqlStatementName:
            # If one statement is missing, every statement prepared earlier may be.
            self.prepared = fresh
            raise
        except FeatureNotSupported:
            # "Cached plan must not change result type": the name keeps its old plan until the connection closes.
            self.connection.close()
            raise
        return [self._loaded(result) for result in executing]

    def _exchange(self, new: dict[str, bytes], dumped: Sequence[tuple[str, Sequence[Any]]]) -> list[PGresult]:
        """Begin a transaction if none is open, prepare the new statements, and execute the queries.

        Return the results in that order: BEGIN if it was sent, each new statement, each query.
        """
        pgconn = self.connection.pgconn
        pgconn.enter_pipeline_mode()
        if pgconn.transaction_status == TransactionStatus.IDLE:
            # BEGIN comes first, because preparing takes a snapshot, which fixes the isolation level.
            pgconn.send_query_params(self._begin(), None)
        for text, name in new.items():
            pgconn.send_prepare(name, text.encode())
        for text, values in dumped:
            pgconn.send_query_prepared(self.prepared.get(text) or new[text], values)
        pgconn.pipeline_sync()
        _send_all(pgconn)
        results = list(self._results())
        pgconn.exit_pipeline_mode()
        return results

    def _begin(self) -> bytes:
        """Return BEGIN with the connection's isolation level and access mode."""
        level, read_only = self.connection.isolation_level, self.connection.read_only
        isolation = "" if level is None else f" ISOLATION LEVEL {level.name.replace('_', ' ')}"
        return f"BEGIN{isolation}{' READ ONLY' if read_only else ''}".encode()

    def _results(self) -> Iterator[PGresult]:
        """Yield the results up to the end of the pipeline."""
        pgconn = self.connection.pgconn
        while True:
            result = _next_result(pgconn, self.socket)
            if result is None:
                raise OperationalError("PostgreSQL ended the pipeline early")
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            yield result
            # Each statement has one result, followed by None.
            pgconn.get_result()

    def _raise_on_error(self, results: Sequence[PGresult]) -> None:
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result, encoding=self.connection.info.encoding)

    def _dumped(self, values: Sequence[Any]) -> Sequence[Any]:
        return self.transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))

    def _loaded(self, result: PGresult) -> Rows:
        if result.status != ExecStatus.TUPLES_OK:
            return []
        self.transformer.set_pgresult(result)
        return self.transformer.load_rows(0, result.ntuples, tuple)


def statement_name(text: str) -> bytes:
    """Return the name of a prepared statement: the same for the same text in every process."""
    return b"oprecord_" + sha256(text.encode()).hexdigest()[:HASH_DIGITS].encode()


def pipeline_of(connection: sa.Connection) -> Pipeline:
    """Return the pipeline of a PostgreSQL connection: a new one after each reconnection."""
    kept: Pipeline | None = connection.info.get(INFO_KEY)
    driver: Any = connection.connection.driver_connection
    if kept is None or kept.connection is not driver:
        kept = connection.info[INFO_KEY] = Pipeline(driver)
    return kept


def _is_prepared(result: PGresult) -> bool:
    """Return whether a statement is prepared after this result, by this client or by another."""
    sqlstate = result.error_field(DiagnosticField.SQLSTATE) or b""
    return result.status == ExecStatus.COMMAND_OK or sqlstate.decode() == DuplicatePreparedStatement.sqlstate


def _send_all(pgconn: PGconn) -> None:
    """Send everything that libpq has buffered, without the GIL.

    Input is read as well: the server may send results before it accepts the rest.
    """
    while pgconn.flush():
        waiting = select.poll()
        waiting.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & ~select.POLLOUT for _socket, event in waiting.poll()):
            pgconn.consume_input()


def _next_result(pgconn: PGconn, readable: select.poll) -> PGresult | None:
    """Return the next result, or None after the last result of a statement; wait for it without the GIL.

    `readable` polls the connection's socket for reading.

    Raises:
        psycopg.OperationalError: the connection was lost.
    """
    while pgconn.is_busy():
        readable.poll()
        pgconn.consume_input()
    result = pgconn.get_result()
    if pgconn.status == ConnStatus.BAD:
        raise OperationalError(f"the connection was lost: {pgconn.get_error_message()}")
    return result
