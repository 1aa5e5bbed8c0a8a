"""Match candidates are derived from the log alone: live, rebuilt and imported rows are the same."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service.projections.duplicates.match_candidates import match_candidates
from service.projections.duplicates.ruled_out import ruled_out
from service.storage.db import Database, open_database
from service.usecases.maintenance import rebuild as rebuild_module
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from tests.factories.operations import OpenedOperation
from tests.factories.reports import (
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import DuplicateRuledOutFactory


@pytest.fixture
def recorded(operation: OpenedOperation) -> OpenedOperation:
    """Return an operation with corrections of corrections, and a pair ruled out after the first of them."""
    first = ArrestRecordedFactory(place="m25", incident="a" * 64)
    second = ArrestRecordedFactory(corrects=first.id, place="m25", count=2)
    other = ArrestRecordedFactory(force="kent", place="m25")
    operation.record_all(first, second, ActivityRecordedFactory())
    operation.record(other)
    operation.change(DuplicateRuledOutFactory(events=(other.id, second.id)))
    operation.record_all(
        ArrestRecordedFactory(corrects=second.id, place="a406"),
        seizure := SeizureRecordedFactory(place="m25"),
        EventWithdrawnFactory(corrects=seizure.id),
    )
    return operation


@pytest.fixture
def empty_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return a second database to import into."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'second.db')}")
    yield database
    database.engine.dispose()


def rows(database: Database, table: sa.Table, *names: str) -> list[Any]:
    with database.reading() as connection:
        found = connection.execute(sa.select(*(table.c[name] for name in names)).order_by(table.c.seq))
        return [tuple(row) for row in found]


def test_the_row_of_a_version_names_the_first_version_and_the_one_it_replaces(recorded: OpenedOperation):
    assert rows(
        recorded.database, match_candidates, "seq", "first_seq", "replaces_seq", "type", "place", "categories"
    ) == [
        (7, 7, None, "arrest.recorded", "m25", "knife"),
        (8, 7, 7, "arrest.recorded", "m25", "knife"),
        (10, 10, None, "arrest.recorded", "m25", "knife"),
        (12, 7, 8, "arrest.recorded", "a406", "knife"),
        (13, 13, None, "seizure.recorded", "m25", "weapon/bladed/knife"),
        (14, 13, 13, "event.withdrawn", None, ""),
    ]
    assert rows(recorded.database, ruled_out, "seq", "lower_seq", "higher_seq") == [(11, 7, 10)]


@pytest.mark.parametrize("events_at_a_time", [1, 3, 1_000])
def test_a_rebuild_produces_the_same_rows(
    recorded: OpenedOperation, monkeypatch: pytest.MonkeyPatch, events_at_a_time: int
):
    names = [column.name for column in match_candidates.c if column.name != "generation"]
    before = (
        rows(recorded.database, match_candidates, *names),
        rows(recorded.database, ruled_out, "lower_seq", "higher_seq"),
    )
    for name in ("EVENTS_IN_ONE_BLOCK", "EVENTS_IN_ONE_TRANSACTION"):
        monkeypatch.setattr(rebuild_module, name, events_at_a_time)
    rebuild(recorded.database, recorded.name)
    after = (
        rows(recorded.database, match_candidates, *names),
        rows(recorded.database, ruled_out, "lower_seq", "higher_seq"),
    )
    assert after == before
    assert recorded.difference() is None


def test_an_import_produces_the_same_rows(recorded: OpenedOperation, empty_database: Database):
    texts = [text.encode() for text in export_operation(recorded.database, recorded.name).texts]
    import_operation(empty_database, texts)
    for table in (match_candidates, ruled_out):
        names = [column.name for column in table.c]
        assert rows(empty_database, table, *names) == rows(recorded.database, table, *names)


@pytest.mark.parametrize(
    ("table", "change"),
    [(match_candidates, {"place": "m1"}), (match_candidates, {"first_seq": 9}), (ruled_out, {"lower_seq": 8})],
)
def test_a_tampered_row_is_reported(recorded: OpenedOperation, table: sa.Table, change: dict[str, Any]):
    with recorded.database.writing() as connection:
        connection.execute(table.update().where(table.c.seq.in_((10, 11))).values(**change))
    fault = verify_operation(recorded.database, recorded.name).fault
    assert fault is not None
    assert (fault.table, fault.seq) == (table.name, 10 if table is match_candidates else 11)
