"""How an operation is read: its setup events at most once, and whatever another process has added is seen at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.counting.selection import Selection
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, PartAccepted
from service.eventlog.cursors import Cursor
from service.eventlog.head import Head, UnknownOperation
from service.eventlog.known_logs import KnownLog, known_logs
from service.storage.db import Database
from service.usecases.querying import as_of
from service.usecases.querying.as_of import Moment
from service.usecases.querying.difference import difference
from service.usecases.querying.possible_duplicates import possible_duplicates
from service.usecases.querying.publications import list_publications
from service.usecases.querying.read_events import Filter, read_page
from service.usecases.querying.read_operations import list_operations, read_operation
from service.usecases.querying.returns import returns
from service.usecases.querying.statement import read_statement
from service.usecases.querying.totals import Totals, totals
from service.usecases.recording.publish import publish_figures
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, FiguresPublishedFactory, ForceJoinedFactory, OperationAmendedFactory

COORDINATOR: Credential = CredentialFactory(force=LEAD)
NOW = Moment()


def totals_of(operation: OpenedOperation, credential: Credential = COORDINATOR, moment: Moment = NOW) -> Totals:
    return totals(
        operation.database, operation=operation.name, credential=credential, selection=Selection(), moment=moment
    )


READS: dict[str, Callable[[Database, dict[str, Any]], Any]] = {
    "totals": lambda database, asked: totals(database, **asked, selection=Selection(), moment=NOW),
    "returns": lambda database, asked: returns(database, **asked, moment=NOW),
    "statement": lambda database, asked: read_statement(database, **asked, moment=NOW),
    "publications": lambda database, asked: list_publications(database, **asked),
    "difference": lambda database, asked: difference(database, **asked, number=1, after=0, limit=10),
    "possible duplicates": lambda database, asked: possible_duplicates(
        database, **asked, window_minutes=None, after=None, limit=10
    ),
    "events": lambda database, asked: read_page(database, **asked, wanted=Filter(), after=Cursor(0), limit=10),
    "operation": lambda database, asked: read_operation(database, **asked),
    "operations": lambda database, asked: list_operations(database, credential=asked["credential"], after="", limit=10),
}

# A statement compares with the publication before it, and reads the operation as it was then. That is not cached.
READ_AS_OF_A_PUBLICATION = {"statement": 1}


@pytest.fixture
def published(operation: OpenedOperation) -> OpenedOperation:
    """Return an operation with a publication and an arrest that was recorded after it."""
    publish_figures(
        operation.database,
        operation=operation.name,
        sender=COORDINATOR,
        submission=Submission(FiguresPublishedFactory()),
    )
    operation.record(ArrestRecordedFactory())
    return operation


@contextmanager
def setup_reads(database: Database) -> Iterator[list[tuple[Any, ...]]]:
    """Yield a list that holds the values of each statement that reads setup events, while the block lasts."""
    found: list[tuple[Any, ...]] = []

    def executing(_connection: Any, _cursor: Any, _statement: str, values: Any, *_rest: Any) -> None:
        given = tuple(values.values() if isinstance(values, dict) else values)
        if "operation.amended" in given:
            found.append(given)

    sa.event.listen(database.engine, "before_cursor_execute", executing)
    try:
        yield found
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", executing)


@pytest.mark.parametrize("name", READS)
def test_a_process_that_knows_nothing_reads_the_setup_events_once(
    published: OpenedOperation, elsewhere: OpenedOperation, name: str
) -> None:
    with setup_reads(elsewhere.database) as found:
        for _ in range(3):
            READS[name](elsewhere.database, {"operation": published.name, "credential": COORDINATOR})
    assert len(found) == 1 + 3 * READ_AS_OF_A_PUBLICATION.get(name, 0)


@pytest.mark.parametrize("name", READS)
def test_a_process_that_has_recorded_reads_no_setup_event(published: OpenedOperation, name: str) -> None:
    with setup_reads(published.database) as found:
        READS[name](published.database, {"operation": published.name, "credential": COORDINATOR})
    assert len(found) == READ_AS_OF_A_PUBLICATION.get(name, 0)


def test_totals_as_of_a_seq_read_the_setup_events_up_to_it_once(operation: OpenedOperation) -> None:
    before = totals_of(operation)
    seq = before.positions[0].seq
    operation.change(OperationAmendedFactory(marking="OFFICIAL"))
    assert totals_of(operation).operation.marking == "OFFICIAL" != before.operation.marking
    with setup_reads(operation.database) as found:
        then = totals_of(operation, moment=Moment(as_of_seq=seq))
    assert then.operation == before.operation
    assert [seq in values for values in found] == [True]


def test_what_the_coordinator_changes_elsewhere_is_read_here_at_once(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    before = totals_of(operation)
    elsewhere.record(ArrestRecordedFactory())
    seq = elsewhere.change(OperationAmendedFactory(marking="OFFICIAL")).seq
    with setup_reads(operation.database) as found:
        now = totals_of(operation)
    assert (now.operation.marking, now.positions[0].seq) == ("OFFICIAL", seq)
    assert len(found) == 1
    assert before.positions[0].seq in found[0], "only what came after the seq that was known is read"


def test_a_force_that_joins_elsewhere_is_let_in_here_at_once(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    late: Credential = CredentialFactory(force="btp")
    with pytest.raises(UnknownOperation):
        totals_of(operation, late)
    elsewhere.change(ForceJoinedFactory(joining="btp"))
    assert "btp" in totals_of(operation, late).operation.participants


def test_the_root_is_that_of_the_stored_log_whoever_recorded_it(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    for process in (operation, elsewhere, operation):
        receipt = process.record(ArrestRecordedFactory())
        for reader in (operation, elsewhere):
            (position,) = totals_of(reader).positions
            assert (position.seq, position.root) == (receipt.seq, receipt.root)
            assert position.recorded_at == receipt.recorded.recorded_at


def test_a_reader_whose_log_was_replaced_by_a_backup_reads_it_anew(operation: OpenedOperation) -> None:
    right = totals_of(operation)
    head = operation.head()
    lost = KnownLog(
        head.seq,
        head.recorded_at + timedelta(seconds=1),
        replace(right.operation, participants={}),
        peaks=(b"\0" * 32,),
    )
    known_logs(operation.database).remember(operation.name, lost)
    assert totals_of(operation).positions[0].root == right.positions[0].root
    assert totals_of(operation).operation == right.operation


def test_a_reader_of_a_log_that_is_shorter_than_what_is_known_reads_it_anew(operation: OpenedOperation) -> None:
    right = totals_of(operation)
    head = operation.head()
    longer = KnownLog(head.seq + 1, head.recorded_at, replace(right.operation, participants={}), peaks=(b"\0" * 32,))
    known_logs(operation.database).remember(operation.name, longer)
    assert totals_of(operation).operation == right.operation
    assert totals_of(operation).positions[0].root == right.positions[0].root


def test_figures_and_position_are_of_one_moment(operation: OpenedOperation, elsewhere: OpenedOperation) -> None:
    operation.record(ArrestRecordedFactory())
    before = totals_of(operation)
    late: list[int] = []

    def executing(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM totals" in statement and not late:
            late.append(elsewhere.record(ArrestRecordedFactory()).seq)

    sa.event.listen(operation.database.engine, "before_cursor_execute", executing)
    meanwhile = totals_of(operation)
    sa.event.remove(operation.database.engine, "before_cursor_execute", executing)
    assert (meanwhile.figures, meanwhile.positions[0].seq) == (before.figures, before.positions[0].seq)
    assert late == [before.positions[0].seq + 1]
    assert totals_of(operation).positions[0].seq == late[0]


def test_a_part_that_is_accepted_while_a_moment_is_resolved_is_in_the_answer(
    operation: OpenedOperation, elsewhere: OpenedOperation, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_operation(operation.database, "week", part_of=(operation.name,))
    moment = datetime.now(UTC) + timedelta(hours=1)
    resolve = as_of._largest_seq_by

    def resolving_late(database: Database, head: Head, then: datetime) -> int | None:
        if head.operation == operation.name:
            elsewhere.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part="week")))
            monkeypatch.setattr(Database, "now", lambda _database, _connection: moment + timedelta(seconds=1))
        return resolve(database, head, then)

    monkeypatch.setattr(as_of, "_largest_seq_by", resolving_late)
    answered = totals_of(operation, moment=Moment(as_of=moment))
    assert [position.head.operation for position in answered.positions] == [operation.name, "week"]
