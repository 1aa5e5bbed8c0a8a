"""The reference: pyeventsourcing with its default recorder, which locks its table of events for each insert.

It runs in its own process and without HTTP. Its events hold the same data as ours. Each command below is one turn:

    python -m benchmarks.reference URL singles THREADS SECONDS
    python -m benchmarks.reference URL batches EVENTS SECONDS
    python -m benchmarks.reference URL fill EVENTS             its result names the aggregate that holds the events
    python -m benchmarks.reference URL replay AGGREGATE
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

from benchmarks.load import garbage_collector_paused
from benchmarks.reference_process import Turn
from benchmarks.reports import Json, report

EVENTS_PREPARED = 1_000


class Operation(Aggregate):
    """The aggregate to which events are recorded."""

    def __init__(self) -> None:
        self.recorded = 0

    @event("Recorded")
    def record(self, report: Json) -> None:  # noqa: ARG002 - the library stores the argument with the event
        """Record a report."""
        self.recorded += 1


class Operations(Application[UUID]):
    """The application that stores the events."""

    def operation(self) -> Operation:
        """Create and save an operation."""
        operation = Operation()
        self.save(operation)
        return operation


def singles(application: Operations, threads: str, seconds: str) -> Turn:
    """Save events one by one for `seconds`, from `threads` threads with an aggregate each."""
    counts, reports = [0] * int(threads), [report(number) for number in range(EVENTS_PREPARED)]
    end = time.perf_counter() + float(seconds)

    def save_until_end(number: int) -> None:
        operation = application.operation()
        while time.perf_counter() < end:
            operation.record(reports[counts[number] % EVENTS_PREPARED])
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
    """Save batches of `events` events for `seconds`."""
    operation, saved, reports = application.operation(), 0, [report(number) for number in range(int(events))]
    begin = time.perf_counter()
    while time.perf_counter() < begin + float(seconds):
        saved += _save_batch(application, operation, reports)
    return Turn(saved, time.perf_counter() - begin)


def fill(application: Operations, events: str) -> Turn:
    """Save `events` events to one aggregate."""
    operation, begin = application.operation(), time.perf_counter()
    for done in range(0, int(events), EVENTS_PREPARED):
        numbers = range(done, min(done + EVENTS_PREPARED, int(events)))
        _save_batch(application, operation, [report(number) for number in numbers])
    return Turn(int(events), time.perf_counter() - begin, str(operation.id))


def replay(application: Operations, aggregate: str) -> Turn:
    """Read all events of an aggregate and apply them in order."""
    begin = time.perf_counter()
    operation = application.repository.get(UUID(aggregate))
    return Turn(operation.recorded, time.perf_counter() - begin)


def _save_batch(application: Operations, operation: Operation, reports: list[Json]) -> int:
    for one in reports:
        operation.record(one)
    application.save(operation)
    return len(reports)


def open_application(url: str) -> Operations:
    """Return the application on a PostgreSQL database; the first call creates its table."""
    address = urlsplit(url)
    return Operations(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": address.path.removeprefix("/"),
            "POSTGRES_HOST": str(address.hostname),
            "POSTGRES_PORT": str(address.port),
            "POSTGRES_USER": str(address.username),
            "POSTGRES_PASSWORD": "not needed",
        }
    )


TURNS: dict[str, Callable[..., Turn]] = {"singles": singles, "batches": batches, "fill": fill, "replay": replay}


def main() -> None:
    """Run one turn and print its result."""
    url, name, *arguments = sys.argv[1:]
    application = open_application(url)
    with garbage_collector_paused():
        turn = TURNS[name](application, *arguments)
    sys.stdout.write(json.dumps(asdict(turn)))
    application.close()


if __name__ == "__main__":
    main()
