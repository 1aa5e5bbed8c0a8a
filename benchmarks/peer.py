"""The peer: pyeventsourcing, with its default recorder, which locks the table of events for each insert.

In a process of its own and without HTTP. Its events carry what ours do. Each call below is one turn:

    python -m benchmarks.peer URL singles THREADS SECONDS
    python -m benchmarks.peer URL batches EVENTS SECONDS
    python -m benchmarks.peer URL fill EVENTS             prints the id of the aggregate that holds them
    python -m benchmarks.peer URL replay AGGREGATE
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from threading import Thread
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.load import quiet_interpreter
from benchmarks.peer_process import Turn
from benchmarks.reports import Json, report

EVENTS_MADE = 1_000


class Operation(Aggregate):
    """What events are recorded of."""

    def __init__(self) -> None:
        self.recorded = 0

    @event("Recorded")
    def record(self, report: Json) -> None:  # noqa: ARG002 - it is the event that is stored
        """Record a report."""
        self.recorded += 1


class Operations(Application[UUID]):
    """The application, with what it needs to store events."""

    def operation(self) -> Operation:
        """Return a new operation, which is saved already."""
        made = Operation()
        self.save(made)
        return made


def singles(application: Operations, threads: str, seconds: str) -> Turn:
    """Save events one by one from so many threads, each with an aggregate of its own, for so long."""
    counts, made = [0] * int(threads), [report(number) for number in range(EVENTS_MADE)]
    end = time.perf_counter() + float(seconds)

    def save_until_end(number: int) -> None:
        operation = application.operation()
        while time.perf_counter() < end:
            operation.record(made[counts[number] % EVENTS_MADE])
            application.save(operation)
            counts[number] += 1

    workers = [Thread(target=save_until_end, args=(number,)) for number in range(len(counts))]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Turn(sum(counts), time.perf_counter() - begin)


def batches(application: Operations, events: str, seconds: str) -> Turn:
    """Save so many events at once, again and again, for so long."""
    operation, saved, made = application.operation(), 0, [report(number) for number in range(int(events))]
    begin = time.perf_counter()
    while time.perf_counter() < begin + float(seconds):
        saved += _save_batch(application, operation, made)
    return Turn(saved, time.perf_counter() - begin)


def fill(application: Operations, events: str) -> Turn:
    """Save so many events of one aggregate."""
    operation, begin = application.operation(), time.perf_counter()
    for done in range(0, int(events), EVENTS_MADE):
        numbers = range(done, min(done + EVENTS_MADE, int(events)))
        _save_batch(application, operation, [report(number) for number in numbers])
    return Turn(int(events), time.perf_counter() - begin, str(operation.id))


def replay(application: Operations, aggregate: str) -> Turn:
    """Read all events of an aggregate and apply them, one after another."""
    begin = time.perf_counter()
    operation = application.repository.get(UUID(aggregate))
    return Turn(operation.recorded, time.perf_counter() - begin)


def _save_batch(application: Operations, operation: Operation, reports: list[Json]) -> int:
    for one in reports:
        operation.record(one)
    application.save(operation)
    return len(reports)


def open_application(url: str) -> Operations:
    """Return the application over a PostgreSQL database; its table is made at the first opening."""
    address = urlsplit(url)
    return Operations(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": address.path.removeprefix("/"),
            "POSTGRES_HOST": str(address.hostname),
            "POSTGRES_PORT": str(address.port),
            "POSTGRES_USER": str(address.username),
            "POSTGRES_PASSWORD": "none is asked for",
        }
    )


TURNS: dict[str, Callable[..., Turn]] = {"singles": singles, "batches": batches, "fill": fill, "replay": replay}


def main() -> None:
    """Do one turn and print what it came to."""
    url, name, *arguments = sys.argv[1:]
    application = open_application(url)
    with quiet_interpreter():
        turn = TURNS[name](application, *arguments)
    sys.stdout.write(json.dumps(asdict(turn)))
    application.close()


if __name__ == "__main__":
    main()
