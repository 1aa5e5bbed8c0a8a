"""COPY without waiting: all rows are stored or none, and the next use of the connection waits for them."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from service.db import Database, DatabaseBusy
from service.driver import read_together_as_stored
from service.pipeline import COMMIT, Pipeline, _Unawaited, pipeline_of
from tests.integration.stored import storing

COPY, TYPES = "COPY stored (number, words) FROM STDIN (FORMAT binary)", ["int8", "text"]
COUNT: tuple[str, list[Any]] = ("SELECT count(*) FROM stored", [])


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Return a PostgreSQL database with an empty table, opened with a pool of one connection."""
    with storing(postgres_url, connections=1) as database:
        yield database


def copy(connection: sa.Connection, numbers: range, words: str = "") -> Pipeline:
    pipeline = pipeline_of(connection)
    pipeline.copy(COPY, TYPES, [(number, words) for number in numbers])
    return pipeline


def counting(_dialect: str) -> sa.TextClause:
    return sa.text(COUNT[0])


def is_stored(database: Database, count: int) -> bool:
    with database.snapshot() as connection:
        return connection.scalar(sa.text(COUNT[0])) == count


def slow_down(connection: sa.Connection) -> None:
    """Make PostgreSQL take 10 ms for each row."""
    connection.exec_driver_sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END'"
    )
    connection.exec_driver_sql("CREATE TRIGGER wait BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION wait()")


def is_busy(pipeline: Pipeline) -> bool:
    return pipeline.connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE


def test_the_next_statement_sees_the_copied_rows(database: Database) -> None:
    with database.writing() as connection:
        pipeline = copy(connection, range(1000))
        assert pipeline.run([COUNT]) == [[(1000,)]]
        copy(connection, range(1000, 1001))
        copy(connection, range(1001, 1002))
        pipeline.run([COMMIT])
    assert is_stored(database, 1002)


def test_a_copy_does_not_block_until_the_connection_is_used_again(database: Database) -> None:
    with database.writing() as connection:
        slow_down(connection)
        pipeline = copy(connection, range(50))
        assert is_busy(pipeline)
        pipeline.finish_copy()
        assert not is_busy(pipeline)
        assert connection.scalar(sa.text(COUNT[0])) == 50


def test_rows_larger_than_the_socket_buffer_are_stored(database: Database) -> None:
    with database.writing() as connection:
        slow_down(connection)
        pipeline = copy(connection, range(20), "x" * 1_000_000)
        lengths = pipeline.run([("SELECT sum(length(words)) FROM stored", [])])
    assert lengths == [[(20_000_000,)]]


def test_the_next_statement_raises_the_error_of_refused_rows(database: Database) -> None:
    def copy_duplicates() -> None:
        with database.writing() as connection:
            copy(connection, range(100))
            copy(connection, range(99, 200)).run([COUNT, COMMIT])

    with pytest.raises(psycopg.errors.UniqueViolation, match="stored_pkey"):
        copy_duplicates()
    assert is_stored(database, 0)


def test_a_connection_stays_usable_after_refused_rows(database: Database) -> None:
    with database.writing() as connection:
        pipeline = copy(connection, range(100))
        pipeline.run([COMMIT])
    with pytest.raises(psycopg.errors.UniqueViolation), database.writing() as connection:
        copy(connection, range(100)).finish_copy()
    with database.writing() as connection:
        assert copy(connection, range(100, 150)) is pipeline
        pipeline.run([COMMIT])
    assert is_stored(database, 150)


def test_an_exception_during_a_copy_is_not_masked_by_the_copy(database: Database) -> None:
    def fail_during_copy() -> None:
        with database.writing() as connection:
            copy(connection, range(1000))
            raise NotImplementedError

    with pytest.raises(NotImplementedError):
        fail_during_copy()
    assert is_stored(database, 0)


def copy_with(connection: sa.Connection, wrong: tuple[Any, Any]) -> None:
    pipeline_of(connection).copy(COPY, TYPES, [(1, ""), wrong, (2, "")])
    pipeline_of(connection).finish_copy()


@pytest.mark.parametrize("wrong", [(7, 7.5), ("seven", ""), (8, "a\x00b")])
def test_a_row_that_cannot_be_encoded_raises_and_stores_nothing(database: Database, wrong: tuple[Any, Any]) -> None:
    with pytest.raises((psycopg.DataError, TypeError)), database.writing() as connection:
        copy_with(connection, wrong)
    assert is_stored(database, 0)


def test_a_failed_copy_stores_nothing_even_if_its_error_is_suppressed(database: Database) -> None:
    def suppress_and_commit() -> None:
        with database.writing() as connection:
            with suppress(TypeError):
                pipeline_of(connection).copy(COPY, TYPES, [(1, ""), ("two", "")])
            pipeline_of(connection).run([COMMIT])

    with pytest.raises(psycopg.errors.QueryCanceled, match="TypeError"):
        suppress_and_commit()
    assert is_stored(database, 0)


@pytest.mark.parametrize("moment", ["start", "write", "finish"])
def test_a_keyboard_interrupt_propagates_from_every_stage_of_a_copy(
    database: Database, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The interrupt comes while the COPY begins, while rows are written, or before the end of the COPY is sent."""

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "start":
            patch.setattr(psycopg.Copy, "__enter__", interrupted)
        else:
            patch.setattr(_Unawaited, moment, interrupted)
        with pytest.raises(KeyboardInterrupt), database.writing() as connection:
            copy(connection, range(100))
    with database.writing() as connection:
        copy(connection, range(10)).run([COMMIT])
    assert is_stored(database, 10)


def test_a_connection_lost_during_a_copy_raises_and_is_not_reused(database: Database, postgres_url: str) -> None:
    def lose_the_connection() -> None:
        with database.writing() as connection:
            slow_down(connection)
            pipeline = copy(connection, range(1000))
            with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pipeline.connection.info.backend_pid])
            read_together_as_stored(connection, (counting, {}))

    with pytest.raises(DatabaseBusy, match="Send the same again"):
        lose_the_connection()
    assert is_stored(database, 0)
