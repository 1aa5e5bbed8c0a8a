"""A process caches what it read of a log; what another process adds later is seen at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.deciding.check_report import OperationIsClosed
from service.domain.deciding.decide import AlreadyCorrected
from service.domain.model.operation import UnknownCode
from service.eventlog import read
from service.eventlog.known_logs import KnownLog, KnownLogs, known_logs
from tests.factories.operations import OpenedOperation
from tests.factories.reports import ArrestRecordedFactory, ReturnDeclaredFactory
from tests.factories.setup import OperationAmendedFactory, OperationClosedFactory, OperationReopenedFactory


def root_of(operation: OpenedOperation) -> str:
    """Return the root computed from the stored hashes."""
    with operation.database.reading() as connection:
        return read.tree_at(connection, operation.name, operation.head().seq).root().hex()


def test_two_processes_that_record_in_turn_return_the_roots_of_one_log(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    for _ in range(5):
        for process in (operation, elsewhere):
            assert process.record(ArrestRecordedFactory()).root == root_of(operation)
    assert operation.difference() is None


def test_a_change_made_by_another_process_takes_effect_at_once(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    operation.record(ArrestRecordedFactory())
    with pytest.raises(UnknownCode):
        operation.record(ArrestRecordedFactory(place="a66"))
    elsewhere.change(OperationAmendedFactory(places=("a66", "m25")))
    operation.record(ArrestRecordedFactory(place="a66"))
    elsewhere.change(OperationClosedFactory())
    with pytest.raises(OperationIsClosed):
        operation.record(ArrestRecordedFactory())
    operation.record(ReturnDeclaredFactory())
    elsewhere.change(OperationReopenedFactory())
    operation.record(ArrestRecordedFactory())


def test_events_of_a_rolled_back_transaction_are_not_cached(
    operation: OpenedOperation, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation.record(ArrestRecordedFactory())
    arrest = ArrestRecordedFactory()
    with monkeypatch.context() as patched:
        patched.setattr("service.projections.totals._summed", lambda _batch, _made: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            operation.record(arrest)
    receipt = operation.record(arrest)
    assert (receipt.seq, receipt.root) == (operation.head().seq, root_of(operation))


def test_a_correction_made_by_another_process_is_seen(operation: OpenedOperation, elsewhere: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    operation.record(arrest)
    elsewhere.record(ArrestRecordedFactory(corrects=arrest.id, count=2))
    with pytest.raises(AlreadyCorrected):
        operation.record(ArrestRecordedFactory(corrects=arrest.id, count=3))


def test_a_log_shorter_than_the_cached_one_is_read_again(operation: OpenedOperation) -> None:
    before = operation.head()
    operation.record(ArrestRecordedFactory())
    with operation.database.reading() as connection:
        known = known_logs(operation.database).operation(connection, before)
        assert known == KnownLogs().operation(connection, before)
        assert (
            known_logs(operation.database).tree(connection, before).root()
            == read.tree_at(connection, operation.name, before.seq).root()
        )


def test_a_cached_log_that_a_restored_backup_replaced_is_discarded(operation: OpenedOperation) -> None:
    head = operation.head()
    with operation.database.reading() as connection:
        state = known_logs(operation.database).operation(connection, head)
    lost = KnownLog(head.seq, head.recorded_at + timedelta(seconds=1), replace(state, places=()))
    operation.record(ArrestRecordedFactory())
    known = KnownLogs()
    known.remember(operation.name, lost)
    with operation.database.reading() as connection:
        assert known.operation(connection, operation.head()) == state
