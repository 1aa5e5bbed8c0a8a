"""The load generator: one thread sends prebuilt requests over keep-alive connections, at little cost.

The service and its comparisons get the same load. Any unexpected response ends the case.
"""

from __future__ import annotations

import gc
import re
import selectors
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
TIMEOUT_SECONDS = 120.0
BYTES_AT_A_TIME = 256 * 1024


class UnexpectedAnswer(RuntimeError):
    """The server closed a connection, did not answer, or gave a response that was not expected."""


def request(method: str, path: str, body: bytes = b"", *, secret: str = "", media: str = "application/json") -> bytes:
    """Return a whole HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
    content = f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{head}{content}\r\n".encode() + body


@dataclass(slots=True)
class Load:
    """The result of a load: `seconds` from the first byte sent to the last received, and each response's latency.

    `answered` counts the responses of each stream.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Responses per second."""
        return len(self.latencies) / self.seconds


class Connection:
    """One connection, with at most one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.unsent = memoryview(b"")
        self.received = bytearray()
        self.sent_at = 0.0
        self.answers = 0

    def send(self, raw: bytes) -> None:
        """Start sending a request. If the socket accepts only a part, `continue_sending` sends the rest."""
        self.sent_at = perf_counter()
        self.unsent = memoryview(raw)
        self.continue_sending()

    def continue_sending(self) -> None:
        """Send as much as the socket accepts."""
        while self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
            except BlockingIOError:
                return

    def receive(self, status: int) -> bytes | None:
        """Read available bytes; return the response's body when it is complete, else None.

        Raises:
            UnexpectedAnswer: the response has another status, or the server closed the connection.
        """
        chunk = self.socket.recv(BYTES_AT_A_TIME)
        if not chunk:
            raise UnexpectedAnswer(f"The server closed the connection after {bytes(self.received[:500])!r}")
        self.received += chunk
        end = self.received.find(HEAD_END)
        if end < 0:
            return None
        length = CONTENT_LENGTH.search(self.received, 0, end)
        if length is None:
            raise UnexpectedAnswer(f"Expected a Content-Length; found {bytes(self.received[:500])!r}")
        start = end + len(HEAD_END)
        if len(self.received) < start + int(length[1]):
            return None
        body = bytes(self.received[start:])
        if int(self.received[9:12]) != status:
            raise UnexpectedAnswer(f"Expected {status}; found {bytes(self.received[:end])!r} {body[:500]!r}")
        self.received.clear()
        self.answers += 1
        return body


def drive(port: int, streams: Sequence[Iterable[bytes]], *, status: int, seconds: float | None = None) -> Load:
    """Send each stream of requests over its own connection, one request after another.

    After `seconds`, no new request is sent, and those in flight are completed. Without it, every stream is sent whole.

    Raises:
        UnexpectedAnswer: a response has another status, or did not arrive.
    """
    with selectors.DefaultSelector() as selector, garbage_collector_paused():
        driver = _Driver(selector, status, [(Connection(port), iter(stream)) for stream in streams])
        try:
            return driver.run(seconds)
        finally:
            driver.close()


@contextmanager
def garbage_collector_paused() -> Iterator[None]:
    """Disable the garbage collector during a measurement: it would scan all prepared requests."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Driver:
    def __init__(
        self, selector: selectors.BaseSelector, status: int, streams: Sequence[tuple[Connection, Iterator[bytes]]]
    ) -> None:
        self.selector = selector
        self.status = status
        self.streams = dict(streams)
        self.busy = len(streams)
        self.load = Load()
        self.end = float("inf")

    def run(self, seconds: float | None) -> Load:
        begin = perf_counter()
        self.end = begin + seconds if seconds is not None else self.end
        for connection in self.streams:
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._send_next(connection)
        while self.busy:
            ready = self.selector.select(TIMEOUT_SECONDS)
            if not ready:
                raise UnexpectedAnswer(f"No answer within {TIMEOUT_SECONDS:.0f} seconds")
            for key, mask in ready:
                self._advance(key.data, mask)
        self.load.seconds = perf_counter() - begin
        self.load.answered = [connection.answers for connection in self.streams]
        return self.load

    def close(self) -> None:
        for connection in self.streams:
            connection.socket.close()

    def _advance(self, connection: Connection, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            connection.continue_sending()
            self._wait_for(connection)
        if mask & selectors.EVENT_READ and (body := connection.receive(self.status)) is not None:
            self.load.latencies.append(perf_counter() - connection.sent_at)
            self.load.bodies.append(body)
            self._send_next(connection)

    def _send_next(self, connection: Connection) -> None:
        raw = next(self.streams[connection], None) if perf_counter() < self.end else None
        if raw is None:
            self.busy -= 1
            return
        connection.send(raw)
        if connection.unsent:
            self._wait_for(connection)

    def _wait_for(self, connection: Connection) -> None:
        """Select for writing only while bytes are unsent; otherwise the socket would always be ready."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
        self.selector.modify(connection.socket, events, connection)
