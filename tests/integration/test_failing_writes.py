"""Writes that the database refuses, before or at COMMIT: only the affected requests fail, and recording continues."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from psycopg.pq import PipelineStatus, TransactionStatus

from service.domain.deciding.decide import UnknownEvent
from service.domain.model.events import Event
from service.eventlog.head import lock_head
from service.storage.db import Database, open_database
from service.storage.writes import MAX_ROWS_IN_A_STATEMENT
from service.usecases.recording.record import RequestGroupCommit
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory

SETUP, SECONDS = 6, 10
REFUSE = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused by the test'; END $$"
REFUSES_ENTRIES = {
    "sqlite": ["CREATE TRIGGER no BEFORE INSERT ON entries WHEN NEW.force = 'kent' BEGIN SELECT RAISE(ABORT, ''); END"],
    "postgresql": [
        REFUSE,
        "CREATE TRIGGER no BEFORE INSERT ON entries FOR EACH ROW WHEN (NEW.force = 'kent') EXECUTE FUNCTION refuse()",
    ],
}
AT_THE_COMMIT = "AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
REFUSES_COMMITS = [
    REFUSE,
    f"CREATE CONSTRAINT TRIGGER no {AT_THE_COMMIT} WHEN (NEW.force = 'kent') EXECUTE FUNCTION refuse()",
]


@pytest.fixture
def operation(database_url: str) -> Iterator[OpenedOperation]:
    """Return an operation in a database with two connections: one for the test and one for the appending thread."""
    database = open_database(database_url, pool_size=2)
    yield opened_operation(database)
    database.engine.dispose()


@pytest.fixture
def connected(operation: OpenedOperation) -> list[Any]:
    """Return a list of the connections opened from now on; both connections of the pool are open already."""
    made: list[Any] = []
    with operation.database.reading(), operation.database.reading():
        sa.event.listen(operation.database.engine, "connect", lambda connection, _record: made.append(connection))
    return made


def execute(database: Database, statements: list[str]) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def sent_together(operation: OpenedOperation, first: Event, *others: Event) -> list[Any]:
    """Send each event in its own thread while the head is locked; return the receipt or the error of each.

    The first waits for the lock; the others queue after it in their order and are then recorded as one group.
    """
    queues = operation.database.singleton(RequestGroupCommit)._queues
    with ThreadPoolExecutor(1 + len(others)) as threads:
        with operation.database.writing() as connection:
            lock_head(connection, operation.name)
            sent = [threads.submit(operation.record, first)]
            wait_for(lambda: operation.name in queues)
            for number, event in enumerate(others, start=1):
                sent.append(threads.submit(operation.record, event))
                wait_for(lambda number=number: len(queues[operation.name].waiting) == number)
        return [one.exception() or one.result() for one in sent]


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until another thread makes a condition true."""
    for _ in range(SECONDS * 1_000):
        if condition():
            return
        Signal().wait(0.001)
    pytest.fail("the condition did not become true in time")


def test_only_the_failing_requests_of_a_group_fail(
    operation: OpenedOperation, connected: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    dialect = operation.database.engine.dialect.name
    execute(operation.database, REFUSES_ENTRIES[dialect])
    good = [ArrestRecordedFactory() for _ in range(3)]
    unknown, refused = ArrestRecordedFactory(corrects=uuid4()), ArrestRecordedFactory(force="kent")
    *receipts, undecided, unstored = sent_together(operation, *good, unknown, refused)
    assert "A group of 4 failed" in caplog.text
    assert isinstance(undecided, UnknownEvent)
    assert isinstance(unstored, sa.exc.DBAPIError)
    assert [receipt.id for receipt in receipts] == [event.id for event in good]
    assert sorted(receipt.seq for receipt in receipts) == [SETUP + 1, SETUP + 2, SETUP + 3]
    assert operation.record(ArrestRecordedFactory()).seq == SETUP + 4 == operation.head().seq
    assert operation.quantity("arrests") == 4
    assert operation.difference() is None
    assert connected == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("number", [1, MAX_ROWS_IN_A_STATEMENT + 1], ids=["a few", "many"])
@pytest.mark.parametrize("request_is", [{}, {"atomic": True}], ids=["with the commit", "before the commit"])
def test_a_request_that_fails_at_the_commit_records_nothing(
    operation: OpenedOperation, connected: list[Any], number: int, request_is: dict[str, bool]
) -> None:
    operation.record(ArrestRecordedFactory())
    execute(operation.database, REFUSES_COMMITS)
    log, totals, entries = operation.log(), operation.total_rows(), operation.entries()
    refused = [ArrestRecordedFactory(force="kent") for _ in range(number)]
    for _ in range(3):
        with pytest.raises(sa.exc.DBAPIError, match="refused by the test"):
            operation.submit(*refused, **request_is)
    assert (operation.log(), operation.total_rows(), operation.entries()) == (log, totals, entries)
    assert states(operation.database) == {(TransactionStatus.IDLE, PipelineStatus.OFF)}
    assert connected == []
    assert operation.record(ArrestRecordedFactory()).seq == SETUP + 2
    assert operation.difference() is None


def states(database: Database) -> set[tuple[TransactionStatus, PipelineStatus]]:
    """Return the states of both pooled connections."""
    with database.engine.connect() as one, database.engine.connect() as other:
        drivers: list[Any] = [connection.connection.driver_connection for connection in (one, other)]
        return {(driver.pgconn.transaction_status, driver.pgconn.pipeline_status) for driver in drivers}
