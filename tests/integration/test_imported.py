"""Imported operations: the sender of past events states when each was recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.deciding.draft import RecordedAtMissing, RecordedAtOutOfOrder, RecordedAtRefused, Submission
from service.domain.model.events import ForceJoined
from service.storage.db import Database
from tests.factories.operations import FORCES, OPENED_AT, RECORDED_AT, OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import OperationClosedFactory

SETUP = 6
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def imported(database: Database) -> OpenedOperation:
    """Return an imported operation, opened before its first day."""
    return opened_operation(database, recorded_at=OPENED_AT)


def test_an_imported_event_is_recorded_at_the_time_its_sender_states(imported: OpenedOperation) -> None:
    assert imported.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT).recorded.recorded_at == RECORDED_AT
    assert imported.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT).recorded.recorded_at == RECORDED_AT
    later = imported.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT + AN_HOUR)
    assert later.recorded.recorded_at == imported.head().recorded_at == RECORDED_AT + AN_HOUR


def test_the_opening_and_the_joins_have_the_same_recorded_at(imported: OpenedOperation) -> None:
    assert all('"recorded_at":"2023-01-10T09:00:00Z"' in text for text in imported.log())
    assert imported.head().imported


def test_every_receipt_states_that_the_operation_is_imported(imported: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    receipt = imported.record(arrest, recorded_at=RECORDED_AT)
    assert receipt.imported
    assert imported.record(arrest, recorded_at=RECORDED_AT) == receipt


def test_an_event_without_recorded_at_is_refused(imported: OpenedOperation) -> None:
    with pytest.raises(RecordedAtMissing):
        imported.record(ArrestRecordedFactory())
    with pytest.raises(RecordedAtMissing):
        imported.change(OperationClosedFactory())


def test_an_event_recorded_before_the_last_one_is_refused(imported: OpenedOperation) -> None:
    imported.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT)
    with pytest.raises(RecordedAtOutOfOrder, match="2023-01-18T08:00:00Z"):
        imported.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT - timedelta(microseconds=1))


def test_an_event_recorded_in_the_future_is_refused(imported: OpenedOperation) -> None:
    with pytest.raises(RecordedAtOutOfOrder):
        imported.record(ArrestRecordedFactory(), recorded_at=datetime.now(UTC) + AN_HOUR)


def test_an_item_out_of_order_does_not_fail_the_items_around_it(imported: OpenedOperation) -> None:
    moments = [RECORDED_AT, RECORDED_AT + AN_HOUR, RECORDED_AT, RECORDED_AT + AN_HOUR]
    outcomes = imported.submit(*(Submission(ArrestRecordedFactory(), moment) for moment in moments))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), type(None), RecordedAtOutOfOrder, type(None)]


def test_a_replay_ignores_recorded_at(imported: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    receipt = imported.record(arrest, recorded_at=RECORDED_AT)
    imported.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT + AN_HOUR)
    for moment in (RECORDED_AT, None, RECORDED_AT + 9 * AN_HOUR):
        assert imported.record(arrest, recorded_at=moment) == receipt


def test_a_residual_force_can_take_part_in_an_imported_operation(database: Database) -> None:
    residual = ForceJoined(force="no-single-force", name="No single force", kind="residual", reports="tallies")
    assert opened_operation(database, forces=[*FORCES, residual], recorded_at=OPENED_AT).head().seq == SETUP + 1


def test_a_live_operation_refuses_recorded_at(operation: OpenedOperation) -> None:
    with pytest.raises(RecordedAtRefused):
        operation.record(ArrestRecordedFactory(), recorded_at=RECORDED_AT)
    with pytest.raises(RecordedAtRefused):
        operation.change(OperationClosedFactory(), recorded_at=RECORDED_AT)
