"""Reading the log: by id, by seq and by moment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.domain.model.events import ActivityRecorded, ForceJoined, OperationOpened
from service.eventlog import read
from service.eventlog.head import lock_head, read_head, share_head
from service.storage.db import Database
from service.wire.codec import recorded_from_text
from tests.factories.operations import OPENED_AT, RECORDED_AT, OpenedOperation, opened_operation
from tests.factories.reports import ActivityRecordedFactory, ArrestRecordedFactory, EventWithdrawnFactory
from tests.factories.setup import OperationClosedFactory

SETUP = 6
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def imported(database: Database) -> OpenedOperation:
    """Return an operation with two arrests (seq 7 and 8) recorded at one moment, and one by Kent (9) an hour later."""
    operation = opened_operation(database, recorded_at=OPENED_AT)
    operation.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT)
    operation.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT)
    operation.record(ArrestRecordedFactory(force="kent"), recorded_at=RECORDED_AT + AN_HOUR)
    return operation


@pytest.fixture
def connection(database: Database, imported: OpenedOperation) -> Iterator[sa.Connection]:
    """Return a connection that can read the imported operation."""
    assert imported.database is database
    with database.reading() as connection:
        yield connection


def test_a_page_is_in_log_order_and_within_its_bounds(connection: sa.Connection, imported: OpenedOperation) -> None:
    rows = read.page(connection, imported.name, after=2, up_to=8, limit=100)
    assert [seq for seq, _force, _text in rows] == [3, 4, 5, 6, 7, 8]
    assert [text for _seq, _force, text in rows] == imported.log()[2:8]
    limited = read.page(connection, imported.name, after=2, up_to=8, limit=2)
    assert [seq for seq, _force, _text in limited] == [3, 4]


def test_a_page_can_be_filtered_by_force_and_type(connection: sa.Connection, imported: OpenedOperation) -> None:
    kents = read.page(connection, imported.name, after=0, up_to=9, limit=100, forces=["kent"])
    assert [(seq, force) for seq, force, _text in kents] == [(9, "kent")]
    arrests = read.page(connection, imported.name, after=7, up_to=9, limit=100, types=["arrest.recorded"])
    assert [seq for seq, _force, _text in arrests] == [8, 9]


def test_setup_events_can_be_read_up_to_a_seq(connection: sa.Connection, imported: OpenedOperation) -> None:
    setup = read.setup_events(connection, imported.name)
    assert [recorded.seq for recorded in setup] == [1, 2, 3, 4, 5, 6]
    assert isinstance(setup[0].event.data, OperationOpened)
    assert all(isinstance(recorded.event.data, ForceJoined) for recorded in setup[1:])
    assert len(read.setup_events(connection, imported.name, up_to=3)) == 3


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(OPENED_AT - AN_HOUR, None, id="before-the-log"),
        pytest.param(OPENED_AT, 6, id="at-its-opening"),
        pytest.param(RECORDED_AT - AN_HOUR, 6, id="between"),
        pytest.param(RECORDED_AT, 8, id="last-of-one-moment"),
        pytest.param(RECORDED_AT + 9 * AN_HOUR, 9, id="after-the-log"),
    ],
)
def test_last_seq_by_returns_the_largest_seq_recorded_by_a_moment(
    connection: sa.Connection, imported: OpenedOperation, moment: datetime, expected: int | None
) -> None:
    assert read.last_seq_by(connection, imported.name, moment) == expected


def test_recorded_at_returns_the_time_at_which_a_seq_was_recorded(
    connection: sa.Connection, imported: OpenedOperation
) -> None:
    assert read.recorded_at(connection, imported.name, 9) == RECORDED_AT + AN_HOUR


def test_an_event_is_read_as_it_was_recorded(operation: OpenedOperation) -> None:
    activity = ActivityRecordedFactory(qualifier="about", place="a406", assisting=("kent",), incident="ab" * 32)
    operation.record(activity)
    with operation.database.reading() as connection:
        recorded = read.event_by_id(connection, operation.name, activity.id)
    assert recorded is not None
    assert recorded.event == activity
    assert recorded == recorded_from_text(operation.log()[-1])
    assert isinstance(recorded.event.data, ActivityRecorded)


def test_a_correction_is_found_by_the_id_of_the_event_it_corrects(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    withdrawal = EventWithdrawnFactory(corrects=arrest.id)
    operation.record_all(arrest, withdrawal)
    with operation.database.reading() as connection:
        found = read.correction_of(connection, operation.name, arrest.id)
        assert found is not None
        assert found.event == withdrawal
        assert read.correction_of(connection, operation.name, withdrawal.id) is None


def test_history_returns_only_the_given_ids_and_their_corrections(operation: OpenedOperation) -> None:
    first, other = ArrestRecordedFactory(), ArrestRecordedFactory()
    second = ArrestRecordedFactory(corrects=first.id)
    third = ArrestRecordedFactory(corrects=second.id)
    operation.record_all(first, second, third, other)
    with operation.database.reading() as connection:
        history = read.history(connection, operation.name, {first.id, uuid4()})
    assert set(history.recorded) == {first.id, second.id}
    assert {corrected: by.event.id for corrected, by in history.corrected_by.items()} == {first.id: second.id}


def test_events_of_another_operation_are_never_read(database: Database, operation: OpenedOperation) -> None:
    other = opened_operation(database, "beacon")
    arrest = ArrestRecordedFactory()
    other.record(arrest)
    other.change(OperationClosedFactory())
    with database.reading() as connection:
        assert read.event_by_id(connection, operation.name, arrest.id) is None
        assert read.history(connection, operation.name, {arrest.id}).recorded == {}
        assert read.seqs_by_id(connection, operation.name, {arrest.id}) == {}
        assert len(read.setup_events(connection, operation.name)) == SETUP


def test_every_way_to_read_a_head_returns_the_same_head(operation: OpenedOperation) -> None:
    operation.record(ArrestRecordedFactory())
    with operation.database.writing() as connection:
        heads = [read_of(connection, operation.name) for read_of in (read_head, lock_head, share_head)]
    assert heads[0] is not None
    assert heads[0].seq == SETUP + 1
    assert heads[0] == heads[1] == heads[2]


def test_an_operation_that_was_never_opened_has_no_head(database: Database) -> None:
    with database.writing() as connection:
        assert [read_of(connection, "nowhere") for read_of in (read_head, lock_head, share_head)] == [None] * 3
