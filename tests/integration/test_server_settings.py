"""Settings of a server, a database or a role change neither the values stored and read nor the locking."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.storage.db import Database, open_database
from service.storage.pipeline import COMMIT, pipeline_of

SETTINGS = [
    "standard_conforming_strings = off",
    "bytea_output = escape",
    "DateStyle = 'German, DMY'",
    "TimeZone = 'Asia/Kathmandu'",
    "client_encoding = 'LATIN1'",
]
VALUES = {
    "bytea": bytes(range(256)),
    "bytea[]": [bytes(range(256)), b'\x00\\"', b""],
    "text": "M25 'northbound' \\ é",
    "timestamptz": datetime(2023, 7, 1, 23, 59, 59, 999999, tzinfo=UTC),
    "uuid[]": [UUID(int=1)],
}
WRITERS = 4


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Return an empty PostgreSQL database."""
    database = open_database(postgres_url, pool_size=WRITERS)
    yield database
    database.engine.dispose()


def set_to(database: Database, setting: str) -> None:
    with database.writing() as connection:
        name = connection.scalar(sa.select(sa.func.current_database()))
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET {setting}')
    # Only new connections use the setting.
    database.engine.dispose()


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_value_round_trips_under_any_setting(database: Database, setting: str) -> None:
    set_to(database, setting)
    with database.writing() as connection:
        sent: list[tuple[str, list[Any]]] = [(f"SELECT $1::{of_type}", [value]) for of_type, value in VALUES.items()]
        assert pipeline_of(connection).run(sent) == [[(value,)] for value in VALUES.values()]


def test_a_writer_that_waited_for_a_lock_sees_what_its_holder_committed(database: Database) -> None:
    set_to(database, "default_transaction_isolation = serializable")
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE stored AS SELECT 0 AS number")

    def increment(_writer: int) -> None:
        for _ in range(10):
            with database.writing() as connection:
                pipeline_of(connection).run([("SELECT * FROM stored FOR UPDATE", ())])
                pipeline_of(connection).run([("UPDATE stored SET number = number + 1", ()), COMMIT])

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(increment, range(WRITERS)))
    with database.reading() as connection:
        assert connection.scalar(sa.text("SELECT number FROM stored")) == WRITERS * 10
