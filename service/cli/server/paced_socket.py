"""A connection that ends when its client stalls, or is slower than a minimum rate, whether it sends or receives."""

from __future__ import annotations

import select
import socket
from errno import ECONNRESET
from math import inf
from threading import Lock
from time import monotonic
from typing import Any

STALL_SECONDS = 30.0
LEAST_BYTES_PER_SECOND = 500
# A plain number: Python's flags take longer to combine than the system to send.
WITHOUT_WAITING = int(socket.MSG_DONTWAIT)
# No byte gives this patience back.
NONE_LEFT = -inf
# A client for which the service has waited so long, during one answer, is slow.
SLOW_AFTER_SECONDS = 1.0


class SlowTakers:
    """The clients that take an answer slowly and are waited for at this moment: at most `most`.

    When there are more, the slowest is given up: each holds a thread that others need.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._waited_for: set[PacedSocket] = set()

    def add(self, client: PacedSocket) -> None:
        """Add a client; if there are too many now, take its patience from the slowest."""
        with self._lock:
            self._waited_for.add(client)
            if len(self._waited_for) > self.most:
                slowest = min(self._waited_for, key=lambda one: one.taken / one.waited)
                slowest.patience = NONE_LEFT
                self._waited_for.remove(slowest)

    def remove(self, client: PacedSocket) -> None:
        """Remove a client that is no longer waited for, if it is one of these."""
        with self._lock:
            self._waited_for.discard(client)


class PacedSocket(socket.socket):
    """A blocking socket on which only waiting for the client is limited.

    A client may keep the service waiting for 30 seconds. Each 500 bytes that it sends or takes give it back a second,
    so a body of any length can arrive, at this rate or faster. The time that the service itself takes does not count.
    """

    __slots__ = ("patience", "slow_takers", "taken", "waited")

    def __init__(self, plain: socket.socket, slow_takers: SlowTakers) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.slow_takers = slow_takers
        self.renew()

    def renew(self, *, waits: bool = True) -> None:
        """Begin a new request, with all patience. If it does not wait, the answer is sent at once or not at all."""
        self.patience = STALL_SECONDS if waits else NONE_LEFT
        self.taken, self.waited = 0, 0.0

    def receive_now(self, most: int) -> bytes | None:
        """Return what has arrived, b"" if the client has ended the connection; None if nothing has arrived."""
        try:
            return super().recv(most, WITHOUT_WAITING)
        except BlockingIOError:
            return None

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return at least a byte, or b"" if the client has ended the connection.

        Raises:
            TimeoutError: the client stalled.
        """
        if self.gettimeout() is not None:
            return super().recv(size, flags)
        while (data := self.receive_now(size)) is None:
            if not self._wait(select.POLLIN):
                raise TimeoutError("the client stalled while sending")
        self._give_back(len(data))
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it.

        Raises:
            ConnectionResetError: the client stalled, and is treated as gone.
        """
        if self.gettimeout() is not None:
            super().sendall(data, flags)
            return
        rest = memoryview(data)
        while rest:
            try:
                sent = super().send(rest, flags | WITHOUT_WAITING)
            except BlockingIOError:
                if not self._wait_to_send():
                    raise ConnectionResetError(ECONNRESET, "the client stalled while receiving") from None
            else:
                self.taken += sent
                self._give_back(sent)
                rest = rest[sent:]

    def _wait_to_send(self) -> bool:
        """Wait until the client takes more, while patience lasts; return whether it does."""
        while True:
            if self.waited >= SLOW_AFTER_SECONDS:
                self.slow_takers.add(self)
            begun = monotonic()
            try:
                is_ready = self._wait(select.POLLOUT, SLOW_AFTER_SECONDS)
            finally:
                self.waited += monotonic() - begun
                self.slow_takers.remove(self)
            if is_ready or self.patience <= 0:
                return is_ready

    def _wait(self, event: int, most: float = STALL_SECONDS) -> bool:
        """Wait until the client is ready, while patience lasts and at most so long; return whether it is."""
        begun, poll = monotonic(), select.poll()
        poll.register(self, event)
        ready = bool(poll.poll(max(0.0, min(self.patience, most)) * 1_000))
        self.patience -= monotonic() - begun
        return ready

    def _give_back(self, size: int) -> None:
        self.patience = min(STALL_SECONDS, self.patience + size / LEAST_BYTES_PER_SECOND)
