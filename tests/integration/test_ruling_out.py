"""A pair of events of two operations is ruled out in the log of the whole, which alone identifies both events."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import rfc8785
import sqlalchemy as sa
from msgspec.structs import replace

from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, PartAccepted
from service.eventlog.head import read_head
from service.eventlog.receipts import Receipt
from service.eventlog.table import heads
from service.projections.duplicates.ruled_out import pairs_ruled_out, ruled_out
from service.storage.db import Database, open_database
from service.usecases.maintenance.log_lines import LineRefused
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.usecases.recording.appending import ProjectionsOutdated
from service.usecases.recording.rule_out import reopen_duplicate, rule_out_duplicate
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, DuplicateReopenedFactory, DuplicateRuledOutFactory

FIELDS = ("lower_operation", "lower_seq", "higher_operation", "higher_seq")


class Found(NamedTuple):
    """A whole, one of its parts, and the finding that an arrest of each, corrected in the part, is not the same."""

    whole: OpenedOperation
    part: OpenedOperation
    finding: Event

    def record(self) -> Receipt:
        sender, submission = CredentialFactory(force=LEAD), Submission(self.finding)
        outcome = rule_out_duplicate(
            self.whole.database, operation=self.whole.name, sender=sender, submission=submission
        )
        assert outcome.receipt is not None
        return outcome.receipt

    def rows(self, database: Database) -> list[tuple[Any, ...]]:
        columns = [ruled_out.c[name] for name in FIELDS]
        with database.reading() as connection:
            statement = sa.select(*columns).where(ruled_out.c.operation_id == self.whole.name)
            return [tuple(row) for row in connection.execute(statement)]


@pytest.fixture
def found(database: Database) -> Found:
    whole = opened_operation(database, "whole")
    part = opened_operation(database, "part", part_of=("whole",))
    whole.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part="part")))
    ours, theirs = ArrestRecordedFactory(), ArrestRecordedFactory()
    newer = ArrestRecordedFactory(corrects=theirs.id, count=2)
    whole.record(ours)
    part.record_all(ArrestRecordedFactory(), theirs, newer)
    finding = DuplicateRuledOutFactory(events=(ours.id, newer.id), operations=("whole", "part"))
    return Found(whole, part, finding)


@pytest.fixture
def elsewhere(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return a second database, which holds no parts."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'elsewhere.db')}")
    yield database
    database.engine.dispose()


def test_a_finding_is_stored_by_first_versions_and_a_rebuild_reproduces_it(found: Found):
    found.record()
    database = found.whole.database
    assert found.rows(database) == [("part", 8, "whole", 8)]
    rebuild(database, "whole")
    assert found.rows(database) == [("part", 8, "whole", 8)]
    assert verify_operation(database, "whole").fault is None


def test_an_import_identifies_both_events_without_the_part(found: Found, elsewhere: Database):
    found.record()
    import_operation(elsewhere, exported(found))
    assert found.rows(elsewhere) == found.rows(found.whole.database)
    assert verify_operation(elsewhere, "whole").fault is None
    assert [text.encode() for text in export_operation(elsewhere, "whole").texts] == exported(found)


@pytest.mark.parametrize(
    "change",
    [{"first_seqs": None}, {"operations": None}, {"first_seqs": [8]}, {"operations": ["part"], "first_seqs": [8]}],
)
def test_an_import_refuses_a_finding_that_does_not_identify_both_events(
    found: Found, elsewhere: Database, change: dict[str, Any]
):
    found.record()
    *lines, last = exported(found)
    row = json.loads(last)
    row["data"] = {name: value for name, value in (row["data"] | change).items() if value is not None}
    with pytest.raises(LineRefused) as refused:
        import_operation(elsewhere, [*lines, rfc8785.dumps(row)])
    assert refused.value.members["cause"] == "not_a_pair"


def test_ruling_out_is_refused_while_the_projections_of_a_part_are_outdated(found: Found):
    with found.part.database.writing() as connection:
        connection.execute(heads.update().where(heads.c.operation_id == "part").values(projection_version="older"))
    before = found.whole.head()
    with pytest.raises(ProjectionsOutdated, match="part"):
        found.record()
    assert found.whole.head() == before


@pytest.mark.parametrize("change", [{"lower_operation": "whole"}, {"higher_operation": None}, {"lower_seq": 7}])
def test_a_tampered_row_is_reported(found: Found, change: dict[str, Any]):
    receipt = found.record()
    with found.whole.database.writing() as connection:
        connection.execute(ruled_out.update().where(ruled_out.c.operation_id == "whole").values(**change))
    fault = verify_operation(found.whole.database, "whole").fault
    assert fault is not None
    assert (fault.table, fault.seq) == ("ruled_out", receipt.seq)


def test_events_of_two_operations_with_the_same_id_can_be_ruled_out(found: Found):
    twice = ArrestRecordedFactory()
    for operation in (found.whole, found.part):
        operation.record(twice)
    events = (twice.id, twice.id)
    finding = DuplicateRuledOutFactory(events=events, operations=("part", "whole"))
    assert found._replace(finding=replace(found.finding, data=finding.data)).record().seq == 10
    assert found.rows(found.whole.database) == [("part", 10, "whole", 9)]


def test_a_reopened_pair_is_stored_verified_and_imported(found: Found, elsewhere: Database):
    found.record()
    pair = found.finding.data
    reopened = DuplicateReopenedFactory(events=pair.events, operations=pair.operations)
    sender, whole = CredentialFactory(force=LEAD), found.whole
    reopen_duplicate(whole.database, operation=whole.name, sender=sender, submission=Submission(reopened))
    rebuild(whole.database, "whole")
    assert verify_operation(whole.database, "whole").fault is None
    import_operation(elsewhere, exported(found))
    for database in (whole.database, elsewhere):
        with database.reading() as connection:
            assert list(connection.scalars(sa.select(ruled_out.c.reopened).order_by(ruled_out.c.seq))) == [False, True]
            assert pairs_ruled_out(connection, [read_head(connection, "whole")]) == set()
    assert verify_operation(elsewhere, "whole").fault is None


def exported(found: Found) -> list[bytes]:
    return [text.encode() for text in export_operation(found.whole.database, found.whole.name).texts]
