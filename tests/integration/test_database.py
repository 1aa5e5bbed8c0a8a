"""Transactions, connections, and values that both databases store and return alike."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service.access.forces import registered_forces
from service.eventlog.table import heads
from service.projections.totals import MOST, totals
from service.storage.db import Database, DatabaseBusy, DatabaseNotSupported, InstantType, constraint_of, open_database

FORCE = {"force": "port-of-dover", "name": "Port of Dover Police", "kind": "special"}
A_TOTAL = {
    "operation_id": "lantern",
    "generation": 1,
    "force": "surrey",
    "day": "",
    "measure": "cash",
    "category": "",
    "qualifier": "exact",
    "quantity": 1,
    "lines": 1,
    "last_seq": 1,
}


def forces_in(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(registered_forces.c.force)))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_postgresql_url_scheme_is_accepted(scheme: str) -> None:
    assert open_database(f"{scheme}://surrey@127.0.0.1/record").engine.driver == "psycopg"


@pytest.mark.parametrize("url", ["mysql://x@127.0.0.1/record", "oracle+oracledb://x@127.0.0.1/record", "sqlit:///x.db"])
def test_any_other_database_is_refused(url: str) -> None:
    with pytest.raises(DatabaseNotSupported, match=r"Expected a database URL such as sqlite:///FILE or postgres"):
        open_database(url)


def test_a_transaction_that_raises_is_rolled_back(database: Database) -> None:
    with pytest.raises(LookupError), database.writing() as connection:
        _insert_and_fail(connection)
    with database.reading() as connection:
        assert forces_in(connection) == []


def _insert_and_fail(connection: sa.Connection) -> None:
    connection.execute(registered_forces.insert().values(FORCE))
    raise LookupError


def test_a_reading_sees_one_state_in_all_its_statements(database: Database) -> None:
    with database.reading() as reading:
        before = forces_in(reading)
        with database.writing() as writing:
            writing.execute(registered_forces.insert().values(FORCE))
        assert forces_in(reading) == before == []
    with database.reading() as reading:
        assert forces_in(reading) == ["port-of-dover"]


def test_a_connection_can_write_after_a_reading(database_url: str) -> None:
    database = open_database(database_url, pool_size=1)
    with database.reading() as connection:
        forces_in(connection)
    with database.writing() as connection:
        connection.execute(registered_forces.insert().values(FORCE))
    database.engine.dispose()


def test_a_call_without_a_free_connection_raises_database_busy(database_url: str) -> None:
    database = open_database(database_url, pool_size=1, pool_timeout_seconds=0)
    with database.reading(), pytest.raises(DatabaseBusy), database.reading():
        pass
    database.engine.dispose()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2023, 1, 17, 21, 40, tzinfo=UTC),
        datetime(2023, 1, 17, 21, 40, 0, 1, tzinfo=UTC),
        datetime(2023, 7, 17, 21, 40, tzinfo=timezone(timedelta(hours=1))),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=str,
)
def test_a_moment_is_returned_in_utc_to_the_microsecond(database: Database, moment: datetime) -> None:
    with database.reading() as connection:
        found = connection.execute(sa.select(sa.cast(sa.literal(moment, InstantType), InstantType))).scalar_one()
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_stored_moments_sort_chronologically(database: Database) -> None:
    start = datetime(2023, 1, 17, 23, 59, 59, 999_999, tzinfo=UTC)
    moments = [start + timedelta(microseconds=step) for step in (2, 0, 1_000_000, 1)]
    with database.writing() as connection:
        for number, moment in enumerate(moments):
            connection.execute(heads.insert().values(**_head(f"operation-{number}", moment)))
        stored = list(connection.scalars(sa.select(heads.c.recorded_at).order_by(heads.c.recorded_at)))
    assert stored == sorted(moments)


def _head(operation: str, recorded_at: datetime) -> dict[str, Any]:
    return {
        "operation_id": operation,
        "seq": 0,
        "recorded_at": recorded_at,
        "imported": False,
        "generation": 1,
        "last_generation": 1,
        "projection_version": "",
    }


def test_the_database_clock_is_in_utc_and_goes_forward(database: Database) -> None:
    with database.writing() as connection:
        first, second = database.now(connection), database.now(connection)
    assert first.utcoffset() == timedelta(0)
    assert first <= second
    assert abs(datetime.now(UTC) - second) < timedelta(minutes=1)


def test_codes_sort_by_their_bytes(database: Database) -> None:
    codes = ["b", "a-b", "a_b", "aa", "a", "B", "é", "0"]
    with database.writing() as connection:
        for code in codes:
            connection.execute(registered_forces.insert().values(FORCE | {"force": code}))
        stored = list(connection.scalars(sa.select(registered_forces.c.force).order_by(registered_forces.c.force)))
    assert stored == sorted(codes)


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        pytest.param(A_TOTAL | {"quantity": MOST + 1}, "totals_quantity_check", id="too-large"),
        pytest.param(A_TOTAL | {"quantity": -MOST - 1}, "totals_quantity_check", id="too-small"),
    ],
)
def test_a_violated_check_is_identified_by_its_constraint_name(
    database: Database, row: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught, database.writing() as connection:
        connection.execute(totals.insert().values(row))
    assert constraint_of(caught.value) == constraint


def test_only_the_owner_of_an_sqlite_file_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "private.db"
    mask = os.umask(0o022)
    try:
        database = open_database(f"sqlite:///{path}")
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE secrets (secret TEXT)")
        found = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.glob("private.db*")}
        database.close()
    finally:
        os.umask(mask)
    assert found == dict.fromkeys(["private.db", "private.db-shm", "private.db-wal"], 0o600)
