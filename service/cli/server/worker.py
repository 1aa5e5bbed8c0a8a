"""The worker: its main thread receives requests from all connections at once, and threads get whole ones to answer.

gunicorn's own worker gives a connection to a thread as soon as it has sent a byte, so a few dozen clients that send
one byte and wait hold all threads. Here slow clients hold none, and health checks have threads of their own.
"""

from __future__ import annotations

import logging
import select
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from socket import SHUT_WR, socket
from time import monotonic
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

from service.cli.server.arriving import MOST_BYTES_OF_A_HEAD, Arriving
from service.cli.server.paced_socket import PacedSocket, SlowTakers
from service.cli.server.refusals import refusal

HEAD_SECONDS = 10.0
SHORT_BODY_SECONDS = 30.0
TURN_SECONDS = 10.0
LINGER_SECONDS = 2.0
# A stopping worker still reads what clients were sending.
STOP_SECONDS = 2.0
HEALTH_THREADS = 2
RECEIVED_AT_ONCE = 64 * 1024

logger = logging.getLogger(__name__)


class PatientWorker(ThreadWorker):
    """A worker that gives threads whole requests, and answers what it refuses with problems.

    Each connection that is not with a thread is in one of four places, each in order of deadline:
    `heads` (its next request has not begun, or its head is incomplete), `bodies` (its head has arrived, and its short
    body has not), `queued` (its large body waits for one of the places for such) and `closing` (its last answer has
    been sent, and what it still sends is discarded). Only the main thread changes them.
    """

    def init_process(self) -> None:
        """Prepare, then run until the worker is stopped."""
        self.heads: dict[TConn, Arriving] = {}
        self.bodies: dict[TConn, Arriving] = {}
        self.queued: deque[tuple[float, TConn]] = deque()
        self.closing: dict[TConn, float] = {}
        self.watched: set[TConn] = set()
        self.large: set[TConn] = set()
        self.most_large = max(1, self.app.config.threads * 3 // 4)
        self.slow_takers = SlowTakers(self.most_large)
        self.health_pool = ThreadPoolExecutor(HEALTH_THREADS, thread_name_prefix="health")
        super().init_process()

    # --- receiving

    def enqueue_req(self, conn: TConn) -> None:
        """Receive the next request of a connection, which is new or was kept alive."""
        if conn.parser is None:
            conn.sock = PacedSocket(conn.sock, self.slow_takers)
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            # gunicorn would wait for the first byte in a thread.
            conn.initialized = conn.data_ready = True
            if self.nr_conns >= self.worker_connections:
                self._make_room()
        arriving = Arriving(conn.parser.unreader.take_buffered(), monotonic() + HEAD_SECONDS)
        self.heads[conn] = arriving
        if arriving.received and arriving.is_complete:
            self._hand_over(conn, arriving)
            return
        self._receive(conn, conn.sock)
        if conn in self.heads or conn in self.bodies:
            self._watch(conn, self._receive)

    def _receive(self, conn: TConn, client: PacedSocket) -> None:
        arriving = self.heads.get(conn) or self.bodies.get(conn)
        if arriving is None:
            return
        try:
            data = client.receive_now(RECEIVED_AT_ONCE)
        except OSError:
            self._forget(conn)
            return
        if data is None:
            return
        arriving.received += data
        if not arriving.received:
            self._forget(conn)
        elif arriving.is_complete or not data:
            self._hand_over(conn, arriving)
        elif arriving.has_head:
            if self.heads.pop(conn, None):
                arriving.deadline = monotonic() + SHORT_BODY_SECONDS
                self.bodies[conn] = arriving
        elif len(arriving.received) > MOST_BYTES_OF_A_HEAD:
            self._refuse(conn, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _hand_over(self, conn: TConn, arriving: Arriving) -> None:
        """Give a request to a thread, or let it wait for one of the places for large requests."""
        self._leave(conn)
        conn.parser.unreader.unread(bytes(arriving.received))
        conn.sock.renew()
        if arriving.is_health_check:
            # Its answer is short. Whoever does not take it sends many checks and reads nothing.
            conn.sock.renew(waits=False)
            self._submit(self.health_pool, conn)
        elif arriving.is_long and len(self.large) >= self.most_large:
            self.queued.append((monotonic() + TURN_SECONDS, conn))
        else:
            self._submit_to_threads(conn, is_large=arriving.is_long)

    def _submit_to_threads(self, conn: TConn, *, is_large: bool) -> None:
        if is_large:
            self.large.add(conn)
        self._submit(self.tpool, conn)

    def _submit(self, pool: ThreadPoolExecutor, conn: TConn) -> None:
        def finished(future: Future[Any]) -> None:
            self.method_queue.defer(self.finish_request, conn, future)

        pool.submit(self.handle, conn).add_done_callback(finished)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Let the next large request begin, and keep the connection or close it."""
        if conn in self.large:
            self.large.remove(conn)
            if self.queued:
                _deadline, following = self.queued.popleft()
                self._submit_to_threads(following, is_large=True)
        if fs.cancelled() or fs.exception() or not fs.result():
            # gunicorn would wait for the client here, in the main thread.
            self._linger(conn)
        else:
            super().finish_request(conn, fs)

    # --- deadlines, and room for new connections

    def murder_pending(self) -> None:
        """Refuse the connections whose time is over; gunicorn calls this at least each second."""
        now = monotonic()
        while self.heads and (first := next(iter(self.heads))) and self.heads[first].deadline <= now:
            if self.heads[first].received:
                self._refuse(first, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._forget(first)
        while self.bodies and (first := next(iter(self.bodies))) and self.bodies[first].deadline <= now:
            self._refuse(first, HTTPStatus.REQUEST_TIMEOUT)
        while self.queued and self.queued[0][0] <= now:
            self._refuse(self.queued.popleft()[1], HTTPStatus.SERVICE_UNAVAILABLE)
        while self.closing and (first := next(iter(self.closing))) and self.closing[first] <= now:
            self._forget(first)

    def _make_room(self) -> None:
        """Let the time of the connection that has been silent for longest be over."""
        if self.heads:
            next(iter(self.heads.values())).deadline = 0.0
        elif self.keepalived_conns:
            self.keepalived_conns[0].timeout = 0.0

    def _refuse(self, conn: TConn, status: HTTPStatus) -> None:
        """Answer a request that no thread has, and close its connection."""
        logger.info("refused before it was read: %d %s", status, status.phrase)
        self._leave(conn)
        with suppress(OSError):
            conn.sock.setblocking(False)
            conn.sock.send(refusal(status))
        self._linger(conn)

    def _linger(self, conn: TConn) -> None:
        """Close a connection, but read on until its client does: else it would be reset before the answer is read."""
        self.closing[conn] = monotonic() + LINGER_SECONDS
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(SHUT_WR)
        except OSError:
            self._forget(conn)
            return
        self._discard(conn, conn.sock)
        if conn in self.closing:
            self._watch(conn, self._discard)

    def _discard(self, conn: TConn, client: PacedSocket) -> None:
        try:
            ended = client.receive_now(RECEIVED_AT_ONCE) == b""
        except OSError:
            ended = True
        if ended and conn in self.closing:
            self._forget(conn)

    def _watch(self, conn: TConn, callback: Callable[[TConn, PacedSocket], None]) -> None:
        self.poller.register(conn.sock, EVENT_READ, partial(callback, conn))
        self.watched.add(conn)

    def _forget(self, conn: TConn) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        conn.close()

    def _leave(self, conn: TConn) -> None:
        for place in (self.heads, self.bodies, self.closing):
            place.pop(conn, None)
        if conn in self.watched:
            self.watched.remove(conn)
            self.poller.unregister(conn.sock)

    # --- stopping

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Accept connections, or stop it. A stopping worker first accepts those that the system holds for it.

        Their requests may have been sent before the worker was told to stop, and would be reset.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                _accept_all(listener, self.accept)
                listener.close()
            for arriving in self.heads.values():
                arriving.deadline = min(arriving.deadline, monotonic() + STOP_SECONDS)

    # --- errors

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Let gunicorn choose the status and log the error; send the answer as a problem."""
        answer = _Captured()
        super().handle_error(req, answer, addr, exc)
        if answer.status is not None:
            with suppress(OSError):
                client.sendall(refusal(answer.status))


def _accept_all(listener: socket, accept: Callable[[socket], None]) -> None:
    """Accept the connections that are waiting at a listener."""
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while waiting.poll(0):
        accept(listener)


class _Captured:
    """Stands in for a socket: takes an answer and keeps its status."""

    def __init__(self) -> None:
        self.status: HTTPStatus | None = None

    def gettimeout(self) -> float:
        """Return that it never blocks."""
        return 0.0

    def sendall(self, answer: bytes) -> None:
        """Take the answer."""
        self.status = HTTPStatus(int(answer.split()[1]))
