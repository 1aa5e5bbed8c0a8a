"""Single posts to one operation, to eight, and on SQLite, compared with the baseline and, for one, the reference."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from benchmarks.load import Load, drive, request
from benchmarks.measure import Bar, Comparison, interleave, paired, percentile
from benchmarks.ours import Ours
from benchmarks.processes import ServerProcess
from benchmarks.reference_process import run_reference
from benchmarks.reports import FORCES, text
from benchmarks.stage import Stage

CONNECTIONS, CONNECTIONS_ON_SQLITE = 16, 8
REFERENCE_THREADS = 8
CREATED = 201
PREPARED_PER_SECOND = 4_000


def one_operation(stage: Stage) -> list[Comparison]:
    """Post to one operation over 16 connections; the reference saves single events from eight threads."""
    posts = Posts(stage, stage.ours, stage.baseline, ["single"], CONNECTIONS)
    database = stage.databases.empty()
    turns = interleave(
        stage.sizes,
        ours=posts.ours_turn,
        baseline=posts.baseline_turn,
        reference=lambda: run_reference(database, "singles", REFERENCE_THREADS, stage.sizes.seconds).rate,
    )
    posts.ours.check()
    case, loads = "single-one-operation", (turns["ours"], turns["baseline"])
    against_reference = paired([load.rate for load in turns["ours"]], turns["reference"])
    return [
        _rates(case, *loads, bar=Bar(1.0)),
        _slowest(case, *loads, bar=Bar(1.5, is_upper=True)),
        Comparison(case=case, compared_with="reference, 8 threads", unit="/s", pairs=against_reference, goal=Bar(2.0)),
    ]


def eight_operations(stage: Stage) -> list[Comparison]:
    """Post to eight operations, two connections each."""
    posts = Posts(stage, stage.ours, stage.baseline, [f"eight-{number}" for number in range(8)], CONNECTIONS)
    return _against_baseline("single-eight-operations", stage, posts, bar=Bar(0.6), goal=Bar(1.0))


def on_sqlite(stage: Stage) -> list[Comparison]:
    """Post to one operation on SQLite over 8 connections."""
    posts = Posts(stage, stage.ours_on_sqlite, stage.baseline_on_sqlite, ["single"], CONNECTIONS_ON_SQLITE)
    return _against_baseline("single-sqlite", stage, posts, bar=Bar(1.0), goal=None)


class Posts:
    """The load for both sides of a case: the same events to the same paths, over as many connections, for as long."""

    def __init__(
        self, stage: Stage, ours: Ours, baseline: ServerProcess, operations: Sequence[str], connections: int
    ) -> None:
        self.stage = stage
        self.ours = ours
        self.baseline = baseline
        self.operations = operations
        self.connections = connections
        for operation in operations:
            ours.open(operation)
        self._drive(ours.server.port, stage.sizes.seconds / 3, acknowledged=True)
        self._drive(baseline.port, stage.sizes.seconds / 3)

    def ours_turn(self) -> Load:
        """Put the service under load, and count the events that it acknowledges."""
        return self._drive(self.ours.server.port, self.stage.sizes.seconds, acknowledged=True)

    def baseline_turn(self) -> Load:
        """Put the baseline under the same load."""
        return self._drive(self.baseline.port, self.stage.sizes.seconds)

    def _drive(self, port: int, seconds: float, *, acknowledged: bool = False) -> Load:
        streams = [self._stream(number, seconds) for number in range(self.connections)]
        load = drive(port, streams, status=CREATED, seconds=seconds)
        if acknowledged:
            for number, count in enumerate(load.answered):
                self.ours.note(self._operation(number), count)
        return load

    def _stream(self, connection: int, seconds: float) -> Iterator[bytes]:
        """Return the requests of one connection: enough prepared ones for the usual rate, then more on demand."""
        requests = self._requests(connection)
        prepared = int(PREPARED_PER_SECOND * seconds / self.connections) + 1
        return itertools.chain(list(itertools.islice(requests, prepared)), requests)

    def _requests(self, connection: int) -> Iterator[bytes]:
        force = FORCES[connection % len(FORCES)]
        path, secret = f"/v1/operations/{self._operation(connection)}/events", self.ours.secrets[force]
        for number in itertools.count():
            yield request("POST", path, text(force, number), secret=secret)

    def _operation(self, connection: int) -> str:
        # Two connections for each operation, each with another force.
        return self.operations[connection // 2 % len(self.operations)]


def _against_baseline(case: str, stage: Stage, posts: Posts, *, bar: Bar, goal: Bar | None) -> list[Comparison]:
    turns = interleave(stage.sizes, ours=posts.ours_turn, baseline=posts.baseline_turn)
    posts.ours.check()
    loads = turns["ours"], turns["baseline"]
    return [_rates(case, *loads, bar=bar, goal=goal), _slowest(case, *loads)]


def _rates(
    case: str, ours: Sequence[Load], baseline: Sequence[Load], *, bar: Bar, goal: Bar | None = None
) -> Comparison:
    pairs = paired([load.rate for load in ours], [load.rate for load in baseline])
    return Comparison(case=case, compared_with="baseline", unit="/s", pairs=pairs, bar=bar, goal=goal)


def _slowest(case: str, ours: Sequence[Load], baseline: Sequence[Load], *, bar: Bar | None = None) -> Comparison:
    pairs = paired([_p99_milliseconds(load) for load in ours], [_p99_milliseconds(load) for load in baseline])
    return Comparison(case=case, compared_with="baseline, p99", unit="ms", pairs=pairs, bar=bar)


def _p99_milliseconds(load: Load) -> float:
    return percentile(load.latencies, 99) * 1_000
