"""What is to be waited for with libpq, while the interpreter is left to others: that all is sent, and an answer."""

from __future__ import annotations

import select

from psycopg import OperationalError
from psycopg.pq import ConnStatus
from psycopg.pq.abc import PGconn, PGresult


def send_all(pgconn: PGconn) -> None:
    """Send what was collected. The database may want to answer before it takes the rest."""
    while pgconn.flush():
        waiting = select.poll()
        waiting.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & ~select.POLLOUT for _socket, event in waiting.poll()):
            pgconn.consume_input()


def next_result(pgconn: PGconn, readable: select.poll) -> PGresult | None:
    """Return the next result, or None where libpq says that there is no other of a statement.

    `readable` waits until the connection's socket can be read.

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
