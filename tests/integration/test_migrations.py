"""Migrations run up, down and up again, and produce the schema that the code describes."""

import pkgutil
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import service.access
import service.eventlog
import service.projections
from service.domain.counting.selection import Selection
from service.eventlog.table import heads
from service.projections.entries import entries
from service.projections.registry import VERSION
from service.projections.sums import sums
from service.projections.totals import totals
from service.storage.db import Database, metadata, open_database
from service.usecases.maintenance.migrate import _config, migrate_to_base, migrate_to_head
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.schema_version import (
    NotMigrated,
    known_revisions,
    migrations_directory,
    require_migrated,
)
from service.usecases.maintenance.verify import verify_operation
from service.usecases.recording.appending import ProjectionsOutdated
from tests.databases import database as new_postgres_database
from tests.factories.operations import opened_operation
from tests.factories.reports import ActivityRecordedFactory, ArrestRecordedFactory
from tests.factories.setup import STARTS_AT

# Import every module that defines tables, so that `metadata` is complete.
for package in (service.access, service.eventlog, service.projections):
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


@pytest.fixture
def described(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Database]:
    """Return an empty database of the same kind, with the tables created from the code's metadata."""
    if database.is_sqlite:
        made = open_database(f"sqlite:///{tmp_path / 'described.db'}")
        metadata.create_all(made.engine)
        yield made
        made.engine.dispose()
        return
    with new_postgres_database(request.getfixturevalue("postgres_server_url")) as url:
        made = open_database(url)
        metadata.create_all(made.engine)
        yield made
        made.engine.dispose()


def migrate_down_to(database: Database, revision: str) -> None:
    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def schema_of(database: Database) -> dict[str, Any]:
    """Return the schema that the database reports: columns, keys, checks, references and indexes."""
    schema = {}
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
            schema[table] = {
                "columns": [
                    {key: str(value) for key, value in column.items() if key != "autoincrement"}
                    | {"collation": getattr(column["type"], "collation", None)}
                    for column in inspector.get_columns(table)
                ],
                "primary_key": inspector.get_pk_constraint(table),
                "unique": _by_name(inspector.get_unique_constraints(table)),
                "checks": _by_name(inspector.get_check_constraints(table)),
                "references": _by_name(inspector.get_foreign_keys(table)),
                "indexes": _by_name(inspector.get_indexes(table)),
            }
    return schema


def _by_name(constraints: list[Any]) -> dict[str, Any]:
    return {str(constraint["name"]): _in_words(constraint) for constraint in constraints}


def _in_words(constraint: Any) -> dict[str, Any]:
    """Return a constraint whose options, such as the condition of a partial index, can be compared."""
    options = constraint.get("dialect_options", {})
    return constraint | {"dialect_options": {name: str(value) for name, value in options.items()}}


def objects_in(database: Database) -> set[str]:
    """Return the names of our tables, triggers and functions in the database."""
    made_by_us = {
        True: "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
        False: (
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
            "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ),
    }
    with database.reading() as connection:
        return set(connection.scalars(sa.text(made_by_us[database.is_sqlite])))


def test_the_migrated_schema_needs_no_further_migration(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_migrated_schema_equals_the_one_that_the_code_describes(database: Database, described: Database) -> None:
    assert schema_of(database) == schema_of(described)


def test_migrations_run_down_to_an_empty_database_and_up_again(database: Database, database_url: str) -> None:
    at_first = schema_of(database), objects_in(database)
    migrate_to_base(database_url)
    assert objects_in(database) <= {"alembic_version", "alembic_version_pkc"}
    with pytest.raises(NotMigrated, match="oprecord init"):
        require_migrated(database)
    migrate_to_head(database_url)
    assert (schema_of(database), objects_in(database)) == at_first
    require_migrated(database)


def test_a_database_of_a_newer_version_is_named(database: Database, database_url: str) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for refused in (lambda: require_migrated(database), lambda: migrate_to_head(database_url)):
        with pytest.raises(NotMigrated, match="has schema 9999; this version of oprecord knows schemas up to"):
            refused()


def test_replicas_that_start_at_once_migrate_a_database_once(database: Database, database_url: str) -> None:
    migrate_to_base(database_url)
    with ThreadPoolExecutor(4) as replicas:
        for done in [replicas.submit(migrate_to_head, database_url) for _ in range(4)]:
            assert done.result() is None
    require_migrated(database)


def test_a_database_migrated_down_and_up_records_events(database: Database, database_url: str) -> None:
    opened_operation(database).record(ArrestRecordedFactory())
    migrate_to_base(database_url)
    migrate_to_head(database_url)
    assert opened_operation(database).record(ArrestRecordedFactory()).seq == 7


def test_an_upgraded_database_answers_for_the_past_and_gets_snapshots_by_a_rebuild(
    database: Database, database_url: str
) -> None:
    operation = opened_operation(database, snapshot_every=2)
    operation.record_all(*(ArrestRecordedFactory() for _ in range(5)))
    carried, past = operation.carried(), operation.figures_as_of(9)
    migrate_down_to(database, "0003")
    migrate_to_head(database_url)
    assert (operation.head().snapshot_every, operation.carried()) == (None, {})
    with database.reading() as connection:
        (arrests,) = sums(connection, [(operation.head(), 9)], Selection(), by_category=())
    assert arrests.quantity == sum(past.values())
    rebuild(database, operation.name, snapshot_every=2)
    assert operation.carried() == carried
    assert operation.difference() is None


def test_facts_without_a_moment_keep_the_database_from_going_back(database: Database, database_url: str) -> None:
    operation = opened_operation(database)
    arrest = operation.record(ArrestRecordedFactory(place="m25"))
    migrate_down_to(database, "0005")
    migrate_to_head(database_url)
    rebuild(database, operation.name)
    assert operation.record(ArrestRecordedFactory(day_only=True, place="m25", force="kent")).seq == arrest.seq + 1
    assert verify_operation(database, operation.name).fault is None
    with pytest.raises(ValueError, match=f"cannot read facts without a moment, such as seq 8 of {operation.name}"):
        migrate_down_to(database, "0005")
    assert verify_operation(database, operation.name).fault is None


def test_after_what_is_said_was_added_an_operation_must_be_rebuilt(database: Database, database_url: str) -> None:
    operation = opened_operation(database)
    operation.record(ArrestRecordedFactory(place="m25"))
    migrate_down_to(database, "0013")
    with database.writing() as connection:
        former = VERSION.replace("match_candidates=2", "match_candidates=1")
        connection.execute(heads.update().values(projection_version=former))
    migrate_to_head(database_url)
    with pytest.raises(ProjectionsOutdated, match="oprecord projections rebuild"):
        operation.record(ArrestRecordedFactory())
    rebuild(database, operation.name)
    assert verify_operation(database, operation.name).fault is None


def test_only_operations_with_an_activity_over_several_days_need_a_rebuild(
    database: Database, database_url: str
) -> None:
    other, operation = opened_operation(database, "other"), opened_operation(database)
    over_days = {"occurred_at": STARTS_AT, "occurred_before": STARTS_AT + timedelta(days=2)}
    for one, when in ((other, {}), (operation, over_days)):
        one.record(ActivityRecordedFactory(force="surrey", **when))
    was = [one["day"] for one in operation.entries()]
    migrate_down_to(database, "0010")
    with database.writing() as connection:  # as the former version stored them
        for table in (entries, totals):
            connection.execute(table.update().where(table.c.day.contains("/")).values(day=""))
        former = VERSION.replace("entries=2", "entries=1").replace("totals=2", "totals=1")
        former = former.replace("totals_snapshots=2", "totals_snapshots=1")
        connection.execute(heads.update().values(projection_version=former))
    migrate_to_head(database_url)
    assert other.head().projection_version == VERSION
    assert verify_operation(database, other.name).fault is None
    with pytest.raises(ProjectionsOutdated, match="oprecord projections rebuild"):
        operation.record(ArrestRecordedFactory())
    rebuild(database, operation.name)
    assert [one["day"] for one in operation.entries()] == was == ["2023-01-16/2023-01-17"]
    assert verify_operation(database, operation.name).fault is None


def test_migrating_a_migrated_database_changes_nothing(database: Database, database_url: str) -> None:
    operation = opened_operation(database)
    operation.record(ArrestRecordedFactory())
    before = operation.log()
    migrate_to_head(database_url)
    assert operation.log() == before


def test_migrations_form_one_chain_numbered_without_a_gap() -> None:
    scripts = ScriptDirectory(str(migrations_directory()))
    revisions = list(reversed(list(scripts.walk_revisions())))
    numbers = [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert [script.revision for script in revisions] == numbers
    assert [script.down_revision for script in revisions] == [None, *numbers[:-1]]
    assert all(re.fullmatch(rf"{script.revision}_[a-z_]+\.py", Path(script.path).name) for script in revisions)
    assert known_revisions() == numbers


def test_every_table_with_an_operation_id_can_be_distributed_by_it() -> None:
    for table in metadata.tables.values():
        if "operation_id" not in table.columns:
            continue
        assert next(iter(table.primary_key.columns)).name == "operation_id"
        unique = [constraint for constraint in table.constraints if isinstance(constraint, sa.UniqueConstraint)]
        assert all("operation_id" in constraint.columns for constraint in unique)
