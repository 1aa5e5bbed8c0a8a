"""How much a database reads to find a few events of a long log.

On PostgreSQL the operation is newer than the statistics; SQLite has none.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.eventlog import read
from service.storage.db import open_database
from service.storage.statements import driver_connection
from tests.databases import database as temporary_database
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory

EVENTS, FEW = 500, 30
# Of SQLite's virtual machine, which takes several for each row that it reads.
FEW_STEPS = EVENTS
READS: dict[str, Callable[[sa.Connection, str], Any]] = {
    "by id": lambda connection, name: read.history(connection, name, [UUID(int=1)]),
    "one event": lambda connection, name: read.event_by_id(connection, name, UUID(int=1)),
    "correction": lambda connection, name: read.correction_of(connection, name, UUID(int=1)),
    "setup": read.setup_events,
    "setup up to a seq": lambda connection, name: read.setup_events(connection, name, up_to=EVENTS),
    "by seq": lambda connection, name: read.events_at(connection, name, [7, EVENTS]),
    "tree": lambda connection, name: read.tree_at(connection, name, EVENTS),
    "by moment": lambda connection, name: read.last_seq_by(connection, name, datetime(2200, 1, 1, tzinfo=UTC)),
    "first page": lambda connection, name: read.page(connection, name, after=0, up_to=EVENTS, limit=20),
    "by force": lambda connection, name: read.page(
        connection, name, after=0, up_to=EVENTS, limit=20, forces=["hertfordshire"]
    ),
    "latest by force": lambda connection, name: read.latest(
        connection, name, up_to=EVENTS, limit=5, forces=["hertfordshire"]
    ),
    "by type": lambda connection, name: read.page(
        connection, name, after=0, up_to=EVENTS, limit=20, types=["operation.closed"]
    ),
    "all of a type": lambda connection, name: read.events_of_type(connection, name, "operation.closed"),
}


@pytest.fixture(scope="module")
def postgresql_operation(postgres_server_url: str, postgres_template: str) -> Iterator[OpenedOperation]:
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


@pytest.fixture(scope="module")
def sqlite_operation(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenedOperation]:
    """Return an operation with a log of `EVENTS` reports."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('plans'))}")
    operation = opened_operation(database, "long")
    operation.record_all(*[ArrestRecordedFactory() for _ in range(EVENTS)])
    yield operation
    database.engine.dispose()


@pytest.mark.parametrize("name", READS)
def test_few_rows_are_read_to_find_few_events(postgresql_operation: OpenedOperation, name: str) -> None:
    with postgresql_operation.database.reading() as connection:
        before = _rows_read(connection)
        READS[name](connection, postgresql_operation.name)
        assert _rows_read(connection) - before < FEW


@pytest.mark.parametrize("name", READS)
def test_sqlite_takes_few_steps_to_find_few_events(sqlite_operation: OpenedOperation, name: str) -> None:
    with sqlite_operation.database.reading() as connection:
        steps = itertools.count()
        driver_connection(connection).set_progress_handler(lambda: next(steps) < 0, 1)
        READS[name](connection, sqlite_operation.name)
        driver_connection(connection).set_progress_handler(None, 1)
        assert next(steps) < FEW_STEPS


def _rows_read(connection: sa.Connection) -> int:
    """Return the number of rows and index entries of `events` that this connection has read recently."""
    rows_read = sa.text(
        "SELECT pg_stat_get_xact_tuples_returned('events'::regclass)"
        " + sum(pg_stat_get_xact_tuples_returned(indexrelid))"
        " FROM pg_index WHERE indrelid = 'events'::regclass"
    )
    return int(connection.execute(rows_read).scalar_one())
