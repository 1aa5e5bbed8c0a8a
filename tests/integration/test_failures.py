"""Failures of a real database: what waiting can mend, what it cannot, and what is kept from callers."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.storage.db import Database, DatabaseBusy, DatabaseFailed, open_database
from service.storage.postgresql import Limits

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_a_column_that_does_not_exist_is_no_reason_to_try_again(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.writing() as connection:
        connection.exec_driver_sql("SELECT no_such_column FROM heads")


def test_a_file_that_is_no_database_is_no_reason_to_try_again(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"not a database" * 1_000)
    database = open_database(f"sqlite:///{tmp_path / 'broken.db'}")
    with pytest.raises(DatabaseFailed) as failed, database.reading():
        pass
    assert "not a database" in failed.value.reason


def test_a_file_that_cannot_be_opened_may_come_back(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'missing' / 'oprecord.db'}")
    with pytest.raises(DatabaseBusy) as busy, database.reading():
        pass
    assert "unable to open" in busy.value.reason


@on_postgresql
@pytest.mark.parametrize(
    "wrong", [{"database": "no_such_database"}, {"username": "no_such_role"}], ids=["database", "role"]
)
def test_a_server_that_refuses_the_service_is_no_reason_to_try_again(database: Database, wrong: dict[str, str]) -> None:
    refused = open_database(database.engine.url.set(**wrong).render_as_string(hide_password=False))
    with pytest.raises(DatabaseFailed) as failed, refused.reading():
        pass
    (named,) = wrong.values()
    assert named in failed.value.reason
    assert named not in failed.value.detail


@on_postgresql
@pytest.mark.parametrize("limits", [Limits(lock_seconds=1), Limits(statement_seconds=1)])
def test_a_statement_that_waits_too_long_ends(database: Database, limits: Limits) -> None:
    limited = open_database(database.engine.url.render_as_string(hide_password=False), limits=limits)
    with database.writing() as holder:
        holder.exec_driver_sql("LOCK TABLE heads")
        with pytest.raises(DatabaseBusy) as busy, limited.reading() as connection:
            connection.exec_driver_sql("SELECT * FROM heads")
    assert "timeout" in busy.value.reason
    limited.close()


@on_postgresql
@pytest.mark.parametrize(
    "end",
    [
        lambda connection: connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())"),
        lambda connection: connection.connection.driver_connection.close(),
    ],
    ids=["terminated", "closed"],
)
def test_a_lost_connection_is_a_reason_to_try_again(database: Database, end: Callable[[sa.Connection], object]) -> None:
    def interrupted() -> None:
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
            end(connection)
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(DatabaseBusy):
        interrupted()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
