"""Waiting for libpq, to send everything or to receive a result, without holding Python's global lock."""

from __future__ import annotations

import select

from psycopg import OperationalError
from psycopg.pq import ConnStatus
from psycopg.pq.abc import PGconn, PGresult


def send_all(pgconn: PGconn) -> None:
    """Send everything that libpq has buffered, and read meanwhile: the server may answer before it takes the rest."""
    while pgconn.flush():
        waiting = select.poll()
        waiting.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & ~select.POLLOUT for _socket, event in waiting.poll()):
            pgconn.consume_input()


def next_result(pgconn: PGconn, readable: select.poll) -> PGresult | None:
    """Return the next result, or None after the last result of a statement.

    `readable` polls the connection's socket for reading.

    Raises:
        psycopg.OperationalError: the connection is lost.
    """
    while pgconn.is_busy():
        readable.poll()
        pgconn.consume_input()
    result = pgconn.get_result()
    if pgconn.status == ConnStatus.BAD:
        raise OperationalError(f"the connection is lost: {pgconn.get_error_message()}")
    return result
