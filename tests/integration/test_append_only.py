"""Recorded events cannot be changed or removed: the database refuses every statement that would do so.

The statements bypass the service: they run over plain connections without any of its settings.
"""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.factories.operations import OpenedOperation
from tests.factories.reports import ArrestRecordedFactory, SeizureRecordedFactory

AN_ID = "'00000000000000000000000000000001'"
COLUMNS = (
    "operation_id, seq, id, type, force, corrects, occurred_at, occurred_before, recorded_at, text, leaf_hash, "
    "subtree_hashes, occurred_on"
)


@pytest.fixture
def recorded(operation: OpenedOperation) -> OpenedOperation:
    """Return an operation with an arrest (seq 7), its correction (8) and a seizure (9)."""
    arrest = ArrestRecordedFactory()
    operation.record_all(arrest, ArrestRecordedFactory(corrects=arrest.id), SeizureRecordedFactory())
    return operation


@pytest.fixture
def plain_engine(database_url: str) -> Iterator[sa.Engine]:
    """Return an engine without any of the service's settings."""
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()


def refused(engine: sa.Engine, recorded: OpenedOperation, statement: str) -> str:
    """Return the error message with which the database refuses a statement; assert that the log is unchanged."""
    before = recorded.log()
    with pytest.raises(sa.exc.IntegrityError) as caught, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert recorded.log() == before
    return str(caught.value.orig)


def copy_of_correction(**changed: str) -> str:
    """Return a SELECT of the recorded correction, with some columns replaced by other expressions."""
    columns = ", ".join(changed.get(column, column) for column in COLUMNS.split(", "))
    return f"SELECT {columns} FROM events WHERE seq = 8"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET text = 'another' WHERE seq = 7",
        "UPDATE events SET text = text",
        "UPDATE events SET force = 'kent'",
        "UPDATE events SET operation_id = 'elsewhere', seq = 1 WHERE seq = 9",
        "DELETE FROM events",
        "DELETE FROM events WHERE seq = 9",
    ],
)
def test_update_and_delete_are_refused(plain_engine: sa.Engine, recorded: OpenedOperation, statement: str) -> None:
    assert f"wanted INSERT, found {statement[:6]}" in refused(plain_engine, recorded, statement)


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        pytest.param("seq", {}, id="same-seq"),
        pytest.param("id", {"seq": "100"}, id="same-id"),
        pytest.param("corrects", {"seq": "100", "id": AN_ID}, id="same-corrects"),
    ],
)
def test_insert_on_conflict_do_update_is_refused(
    plain_engine: sa.Engine, recorded: OpenedOperation, key: str, changed: dict[str, str]
) -> None:
    statement = (
        f"INSERT INTO events ({COLUMNS}) {copy_of_correction(**changed)} "
        f"ON CONFLICT (operation_id, {key}) DO UPDATE SET text = 'another'"
    )
    refused(plain_engine, recorded, statement)


class TestPostgreSQL:
    """Statements that only PostgreSQL has."""

    @pytest.fixture
    def database_url(self, postgres_url: str) -> str:
        return postgres_url

    @pytest.mark.parametrize("statement", ["TRUNCATE events", "TRUNCATE heads CASCADE"])
    def test_truncate_is_refused(self, plain_engine: sa.Engine, recorded: OpenedOperation, statement: str) -> None:
        assert "wanted INSERT, found TRUNCATE" in refused(plain_engine, recorded, statement)

    @pytest.mark.parametrize("action", ["UPDATE SET text = 'another'", "DELETE"])
    def test_merge_is_refused(self, plain_engine: sa.Engine, recorded: OpenedOperation, action: str) -> None:
        statement = f"MERGE INTO events USING heads ON events.seq = 7 WHEN MATCHED THEN {action}"
        assert f"wanted INSERT, found {action[:6]}" in refused(plain_engine, recorded, statement)

    def test_the_head_of_a_log_cannot_be_deleted(self, plain_engine: sa.Engine, recorded: OpenedOperation) -> None:
        refused(plain_engine, recorded, "DELETE FROM heads")


class TestSQLite:
    """Statements that only SQLite has: INSERT OR REPLACE removes rows without firing a DELETE trigger."""

    @pytest.fixture
    def database_url(self, sqlite_url: str) -> str:
        return sqlite_url

    @pytest.mark.parametrize(
        ("changed", "key"),
        [
            pytest.param({}, "seq", id="same-seq"),
            pytest.param({"seq": "100"}, "id", id="same-id"),
            pytest.param({"seq": "100", "id": AN_ID}, "corrects", id="same-corrects"),
        ],
    )
    def test_insert_or_replace_is_refused(
        self, plain_engine: sa.Engine, recorded: OpenedOperation, changed: dict[str, str], key: str
    ) -> None:
        row = copy_of_correction(text="'another'", **changed)
        said = refused(plain_engine, recorded, f"INSERT OR REPLACE INTO events ({COLUMNS}) {row}")
        assert said == f"UNIQUE constraint failed: events.operation_id, events.{key}"

    def test_update_or_replace_is_refused(self, plain_engine: sa.Engine, recorded: OpenedOperation) -> None:
        refused(plain_engine, recorded, "UPDATE OR REPLACE events SET seq = 7 WHERE seq = 9")
