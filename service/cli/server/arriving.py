"""What has arrived of a request, and whether it is enough to give the request to a thread."""

from __future__ import annotations

import re

MOST_BYTES_OF_A_HEAD = 64 * 1024
# A single event is at most as long. What is longer is read by a thread, piece by piece.
MOST_BYTES_OF_A_SHORT_BODY = 64 * 1024
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# A length that is not written as usual, such as one of 30 digits, is a body of unknown length.
FRAMING = re.compile(rb"\r\n(?i:content-length:(?:[ \t]*([0-9]{1,18})[ \t]*(?=\r))?|(?:transfer-encoding|expect):)")
HEALTH_CHECKS = (b"GET /healthz ", b"GET /readyz ")


class Arriving:
    """The bytes of a request so far. It is complete with its head and, if that is short, its body.

    This only decides when a request is read. How it is read is for gunicorn's parser alone to decide.
    """

    __slots__ = ("deadline", "is_long", "received", "searched", "size")

    def __init__(self, received: bytes, deadline: float) -> None:
        self.received = bytearray(received)
        self.deadline = deadline
        self.searched = 0
        self.size = 0
        self.is_long = False

    @property
    def has_head(self) -> bool:
        """Whether the whole head has arrived."""
        return self.size > 0

    @property
    def is_complete(self) -> bool:
        """Whether a thread can take the request. Ask again after each piece that was added to `received`."""
        if not self.size:
            end = END_OF_HEAD.search(self.received, self.searched)
            self.searched = max(0, len(self.received) - 3)
            if end is None:
                return False
            self._measure(end.end())
        return self.is_long or len(self.received) >= self.size

    @property
    def is_health_check(self) -> bool:
        """Whether the request asks if the service is up. One with a body that a thread would wait for is none."""
        return not self.is_long and self.received.startswith(HEALTH_CHECKS)

    def _measure(self, head: int) -> None:
        body = 0
        for framing in FRAMING.finditer(self.received, 0, head):
            if framing[1] is None:
                self.is_long = True
            else:
                body = max(body, int(framing[1]))
        self.size = head + body
        self.is_long |= body > MOST_BYTES_OF_A_SHORT_BODY
