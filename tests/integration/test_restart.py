"""PostgreSQL crashes and restarts: no acknowledged event is lost, and recording continues."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event as Signal

import pytest

from service.domain.model.events import Event
from service.eventlog.receipts import Receipt
from service.storage.db import DatabaseBusy, open_database
from tests.databases import migrate, own_server, url_of
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.postgres_server import run_server, start_server

SETUP, SENDERS, RESTARTS, SECONDS = 6, 4, 2, 30


@pytest.fixture
def server() -> Iterator[Path]:
    """Return the folder of the test's own server."""
    with own_server(partial(start_server, settings={})) as folder:
        migrate(url_of(folder))
        yield folder


@pytest.fixture
def operation(server: Path) -> Iterator[OpenedOperation]:
    database = open_database(url_of(server), pool_size=SENDERS)
    yield opened_operation(database)
    database.engine.dispose()


def restart(server: Path) -> None:
    run_server("restart", server, server.parent, {}, "--mode=immediate")


class Sender:
    """Sends one event after another, retries each until it is acknowledged, and keeps the receipts."""

    def __init__(self, operation: OpenedOperation) -> None:
        self.operation = operation
        self.receipts: list[Receipt] = []
        self.refusals = 0

    def send(self, event: Event) -> None:
        for _ in range(SECONDS * 100):
            try:
                self.receipts.append(self.operation.record(event))
            except DatabaseBusy:
                self.refusals += 1
                Signal().wait(0.01)
            else:
                return
        pytest.fail("the service did not recover in time")

    def send_until(self, stopped: Signal) -> None:
        while not stopped.is_set():
            self.send(ArrestRecordedFactory())


def assert_acknowledged_events_are_kept(operation: OpenedOperation, senders: list[Sender]) -> None:
    receipts = sorted((receipt for sender in senders for receipt in sender.receipts), key=lambda receipt: receipt.seq)
    assert [receipt.seq for receipt in receipts] == list(range(SETUP + 1, operation.head().seq + 1))
    assert operation.quantity("arrests") == len(receipts) == len({receipt.id for receipt in receipts})
    for receipt, text in zip(receipts, operation.log()[SETUP:], strict=True):
        assert f'"id":"{receipt.id}"' in text
    assert operation.difference() is None


def test_a_restart_between_appends_costs_each_connection_one_attempt(server: Path, operation: OpenedOperation) -> None:
    sender = Sender(operation)
    for _ in range(RESTARTS):
        sender.send(ArrestRecordedFactory())
        restart(server)
    sender.send(ArrestRecordedFactory())
    assert sender.refusals <= RESTARTS * SENDERS
    assert_acknowledged_events_are_kept(operation, [sender])


def test_a_restart_during_appends_loses_no_acknowledged_event(server: Path, operation: OpenedOperation) -> None:
    senders, stopped = [Sender(operation) for _ in range(SENDERS)], Signal()
    with ThreadPoolExecutor(SENDERS) as threads:
        sending = [threads.submit(sender.send_until, stopped) for sender in senders]
        try:
            for number in range(1, RESTARTS + 1):
                wait_for_receipts(senders, number * 20)
                restart(server)
            wait_for_receipts(senders, (RESTARTS + 1) * 20)
        finally:
            stopped.set()
        for one in sending:
            one.result()
    assert sum(sender.refusals for sender in senders) >= 1
    assert_acknowledged_events_are_kept(operation, senders)


def wait_for_receipts(senders: list[Sender], each: int) -> None:
    for _ in range(SECONDS * 100):
        if all(len(sender.receipts) >= each for sender in senders):
            return
        Signal().wait(0.01)
    pytest.fail("the service did not recover in time")
