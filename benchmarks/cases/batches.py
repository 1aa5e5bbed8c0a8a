"""Many events at once: batches of 500 against the floor and the peer, and lines against our own batches."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from benchmarks.load import Load, drive, request
from benchmarks.measure import Bar, Comparison, by_turns, memory, paired
from benchmarks.ours import Ours, RecordBroken
from benchmarks.peer_process import run_peer
from benchmarks.processes import ServerProcess
from benchmarks.reports import FORCES, texts
from benchmarks.stage import Stage

CONNECTIONS = 4
EVENTS_IN_A_BATCH = 500
CREATED, OK = 201, 200
SENDERS = FORCES[:CONNECTIONS]
# Of one connection.
PREPARED_PER_SECOND = 8
JSON, LINES = "application/json", "application/x-ndjson"


def batches(stage: Stage) -> list[Comparison]:
    """Post batches to one operation over four connections; the peer saves as many events at once."""
    sent, floor, database = Batches(stage.ours, "batches", stage.sizes.seconds), stage.floor, stage.databases.empty()
    turns = by_turns(
        stage.sizes,
        ours=sent.ours_turn,
        floor=lambda: sent.floor_turn(floor),
        peer=lambda: run_peer(database, "batches", EVENTS_IN_A_BATCH, stage.sizes.seconds).rate,
    )
    sent.ours.check()
    against_floor, against_peer = paired(turns["ours"], turns["floor"]), paired(turns["ours"], turns["peer"])
    case, unit = "batches", "events/s"
    return [
        Comparison(case=case, what="floor, COPY", unit=unit, pairs=against_floor, bar=Bar(0.8), goal=Bar(1.5)),
        Comparison(case=case, what="peer", unit=unit, pairs=against_peer, bar=Bar(1.5), goal=Bar(3.0)),
    ]


def lines(stage: Stage) -> list[Comparison]:
    """Send lines over four connections, in a long request each; then look at the memory of every process of ours."""
    sent = Batches(stage.ours, "lines", stage.sizes.seconds)
    # The batches go first: they say how many lines fill the same time.
    turns = by_turns(stage.sizes, batches=sent.ours_turn, lines=sent.lines_turn)
    sent.ours.check()
    rates = paired(turns["lines"], turns["batches"])
    return [
        Comparison(case="ndjson", what="our batches", unit="events/s", pairs=rates, bar=Bar(1.0)),
        memory("ndjson", "server, largest process", sent.ours.server.peak_bytes()),
    ]


class Batches:
    """One operation of ours, and the events to be sent to it in batches or as lines, or to the floor in batches."""

    def __init__(self, ours: Ours, operation: str, seconds: float) -> None:
        self.ours = ours
        self.operation = operation
        self.seconds = seconds
        self.lines = 0
        ours.open(operation)

    def ours_turn(self) -> float:
        """Send batches to us; return events a second."""
        load = self._drive(self.ours.server.port)
        self.ours.note(self.operation, EVENTS_IN_A_BATCH * len(load.latencies))
        self.lines = int(load.rate * EVENTS_IN_A_BATCH * self.seconds / CONNECTIONS) + 1
        return load.rate * EVENTS_IN_A_BATCH

    def floor_turn(self, floor: ServerProcess) -> float:
        """Send batches to the floor; return events a second."""
        return self._drive(floor.port).rate * EVENTS_IN_A_BATCH

    def lines_turn(self) -> float:
        """Send as many lines to us as the last turn's batches had; return events a second."""
        streams = [[self._request(force, b"\n".join(texts(force, self.lines)), LINES)] for force in SENDERS]
        load = drive(self.ours.server.port, streams, status=OK)
        for body in load.bodies:
            if json.loads(body)["recorded"] != self.lines:
                raise RecordBroken(f"Of {self.lines} lines not all were recorded: {body[:500]!r}")
        self.ours.note(self.operation, CONNECTIONS * self.lines)
        return CONNECTIONS * self.lines / load.seconds

    def _drive(self, port: int) -> Load:
        prepared = int(PREPARED_PER_SECOND * self.seconds) + 1
        streams = []
        for force in SENDERS:
            batches = self._batches(force)
            streams.append(itertools.chain(list(itertools.islice(batches, prepared)), batches))
        return drive(port, streams, status=CREATED, seconds=self.seconds)

    def _batches(self, force: str) -> Iterator[bytes]:
        while True:
            events = b",".join(texts(force, EVENTS_IN_A_BATCH))
            yield self._request(force, b'{"events": [%b]}' % events, JSON)

    def _request(self, force: str, body: bytes, media: str) -> bytes:
        path = f"/v1/operations/{self.operation}/batches"
        return request("POST", path, body, secret=self.ours.secrets[force], media=media)
