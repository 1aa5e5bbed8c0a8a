"""Sends posts at a steady rate while listeners read the feed; measures each post, and its delivery to each listener."""

from __future__ import annotations

import json
import re
import selectors
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.load import BYTES_AT_A_TIME, Connection, UnexpectedAnswer, garbage_collector_paused

CREATED = 201
POSTING_CONNECTIONS = 16
# After this time a missing response or event counts as lost.
TIMEOUT_SECONDS = 20.0
# The id of an event is a cursor: its seq, a hyphen, and the root of the log there.
EVENT = re.compile(rb"\nid: (\d+)-[0-9a-f]+\n")


class Listener:
    """One subscriber. `arrived` holds the seq and the arrival time of each event, in order of arrival."""

    def __init__(self, port: int, raw: bytes) -> None:
        self.connection = Connection(port)
        self.connection.send(raw)
        self.socket = self.connection.socket
        self.rest = b""
        self.is_answered = False
        self.is_subscribed = False
        self.arrived: list[tuple[int, float]] = []

    def receive(self) -> None:
        """Read available bytes.

        Raises:
            UnexpectedAnswer: the server refused or ended the feed.
        """
        chunk = self.socket.recv(BYTES_AT_A_TIME)
        now, found = perf_counter(), self.rest + chunk
        if not chunk or not (self.is_answered or found.startswith(b"HTTP/1.1 200 ")):
            raise UnexpectedAnswer(f"The server refused or ended a feed: {found[:500]!r}")
        self.is_answered = True
        self.is_subscribed = self.is_subscribed or b"retry:" in found
        # Bytes after the last newline are kept for the next read, with that newline, which starts the next match.
        last_newline = found.rfind(b"\n")
        self.arrived += [(int(seq), now) for seq in EVENT.findall(found[: last_newline + 1])]
        self.rest = found[last_newline:] if last_newline >= 0 else found


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of a run: seconds from each post's scheduled time to its response, and to its arrival at listeners.

    `expected` is the number of arrivals if every event reaches every listener.
    """

    answered: list[float]
    arrived: list[float]
    expected: int


class Broadcast:
    """Listeners, and connections over which each post is sent at its scheduled time."""

    def __init__(self, port: int, listening: Sequence[bytes]) -> None:
        self.selector = selectors.DefaultSelector()
        self.listeners = [Listener(port, raw) for raw in listening]
        # Posts rotate over the connections, since the server closes one that is idle for two seconds.
        self.free = deque(Connection(port) for _ in range(POSTING_CONNECTIONS))
        self.connections = [*self.free, *(listener.connection for listener in self.listeners)]
        for connection in self.free:
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        for listener in self.listeners:
            self.selector.register(listener.socket, selectors.EVENT_READ, listener)
        self.scheduled: dict[Connection, float] = {}
        self.scheduled_by_seq: dict[int, float] = {}
        self.answered: list[float] = []

    def run(self, posts: Sequence[bytes], per_second: int) -> Delivery:
        """Send posts at this rate; return when all have arrived at every listener, or after 20 seconds.

        A post's time runs from when it was scheduled, even if no connection was free then.

        Raises:
            UnexpectedAnswer: a post was refused or not answered; or a feed ended, repeated an event or changed the
                order.
        """
        with garbage_collector_paused():
            self._subscribe()
            begin = perf_counter()
            for number, raw in enumerate(posts):
                self._send(raw, begin + number / per_second)
            self._serve_until(lambda: len(self.answered) == len(posts), TIMEOUT_SECONDS)
            expected = len(posts) * len(self.listeners)
            self._serve_until(lambda: sum(len(one.arrived) for one in self.listeners) == expected, TIMEOUT_SECONDS)
        if len(self.answered) < len(posts):
            raise UnexpectedAnswer(f"Only {len(self.answered)} of {len(posts)} posts were answered")
        arrived = [seconds for one in self.listeners for seconds in self._delivery_seconds(one)]
        if self.listeners and not arrived:
            raise UnexpectedAnswer(f"None of {len(posts)} events reached a listener")
        return Delivery(self.answered, arrived, expected)

    def close(self) -> None:
        """Close all connections."""
        self.selector.close()
        for connection in self.connections:
            connection.socket.close()

    def _subscribe(self) -> None:
        self._serve_until(lambda: all(listener.is_subscribed for listener in self.listeners), TIMEOUT_SECONDS)
        count = sum(listener.is_subscribed for listener in self.listeners)
        if count < len(self.listeners):
            raise UnexpectedAnswer(f"Only {count} of {len(self.listeners)} listeners could subscribe")

    def _send(self, raw: bytes, scheduled: float) -> None:
        self._serve_until(lambda: False, scheduled - perf_counter())
        self._serve_until(lambda: bool(self.free), TIMEOUT_SECONDS)
        if not self.free:
            raise UnexpectedAnswer(f"No post was answered within {TIMEOUT_SECONDS:.0f} seconds")
        connection = self.free.popleft()
        self.scheduled[connection] = scheduled
        connection.send(raw)

    def _serve_until(self, is_done: Callable[[], bool], seconds: float) -> None:
        """Receive from all connections until `is_done()`, for at most `seconds`."""
        end = perf_counter() + seconds
        while not is_done() and (left := end - perf_counter()) > 0:
            for key, _mask in self.selector.select(left):
                if isinstance(key.data, Listener):
                    key.data.receive()
                elif (body := key.data.receive(CREATED)) is not None:
                    self._note_answer(key.data, body)

    def _note_answer(self, connection: Connection, body: bytes) -> None:
        scheduled = self.scheduled.pop(connection)
        self.answered.append(perf_counter() - scheduled)
        self.scheduled_by_seq[json.loads(body)["seq"]] = scheduled
        self.free.append(connection)

    def _delivery_seconds(self, listener: Listener) -> list[float]:
        seqs = [seq for seq, _at in listener.arrived]
        if sorted(set(seqs)) != seqs:
            raise UnexpectedAnswer(f"A feed repeated an event or changed the order: {seqs}")
        return [at - self.scheduled_by_seq[seq] for seq, at in listener.arrived]
