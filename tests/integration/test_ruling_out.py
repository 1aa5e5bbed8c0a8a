"""A pair of two operations is ruled out in the log of the whole, which says by itself which events are meant."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import rfc8785
import sqlalchemy as sa

from service.api.schemas import load_event
from service.api.strict_json import parse
from service.db import Database, open_database
from service.domain.draft import Submission
from service.domain.events import Event, PartAccepted
from service.eventlog.receipts import Receipt
from service.eventlog.table import heads
from service.projections.rebuild import rebuild
from service.projections.ruled_out import ruled_out
from service.usecases.appending import ProjectionsOutdated
from service.usecases.log_lines import LineRefused, Reader
from service.usecases.rule_out import rule_out_duplicate
from service.usecases.transfer import export_operation, import_operation
from service.usecases.verify import verify_operation
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, DuplicateRuledOutFactory

READER = Reader(parse=parse, load_event=load_event)
FIELDS = ("lower_operation", "lower_seq", "higher_operation", "higher_seq")


class Found(NamedTuple):
    """A whole and a part of it, and what rules out that an arrest of each, corrected there, is one with the other."""

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
        with database.snapshot() as connection:
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
    """Return a second database, which has no part of anything."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'elsewhere.db')}")
    yield database
    database.engine.dispose()


def test_the_finding_is_stored_by_the_first_versions_and_a_rebuild_gives_the_same(found: Found):
    found.record()
    database = found.whole.database
    assert found.rows(database) == [("part", 8, "whole", 8)]
    rebuild(database, "whole")
    assert found.rows(database) == [("part", 8, "whole", 8)]
    assert verify_operation(database, "whole").fault is None


def test_an_import_needs_no_part_to_know_which_events_are_meant(found: Found, elsewhere: Database):
    found.record()
    import_operation(elsewhere, exported(found), reader=READER)
    assert found.rows(elsewhere) == found.rows(found.whole.database)
    assert verify_operation(elsewhere, "whole").fault is None
    assert [text.encode() for text in export_operation(elsewhere, "whole")] == exported(found)


@pytest.mark.parametrize(
    "change",
    [{"first_seqs": None}, {"operations": None}, {"first_seqs": [8]}, {"operations": ["part"], "first_seqs": [8]}],
)
def test_an_import_takes_no_finding_that_does_not_say_which_events_are_meant(
    found: Found, elsewhere: Database, change: dict[str, Any]
):
    found.record()
    *lines, last = exported(found)
    row = json.loads(last)
    row["data"] = {name: value for name, value in (row["data"] | change).items() if value is not None}
    with pytest.raises(LineRefused) as refused:
        import_operation(elsewhere, [*lines, rfc8785.dumps(row)], reader=READER)
    assert refused.value.members["cause"] == "not_a_pair"


def test_nothing_is_ruled_out_by_what_other_code_has_found_in_a_part(found: Found):
    with found.part.database.writing() as connection:
        connection.execute(heads.update().where(heads.c.operation_id == "part").values(projection_version="older"))
    before = found.whole.head()
    with pytest.raises(ProjectionsOutdated, match="part"):
        found.record()
    assert found.whole.head() == before


@pytest.mark.parametrize("change", [{"lower_operation": "whole"}, {"higher_operation": None}, {"lower_seq": 7}])
def test_a_row_that_was_tampered_with_is_found(found: Found, change: dict[str, Any]):
    receipt = found.record()
    with found.whole.database.writing() as connection:
        connection.execute(ruled_out.update().where(ruled_out.c.operation_id == "whole").values(**change))
    fault = verify_operation(found.whole.database, "whole").fault
    assert fault is not None
    assert (fault.table, fault.seq) == ("ruled_out", receipt.seq)


def test_one_id_may_stand_for_two_events_in_two_operations(found: Found):
    twice = ArrestRecordedFactory()
    for operation in (found.whole, found.part):
        operation.record(twice)
    events = (twice.id, twice.id)
    finding = DuplicateRuledOutFactory(events=events, operations=("part", "whole"))
    assert found._replace(finding=replace(found.finding, data=finding.data)).record().seq == 10
    assert found.rows(found.whole.database) == [("part", 10, "whole", 9)]


def exported(found: Found) -> list[bytes]:
    return [text.encode() for text in export_operation(found.whole.database, found.whole.name)]
