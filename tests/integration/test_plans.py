"""The number of rows that PostgreSQL reads to find a few events of an operation newer than its statistics."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.eventlog import read
from service.storage.db import open_database
from tests.databases import database as temporary_database
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory

EVENTS, FEW = 500, 30
READS: dict[str, Callable[[sa.Connection, str], Any]] = {
    "by id": lambda connection, name: read.history(connection, name, [UUID(int=1)]),
    "one event": lambda connection, name: read.event_by_id(connection, name, UUID(int=1)),
    "correction": lambda connection, name: read.correction_of(connection, name, UUID(int=1)),
    "setup": read.setup_events,
    "by seq": lambda connection, name: read.events_at(connection, name, [7, EVENTS]),
    "tree": lambda connection, name: read.tree_at(connection, name, EVENTS),
    "by moment": lambda connection, name: read.last_seq_by(connection, name, datetime(2200, 1, 1, tzinfo=UTC)),
    "first page": lambda connection, name: read.page(connection, name, after=0, up_to=EVENTS, limit=20),
    "by force": lambda connection, name: read.page(
        connection, name, after=0, up_to=EVENTS, limit=20, forces=["hertfordshire"]
    ),
}


@pytest.fixture(scope="module")
def operation(postgres_server_url: str, postgres_template: str) -> Iterator[OpenedOperation]:
    """Return an operation that the statistics lack: they were collected when only the other operations existed."""
    with temporary_database(postgres_server_url, template=postgres_template) as url:
        database = open_database(url)
        for number in range(3):
            opened_operation(database, f"before-{number}").record_all(*[ArrestRecordedFactory() for _ in range(EVENTS)])
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        operation = opened_operation(database, "since")
        operation.record_all(*[ArrestRecordedFactory() for _ in range(EVENTS)])
        yield operation
        database.engine.dispose()


@pytest.mark.parametrize("name", READS)
def test_few_rows_are_read_to_find_few_events(operation: OpenedOperation, name: str) -> None:
    with operation.database.reading() as connection:
        before = _rows_read(connection)
        READS[name](connection, operation.name)
        assert _rows_read(connection) - before < FEW


def _rows_read(connection: sa.Connection) -> int:
    """Return the number of rows and index entries of `events` that this connection has read recently."""
    rows_read = sa.text(
        "SELECT pg_stat_get_xact_tuples_returned('events'::regclass)"
        " + sum(pg_stat_get_xact_tuples_returned(indexrelid))"
        " FROM pg_index WHERE indrelid = 'events'::regclass"
    )
    return int(connection.execute(rows_read).scalar_one())
