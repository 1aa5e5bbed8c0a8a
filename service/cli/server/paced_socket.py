"""A connection that ends when its client stalls, or is slower than a minimum rate, whether it sends or receives."""

from __future__ import annotations

import select
import socket
from errno import ECONNRESET
from time import monotonic
from typing import Any

STALL_SECONDS = 30.0
LEAST_BYTES_PER_SECOND = 500


class PacedSocket(socket.socket):
    """A blocking socket on which only waiting for the client is limited.

    A client may keep the service waiting for 30 seconds. Each 500 bytes that it sends or takes give it back a second,
    so a body of any length can arrive, at this rate or faster. The time that the service itself takes does not count.
    """

    __slots__ = ("patience",)

    def __init__(self, plain: socket.socket) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.renew()

    def renew(self) -> None:
        """Begin a new request, with all patience."""
        self.patience = STALL_SECONDS

    def receive_now(self, most: int) -> bytes | None:
        """Return what has arrived, b"" if the client has ended the connection; None if nothing has arrived."""
        try:
            return super().recv(most, socket.MSG_DONTWAIT)
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
                sent = super().send(rest, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                if not self._wait(select.POLLOUT):
                    raise ConnectionResetError(ECONNRESET, "the client stalled while receiving") from None
            else:
                self._give_back(sent)
                rest = rest[sent:]

    def _wait(self, event: int) -> bool:
        """Wait until the client is ready, while patience lasts; return whether it is."""
        begun, poll = monotonic(), select.poll()
        poll.register(self, event)
        ready = bool(poll.poll(self.patience * 1_000))
        self.patience = max(0.0, self.patience - (monotonic() - begun))
        return ready

    def _give_back(self, size: int) -> None:
        self.patience = min(STALL_SECONDS, self.patience + size / LEAST_BYTES_PER_SECOND)
