"""Posts at an even pace while others listen to the feed: what each took, and when each listener had it."""

from __future__ import annotations

import json
import re
import selectors
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.load import BYTES_AT_A_TIME, Connection, UnexpectedAnswer, quiet_interpreter

CREATED = 201
POSTING_CONNECTIONS = 16
# What is not answered or has not arrived by then counts as lost.
PATIENCE_SECONDS = 20.0
EVENT = re.compile(rb"\nid: (\d+)\n")


class Listener:
    """One subscriber. `arrived` has each event's seq and moment, as they came."""

    def __init__(self, port: int, raw: bytes) -> None:
        self.connection = Connection(port)
        self.connection.send(raw)
        self.socket = self.connection.socket
        self.rest = b""
        self.is_answered = False
        self.is_subscribed = False
        self.arrived: list[tuple[int, float]] = []

    def receive(self) -> None:
        """Read what has come.

        Raises:
            UnexpectedAnswer: the server has ended the feed.
        """
        came = self.socket.recv(BYTES_AT_A_TIME)
        now, found = perf_counter(), self.rest + came
        if not came or not (self.is_answered or found.startswith(b"HTTP/1.1 200 ")):
            raise UnexpectedAnswer(f"A feed ended, or was refused: {found[:500]!r}")
        self.is_answered = True
        self.is_subscribed = self.is_subscribed or b"retry:" in found
        # What stands behind the last line's end waits for its own; that end begins the next line's pattern.
        whole = found.rfind(b"\n")
        self.arrived += [(int(seq), now) for seq in EVENT.findall(found[: whole + 1])]
        self.rest = found[whole:] if whole >= 0 else found


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a run: seconds from each post's turn to its answer, and to each listener that it was for."""

    answered: list[float]
    arrived: list[float]
    expected: int


class Broadcast:
    """Listeners, and connections over which posts are sent, each when its turn has come."""

    def __init__(self, port: int, listening: bytes, listeners: int) -> None:
        self.selector = selectors.DefaultSelector()
        self.listeners = [Listener(port, listening) for _ in range(listeners)]
        # They take turns: the server closes a connection that is idle for two seconds.
        self.free = deque(Connection(port) for _ in range(POSTING_CONNECTIONS))
        self.connections = [*self.free, *(listener.connection for listener in self.listeners)]
        for connection in self.free:
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        for listener in self.listeners:
            self.selector.register(listener.socket, selectors.EVENT_READ, listener)
        self.turns: dict[Connection, float] = {}
        self.turn_by_seq: dict[int, float] = {}
        self.answered: list[float] = []

    def run(self, posts: Sequence[bytes], per_second: int) -> Heard:
        """Send posts at this pace; return when all are answered and heard everywhere, or 20 seconds later.

        A post's time runs from its turn, even where no connection was free then.

        Raises:
            UnexpectedAnswer: a post was refused or not answered, or a feed ended, repeated itself or mixed its order.
        """
        with quiet_interpreter():
            self._subscribe()
            begin = perf_counter()
            for number, raw in enumerate(posts):
                self._send(raw, begin + number / per_second)
            self._serve_until(lambda: len(self.answered) == len(posts), PATIENCE_SECONDS)
            expected = len(posts) * len(self.listeners)
            self._serve_until(lambda: sum(len(one.arrived) for one in self.listeners) == expected, PATIENCE_SECONDS)
        if len(self.answered) < len(posts):
            raise UnexpectedAnswer(f"Of {len(posts)} posts {len(self.answered)} were answered")
        arrived = [took for one in self.listeners for took in self._times(one)]
        if self.listeners and not arrived:
            raise UnexpectedAnswer(f"None of {len(posts)} events has reached a listener")
        return Heard(self.answered, arrived, expected)

    def close(self) -> None:
        """Close all connections."""
        self.selector.close()
        for connection in self.connections:
            connection.socket.close()

    def _subscribe(self) -> None:
        self._serve_until(lambda: all(listener.is_subscribed for listener in self.listeners), PATIENCE_SECONDS)
        count = sum(listener.is_subscribed for listener in self.listeners)
        if count < len(self.listeners):
            raise UnexpectedAnswer(f"Of {len(self.listeners)} listeners {count} were let in")

    def _send(self, raw: bytes, turn: float) -> None:
        self._serve_until(lambda: False, turn - perf_counter())
        self._serve_until(lambda: bool(self.free), PATIENCE_SECONDS)
        if not self.free:
            raise UnexpectedAnswer(f"No post was answered within {PATIENCE_SECONDS:.0f} seconds")
        connection = self.free.popleft()
        self.turns[connection] = turn
        connection.send(raw)

    def _serve_until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Receive what comes until something is so, at most for so long."""
        end = perf_counter() + seconds
        while not is_so() and (left := end - perf_counter()) > 0:
            for key, _mask in self.selector.select(left):
                if isinstance(key.data, Listener):
                    key.data.receive()
                elif (body := key.data.receive(CREATED)) is not None:
                    self._note_answer(key.data, body)

    def _note_answer(self, connection: Connection, body: bytes) -> None:
        turn = self.turns.pop(connection)
        self.answered.append(perf_counter() - turn)
        self.turn_by_seq[json.loads(body)["seq"]] = turn
        self.free.append(connection)

    def _times(self, listener: Listener) -> list[float]:
        seqs = [seq for seq, _at in listener.arrived]
        if sorted(set(seqs)) != seqs:
            raise UnexpectedAnswer(f"A feed repeated an event, or mixed the order: {seqs}")
        return [at - self.turn_by_seq[seq] for seq, at in listener.arrived]
