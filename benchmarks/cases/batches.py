"""Batches of 500 compared with the baseline and the reference, and NDJSON lines compared with the service's batches."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from benchmarks.load import Load, drive, request
from benchmarks.measure import Bar, Comparison, interleave, memory, paired
from benchmarks.ours import Ours, RecordBroken
from benchmarks.processes import ServerProcess
from benchmarks.reference_process import run_reference
from benchmarks.reports import FORCES, texts
from benchmarks.stage import Stage

CONNECTIONS = 4
EVENTS_IN_A_BATCH = 500
CREATED, OK = 201, 200
SENDERS = FORCES[:CONNECTIONS]
# Per connection.
PREPARED_PER_SECOND = 8
JSON, LINES = "application/json", "application/x-ndjson"


def batches(stage: Stage) -> list[Comparison]:
    """Post batches to one operation over four connections; the reference saves batches of the same size."""
    sent = Batches(stage.ours, "batches", stage.sizes.seconds)
    baseline, database = stage.baseline, stage.databases.empty()
    turns = interleave(
        stage.sizes,
        ours=sent.ours_turn,
        baseline=lambda: sent.baseline_turn(baseline),
        reference=lambda: run_reference(database, "batches", EVENTS_IN_A_BATCH, stage.sizes.seconds).rate,
    )
    sent.ours.check()
    against_baseline = paired(turns["ours"], turns["baseline"])
    against_reference = paired(turns["ours"], turns["reference"])
    case, unit = "batches", "events/s"
    return [
        Comparison(
            case=case, compared_with="baseline, COPY", unit=unit, pairs=against_baseline, bar=Bar(0.8), goal=Bar(1.5)
        ),
        Comparison(
            case=case, compared_with="reference", unit=unit, pairs=against_reference, bar=Bar(1.5), goal=Bar(3.0)
        ),
    ]


def lines(stage: Stage) -> list[Comparison]:
    """Send lines in one long request on each of four connections; then read the peak memory of the server."""
    sent = Batches(stage.ours, "lines", stage.sizes.seconds)
    # The batches go first: their rate decides how many lines fill the same time.
    turns = interleave(stage.sizes, batches=sent.ours_turn, lines=sent.lines_turn)
    sent.ours.check()
    rates = paired(turns["lines"], turns["batches"])
    return [
        Comparison(case="ndjson", compared_with="our batches", unit="events/s", pairs=rates, bar=Bar(1.0)),
        memory("ndjson", sent.ours.server.peak_bytes()),
    ]


class Batches:
    """The load for one operation: batches to the service or to the baseline, or lines to the service."""

    def __init__(self, ours: Ours, operation: str, seconds: float) -> None:
        self.ours = ours
        self.operation = operation
        self.seconds = seconds
        self.lines = 0
        ours.open(operation)

    def ours_turn(self) -> float:
        """Send batches to the service; return events per second."""
        load = self._drive(self.ours.server.port)
        self.ours.note(self.operation, EVENTS_IN_A_BATCH * len(load.latencies))
        self.lines = int(load.rate * EVENTS_IN_A_BATCH * self.seconds / CONNECTIONS) + 1
        return load.rate * EVENTS_IN_A_BATCH

    def baseline_turn(self, baseline: ServerProcess) -> float:
        """Send batches to the baseline; return events per second."""
        return self._drive(baseline.port).rate * EVENTS_IN_A_BATCH

    def lines_turn(self) -> float:
        """Send as many lines as the last turn's batches had events; return events per second."""
        streams = [[self._request(force, b"\n".join(texts(force, self.lines)), LINES)] for force in SENDERS]
        load = drive(self.ours.server.port, streams, status=OK)
        for body in load.bodies:
            if json.loads(body)["recorded"] != self.lines:
                raise RecordBroken(f"Expected {self.lines} recorded lines; found {body[:500]!r}")
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
