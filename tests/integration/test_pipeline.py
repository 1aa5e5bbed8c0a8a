"""Pipelined statements: in one transaction, in order, all or none; and the state of the connection afterwards."""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa

from service.storage.db import Database, DatabaseBusy
from service.storage.pipeline import COMMIT, Pipeline, pipeline_of, statement_name
from service.storage.statements import read_pipelined_raw
from tests.integration.stored import storing

INSERTION = "INSERT INTO stored VALUES (9, '') RETURNING number"
VALUES = [
    ("int8", 2**53 - 1),
    ("int4", -1),
    ("bool", True),
    ("bytea", bytes(range(256))),
    ("text", "M25 'northbound' \\ $1 %s é"),
    ("timestamptz", datetime(2023, 1, 17, 23, 59, 59, 999999, tzinfo=UTC)),
    ("uuid", UUID(int=7)),
    ("uuid[]", [UUID(int=1), UUID(int=2)]),
    ("bytea[]", [b'\x00\\"', b""]),
    ("text", None),
]


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Return an empty PostgreSQL database."""
    with storing(postgres_url, connections=2) as database:
        yield database


def numbers(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(sa.text("SELECT number FROM stored ORDER BY number")))


def insertion(number: int, words: str = "") -> tuple[str, list[Any]]:
    return "INSERT INTO stored VALUES ($1, $2)", [number, words]


@pytest.mark.parametrize(("of_type", "value"), VALUES)
def test_a_value_round_trips(database: Database, of_type: str, value: Any) -> None:
    with database.writing() as connection:
        assert pipeline_of(connection).run([(f"SELECT $1::{of_type}", [value])]) == [[(value,)]]


def test_each_statement_sees_the_effects_of_earlier_ones(database: Database) -> None:
    counting = ("SELECT count(*) FROM stored", [])
    with database.writing() as connection:
        rows = pipeline_of(connection).run([counting, insertion(1), counting, insertion(2), counting])
    assert rows == [[(0,)], [], [(1,)], [], [(2,)]]
    assert numbers(database) == [1, 2]


def test_a_pipeline_runs_in_the_open_transaction(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO stored VALUES (1)", ())
        pipeline_of(connection).run([insertion(2)])
        connection.rollback()
    assert numbers(database) == []


def test_a_pipeline_can_commit(database: Database) -> None:
    with database.writing() as connection:
        pipeline_of(connection).run([insertion(1), COMMIT])
        assert numbers(database) == [1]


def test_a_pipeline_in_a_reading_sees_one_state_and_cannot_write(database: Database) -> None:
    with database.reading() as reading:
        before = pipeline_of(reading).run([("SELECT count(*) FROM stored", [])])
        with database.writing() as connection:
            pipeline_of(connection).run([insertion(1)])
        assert pipeline_of(reading).run([("SELECT count(*) FROM stored", [])]) == before
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            pipeline_of(reading).run([insertion(2)])


def test_a_refused_statement_writes_nothing_and_leaves_the_connection_usable(database: Database) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="stored_pkey"), database.writing() as connection:
        pipeline_of(connection).run([insertion(1), insertion(1), insertion(2), COMMIT])
    assert numbers(database) == []
    with database.writing() as connection:
        pipeline_of(connection).run([insertion(1), COMMIT])
    assert numbers(database) == [1]


def test_a_statement_is_prepared_once_per_connection(database: Database) -> None:
    with database.writing() as connection:
        pipeline = pipeline_of(connection)
        pipeline.run([insertion(1), insertion(2)])
        pipeline.run([insertion(3)])
        (names,) = pipeline.run([("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'", [])])
    assert names == [(1,)]
    with database.writing() as connection:
        assert pipeline_of(connection) is pipeline


def test_a_deallocated_statement_is_prepared_again(database: Database) -> None:
    with database.writing() as connection:
        pipeline_of(connection).run([insertion(1)])
        connection.exec_driver_sql("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName), database.writing() as connection:
        pipeline_of(connection).run([insertion(2)])
    with database.writing() as connection:
        pipeline_of(connection).run([insertion(3)])
    assert numbers(database) == [1, 3]


def test_a_refused_statement_stays_prepared(database: Database) -> None:
    """Otherwise a client that retries a refused statement again and again would fill the server's memory."""
    with database.writing() as connection:
        pipeline_of(connection).run([insertion(1)])
    for _ in range(3):
        with pytest.raises(psycopg.errors.UniqueViolation), database.writing() as connection:
            pipeline_of(connection).run([("SELECT 1", []), insertion(1), ("SELECT 2", []), COMMIT])
    with database.writing() as connection:
        prepared = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements ORDER BY 1").scalars().all()
    assert prepared == ["COMMIT", insertion(1)[0], "SELECT 1", "SELECT 2"]


def test_a_statement_whose_result_type_changed_is_prepared_again(database: Database) -> None:
    with database.writing() as connection:
        read_pipelined_raw(connection, (words_stored, {}))
        connection.exec_driver_sql("ALTER TABLE stored ALTER words TYPE varchar(5)")
    with pytest.raises(sa.exc.NotSupportedError, match="cached plan"), database.writing() as connection:
        read_pipelined_raw(connection, (words_stored, {}))
    with database.writing() as connection:
        assert read_pipelined_raw(connection, (words_stored, {})) == [[]]


def names_prepared(connection: sa.Connection) -> dict[str, str]:
    """Return the texts of the prepared statements of a server connection, by name."""
    rows = connection.exec_driver_sql("SELECT name, statement FROM pg_prepared_statements")
    return {row.name: row.statement for row in rows}


def test_a_statement_has_the_same_name_on_every_connection(database: Database) -> None:
    with database.writing() as one, database.writing() as other:
        pipeline_of(one).run([insertion(1), COMMIT])
        pipeline_of(other).run([("SELECT 1", []), insertion(2), COMMIT])
        name = statement_name(insertion(1)[0]).decode()
        assert names_prepared(one)[name] == names_prepared(other)[name] == insertion(1)[0]
        assert len(names_prepared(other)) == 3


def test_statements_prepared_while_another_is_missing_stay_prepared(database: Database) -> None:
    with database.writing() as connection:
        pipeline_of(connection).run([insertion(1)])
        connection.exec_driver_sql("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName), database.writing() as connection:
        pipeline_of(connection).run([("SELECT 1", []), insertion(2)])
    with database.writing() as connection:
        assert pipeline_of(connection).run([("SELECT 1", []), insertion(3)]) == [[(1,)], []]


def test_clients_that_share_a_server_connection_never_run_the_statements_of_each_other(database: Database) -> None:
    """As behind a pooler that gives a server connection to another client after each transaction."""
    with database.writing() as connection:
        driver: Any = connection.connection.driver_connection
        clients = [Pipeline(driver), Pipeline(driver)]
        clients[0].run([("SELECT 'one'", [])])
        assert clients[1].run([("SELECT 'other'", [])]) == [[("other",)]]
        assert clients[0].run([("SELECT 'one'", [])]) == [[("one",)]]


def test_a_missing_statement_is_there_when_the_same_is_sent_again(database: Database) -> None:
    with database.writing() as connection:
        read_pipelined_raw(connection, (words_stored, {}))
        connection.exec_driver_sql("DEALLOCATE ALL")
    with (
        pytest.raises(DatabaseBusy, match="send the same request again"),
        database.writing() as connection,
    ):
        read_pipelined_raw(connection, (words_stored, {}))
    with database.writing() as connection:
        assert read_pipelined_raw(connection, (words_stored, {})) == [[]]


def test_what_another_client_has_prepared_is_used_when_the_same_is_sent_again(database: Database) -> None:
    def insert() -> None:
        with database.writing() as connection:
            read_pipelined_raw(connection, (inserting, {}))

    with database.writing() as connection:
        Pipeline(connection.connection.driver_connection).run([(INSERTION, [])])  # type: ignore[arg-type]
        connection.rollback()
    with pytest.raises(DatabaseBusy, match="send the same request again"):
        insert()
    assert numbers(database) == []
    insert()
    assert numbers(database) == [9]


def test_values_larger_than_the_socket_buffers_are_sent_and_received(database: Database) -> None:
    words = "x" * 4_000_000
    with database.writing() as connection:
        rows = pipeline_of(connection).run([("SELECT $1::text", [words])] * 5)
    assert rows == [[(words,)]] * 5


def test_other_threads_work_while_a_pipeline_waits_for_a_lock(database: Database) -> None:
    """Waiting blocks no other thread of the process; otherwise the holder of the lock could never release it."""
    done = threading.Event()

    def write_the_same() -> None:
        with database.writing() as connection:
            pipeline_of(connection).run([("INSERT INTO stored VALUES ($1, $2) ON CONFLICT DO NOTHING", [1, ""])])
        done.set()

    with database.writing() as connection:
        pipeline_of(connection).run([insertion(1)])
        other = threading.Thread(target=write_the_same)
        other.start()
        assert not done.wait(0.2)
    other.join(timeout=10)
    assert done.is_set()


def test_a_lost_connection_raises_and_is_not_reused(database: Database) -> None:
    with database.writing() as connection:
        pipeline = pipeline_of(connection)
    with pytest.raises(DatabaseBusy, match="send the same request again"), database.writing() as connection:
        pipeline_of(connection).run([("SELECT pg_terminate_backend(pg_backend_pid())", [])])
    with database.writing() as connection:
        assert pipeline_of(connection) is not pipeline
        pipeline_of(connection).run([insertion(1)])
    assert numbers(database) == [1]


def test_the_error_for_a_lost_connection_states_its_cause(database: Database) -> None:
    with pytest.raises(DatabaseBusy) as busy, database.writing() as connection:
        read_pipelined_raw(connection, (ending_itself, {}))
    assert "closed the connection" in busy.value.reason
    with database.writing() as connection:
        assert read_pipelined_raw(connection, (sleeping, {"seconds": 0})) == [[("",)]]


def test_a_keyboard_interrupt_propagates_from_a_waiting_pipeline(database: Database) -> None:
    threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt), database.writing() as connection:
        read_pipelined_raw(connection, (sleeping, {"seconds": 10}))
    with database.writing() as connection:
        assert read_pipelined_raw(connection, (sleeping, {"seconds": 0})) == [[("",)]]


def inserting(_dialect: str) -> sa.TextClause:
    return sa.text(INSERTION)


def words_stored(_dialect: str) -> sa.TextClause:
    return sa.text("SELECT words FROM stored")


def ending_itself(_dialect: str) -> sa.Select[Any]:
    return sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid()))


def sleeping(_dialect: str) -> sa.Select[Any]:
    return sa.select(sa.func.pg_sleep(sa.bindparam("seconds", type_=sa.Integer)))


def test_a_value_that_cannot_be_encoded_is_refused_before_anything_is_sent(database: Database) -> None:
    with database.writing() as connection:
        pipeline = pipeline_of(connection)
    with pytest.raises(psycopg.DataError, match="NUL"), database.writing() as connection:
        pipeline_of(connection).run([insertion(1), insertion(2, "a\x00b")])
    with database.writing() as connection:
        assert pipeline_of(connection) is pipeline
    assert numbers(database) == []
