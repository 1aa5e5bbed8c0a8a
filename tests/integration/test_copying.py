"""So many rows that PostgreSQL gets them by COPY: all or none are stored, and the connection can be used afterwards."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
import sqlalchemy as sa

from service.storage.db import Database, DatabaseBusy, constraint_of
from service.storage.pipeline import COMMIT, pipeline_of
from service.storage.writes import MAX_ROWS_IN_A_STATEMENT, Row, Writes
from tests.integration.stored import storing

MANY = MAX_ROWS_IN_A_STATEMENT + 1
stored = sa.Table(
    "stored", sa.MetaData(), sa.Column("number", sa.BigInteger, primary_key=True), sa.Column("words", sa.Text)
)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Return a PostgreSQL database with an empty table, opened with a pool of one connection."""
    with storing(postgres_url, connections=1) as database:
        yield database


def copy(connection: sa.Connection, rows: Sequence[Row], *, and_commit: bool = False) -> None:
    assert len(rows) > MAX_ROWS_IN_A_STATEMENT
    writes = Writes(connection)
    writes.insert(stored, rows)
    writes.send(and_commit=and_commit)


def numbered(numbers: range, words: str = "") -> list[Row]:
    return [(number, words) for number in numbers]


def count_in(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(stored)) or 0


def count(database: Database) -> int:
    with database.reading() as connection:
        return count_in(connection)


def for_each_row(connection: sa.Connection, statement: str) -> None:
    """Have PostgreSQL execute a statement before it stores a row."""
    connection.exec_driver_sql(
        f"CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {statement}; RETURN NEW; END'"
    )
    connection.exec_driver_sql("CREATE TRIGGER first BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION first()")


def setting_words(_dialect: str) -> sa.Update:
    return stored.update().values(words=sa.bindparam("said"))


def test_the_next_statement_sees_the_copied_rows(database: Database) -> None:
    with database.writing() as connection:
        copy(connection, numbered(range(1000)))
        assert count_in(connection) == 1000
        writes = Writes(connection)
        writes.execute(setting_words, {"said": "seen"})
        writes.insert(stored, numbered(range(1000, 1000 + MANY)))
        writes.insert(stored, numbered(range(2000, 2001)))
        writes.send(and_commit=True)
    with database.reading() as connection:
        assert connection.scalars(sa.select(stored.c.words)).all() == ["seen"] * (1000 + MANY + 1)


def test_rows_larger_than_the_socket_buffer_are_stored(database: Database) -> None:
    with database.writing() as connection:
        for_each_row(connection, "PERFORM pg_sleep(0.01)")
        copy(connection, numbered(range(MANY), "x" * 300_000))
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.sum(sa.func.length(stored.c.words)))) == MANY * 300_000


def test_the_error_of_refused_rows_names_the_constraint(database: Database) -> None:
    def copy_duplicates() -> None:
        with database.writing() as connection:
            copy(connection, numbered(range(100)))
            copy(connection, numbered(range(99, 200)), and_commit=True)

    with pytest.raises(sa.exc.IntegrityError) as caught:
        copy_duplicates()
    assert constraint_of(caught.value) == "stored_pkey"
    assert count(database) == 0


def test_a_connection_stays_usable_after_refused_rows(database: Database) -> None:
    with database.writing() as connection:
        copy(connection, numbered(range(100)), and_commit=True)
        pipeline = pipeline_of(connection)
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        copy(connection, numbered(range(100)))
    with database.writing() as connection:
        copy(connection, numbered(range(100, 200)), and_commit=True)
        assert pipeline_of(connection) is pipeline
    assert count(database) == 200


def test_a_failure_after_a_copy_stores_nothing(database: Database) -> None:
    def fail_after_the_copy() -> None:
        with database.writing() as connection:
            copy(connection, numbered(range(1000)))
            raise NotImplementedError

    with pytest.raises(NotImplementedError):
        fail_after_the_copy()
    assert count(database) == 0


@pytest.mark.parametrize("wrong", [(MANY, 7.5), ("seven", ""), (MANY, "a\x00b")])
def test_a_row_that_cannot_be_encoded_raises_and_stores_nothing(database: Database, wrong: Row) -> None:
    with pytest.raises((sa.exc.DataError, TypeError)), database.writing() as connection:
        copy(connection, [*numbered(range(MANY)), wrong, (MANY + 1, "")])
    assert count(database) == 0


def test_a_failed_copy_stores_nothing_even_if_its_error_is_suppressed(database: Database) -> None:
    with database.writing() as connection:
        with suppress(TypeError):
            copy(connection, [*numbered(range(MANY)), ("two", "")])
        pipeline_of(connection).run([COMMIT])
    assert count(database) == 0


def test_a_keyboard_interrupt_during_a_copy_propagates(database: Database) -> None:
    with database.writing() as connection:
        for_each_row(connection, "PERFORM pg_sleep(0.1)")
    threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt), database.writing() as connection:
        copy(connection, numbered(range(1000)))
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER first ON stored")
        copy(connection, numbered(range(100)), and_commit=True)
    assert count(database) == 100


def test_a_connection_lost_during_a_copy_raises_and_is_not_reused(database: Database) -> None:
    with database.writing() as connection:
        for_each_row(connection, "PERFORM pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseBusy, match="send the same request again"), database.writing() as connection:
        copy(connection, numbered(range(1000)))
    assert count(database) == 0
