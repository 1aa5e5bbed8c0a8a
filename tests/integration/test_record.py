"""Recording: receipts, replays, requests of several events, atomic requests and dry runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.access.credentials import Credential, Secret
from service.access.forces import register_force
from service.domain.deciding.check_report import ForceReportsTallies
from service.domain.deciding.decide import AlreadyCorrected, ContentDiffers, IdTaken, NotYourForce
from service.domain.model.events import CashLine, Event, PhoneLine, RecordedEvent
from service.domain.model.reference_data import Force
from service.errors import FieldError, Invalid, RecordError
from service.eventlog.append import append, domain_error_of
from service.eventlog.head import Head, UnknownOperation
from service.eventlog.read import tree_at
from service.eventlog.table import heads
from service.eventlog.tree import Tree, leaf_hash
from service.projections import registry
from service.projections.totals import MOST, TotalTooLarge, totals
from service.storage.db import Database
from service.storage.writes import MAX_ROWS_IN_A_STATEMENT, Writes
from service.usecases.recording import record
from service.usecases.recording.appending import Outcome, ProjectionsOutdated
from service.usecases.recording.record import NotRecorded
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, RecordedEventFactory, opened_operation
from tests.factories.reports import (
    TUESDAY_EVENING,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import OperationClosedFactory

# The events that open the operation: operation.opened and five times force.joined.
SETUP = 6


def outcome_codes(outcomes: list[Outcome]) -> list[str]:
    """Return the outcome of each item: recorded, replayed, or an error code."""
    return [
        outcome.error.code if outcome.error else "recorded" if outcome.is_new else "replayed" for outcome in outcomes
    ]


# Receipts


def test_an_event_is_recorded_at_the_next_seq_and_its_receipt_proves_it(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    receipt = operation.record(arrest)
    log, tree = operation.log(), Tree()
    for text in log:
        tree.add(leaf_hash(text))
    assert (receipt.recorded.operation, receipt.id, receipt.seq) == ("lantern", arrest.id, SETUP + 1)
    assert receipt.leaf == leaf_hash(log[-1])
    assert receipt.root == tree.root().hex()


def test_each_receipt_of_a_request_has_the_root_at_its_own_seq(operation: OpenedOperation) -> None:
    receipts = operation.record_all(*(ArrestRecordedFactory() for _ in range(20)))
    tree, roots = Tree(), {}
    for seq, text in enumerate(operation.log(), start=1):
        tree.add(leaf_hash(text))
        roots[seq] = tree.root().hex()
    assert [receipt.root for receipt in receipts] == [roots[receipt.seq] for receipt in receipts]


def test_every_past_root_can_be_computed_from_the_stored_hashes(operation: OpenedOperation) -> None:
    for _ in range(5):
        operation.record_all(*(ArrestRecordedFactory() for _ in range(7)))
    tree = Tree()
    with operation.database.reading() as connection:
        for size, text in enumerate(operation.log(), start=1):
            tree.add(leaf_hash(text))
            assert tree_at(connection, operation.name, size).root() == tree.root()


def test_recorded_at_is_the_time_of_the_database_and_rises_with_each_request(operation: OpenedOperation) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    moments = [operation.record(ArrestRecordedFactory()).recorded.recorded_at for _ in range(5)]
    assert sorted(set(moments)) == moments
    assert before < moments[0]
    assert moments[-1] < datetime.now(UTC) + timedelta(minutes=1)


def test_recorded_at_rises_even_if_the_clock_goes_back(operation: OpenedOperation) -> None:
    ahead = datetime.now(UTC) + timedelta(seconds=30)
    with operation.database.writing() as connection:
        connection.execute(heads.update().values(recorded_at=ahead))
    first, second = (operation.record(ArrestRecordedFactory()) for _ in range(2))
    assert first.recorded.recorded_at == ahead + timedelta(microseconds=1)
    assert second.recorded.recorded_at == ahead + timedelta(microseconds=2)


# Retries


def test_a_replay_returns_the_same_receipt_and_records_nothing(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    receipt = operation.record(arrest)
    operation.record_all(*(ArrestRecordedFactory() for _ in range(3)))
    (outcome,) = operation.submit(arrest)
    assert outcome == Outcome(is_new=False, receipt=receipt)
    assert operation.head().seq == SETUP + 4


@pytest.mark.parametrize("later", [ArrestRecordedFactory, EventWithdrawnFactory], ids=["corrected", "withdrawn"])
def test_a_replay_returns_the_same_receipt_after_the_event_was_corrected_or_withdrawn(
    operation: OpenedOperation, later: Any
) -> None:
    arrest = ArrestRecordedFactory()
    receipt = operation.record(arrest)
    operation.record(later(corrects=arrest.id))
    assert operation.submit(arrest) == [Outcome(is_new=False, receipt=receipt)]


def test_a_replay_returns_the_same_receipt_after_the_operation_was_closed(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    receipt = operation.record(arrest)
    operation.change(OperationClosedFactory())
    assert operation.record(arrest) == receipt


def test_a_repeated_correction_is_a_replay(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    correction = ArrestRecordedFactory(corrects=arrest.id, count=2)
    receipts = operation.record_all(arrest, correction)
    assert operation.record(correction) == receipts[1]
    assert operation.quantity("arrests") == 2


def test_a_repeated_request_returns_the_same_receipts(operation: OpenedOperation) -> None:
    events = [ArrestRecordedFactory(), SeizureRecordedFactory(), ReturnDeclaredFactory()]
    receipts = operation.record_all(*events)
    assert operation.record_all(*events) == receipts
    assert operation.head().seq == SETUP + 3


def test_the_coordinator_can_replay_an_event_of_a_force(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    receipt = operation.record(arrest)
    assert operation.record(arrest, sender=CredentialFactory(force="metropolitan")) == receipt


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"count": 2}, "/data/count"),
        ({"reason": "drugs"}, "/data/reason"),
        ({"occurred_at": TUESDAY_EVENING + timedelta(seconds=1)}, "/occurred_at"),
        ({"place": "m25"}, "/place"),
    ],
    ids=["count", "reason", "occurred_at", "place"],
)
def test_the_same_id_with_other_content_is_refused(
    operation: OpenedOperation, change: dict[str, Any], pointer: str
) -> None:
    arrest = ArrestRecordedFactory()
    operation.record(arrest)
    (outcome,) = operation.submit(ArrestRecordedFactory(id=arrest.id, **change))
    assert isinstance(outcome.error, ContentDiffers)
    assert [error.pointer for error in outcome.error.errors] == [pointer]
    assert outcome.error.members == {"seq": SETUP + 1}
    assert operation.head().seq == SETUP + 1


def test_an_id_used_by_another_force_is_refused(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory(force="kent", count=9)
    operation.record(arrest)
    (outcome,) = operation.submit(ArrestRecordedFactory(id=arrest.id, force="surrey"))
    assert isinstance(outcome.error, IdTaken)
    assert outcome.error.members == {}


def test_one_id_can_be_used_in_two_operations(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    other = opened_operation(operation.database, "beacon")
    assert operation.record(arrest).seq == other.record(arrest).seq == SETUP + 1


# Requests of several events


def test_an_invalid_event_does_not_fail_the_others_in_its_request(operation: OpenedOperation) -> None:
    good = [ArrestRecordedFactory(), ArrestRecordedFactory()]
    unreadable = Invalid("Expected an event.", pointer="/data")
    outcomes = operation.submit(good[0], ArrestRecordedFactory(reason="arson"), unreadable, good[1])
    assert outcome_codes(outcomes) == ["recorded", "unknown_code", "", "recorded"]
    assert outcomes[2].error is unreadable
    assert [outcome.receipt.seq for outcome in outcomes if outcome.receipt] == [SETUP + 1, SETUP + 2]


def test_an_item_can_correct_an_earlier_item_of_its_request(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory(count=5)
    correction = ArrestRecordedFactory(corrects=arrest.id, count=3)
    outcomes = operation.submit(arrest, correction, EventWithdrawnFactory(corrects=arrest.id))
    assert outcome_codes(outcomes) == ["recorded", "recorded", "already_corrected"]
    assert operation.quantity("arrests") == 3


def test_a_duplicate_within_a_request_is_recorded_once_with_one_receipt(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    outcomes = operation.submit(arrest, arrest)
    assert outcome_codes(outcomes) == ["recorded", "replayed"]
    assert outcomes[0].receipt == outcomes[1].receipt
    assert operation.quantity("arrests") == 1


def test_a_large_request_looks_up_all_its_ids(operation: OpenedOperation) -> None:
    events = [ArrestRecordedFactory() for _ in range(600)]
    corrections = [ArrestRecordedFactory(corrects=event.id, count=2) for event in events]
    operation.record_all(*events)
    assert set(outcome_codes(operation.submit(*corrections, *events))) == {"recorded", "replayed"}
    assert operation.quantity("arrests") == 1_200


def test_an_empty_request_records_nothing(operation: OpenedOperation) -> None:
    assert operation.submit(sender=CredentialFactory()) == []
    assert operation.head().seq == SETUP


# Atomic requests


def test_an_atomic_request_without_errors_is_recorded(operation: OpenedOperation) -> None:
    outcomes = operation.submit(ArrestRecordedFactory(), ArrestRecordedFactory(), atomic=True)
    assert outcome_codes(outcomes) == ["recorded", "recorded"]


def test_an_atomic_request_with_an_error_records_nothing_and_reports_the_item(
    operation: OpenedOperation,
) -> None:
    good, bad = ArrestRecordedFactory(), ArrestRecordedFactory(reason="arson")
    outcomes = operation.submit(good, bad, good, atomic=True)
    assert outcome_codes(outcomes) == ["not_recorded", "unknown_code", "not_recorded"]
    assert all(isinstance(outcomes[index].error, NotRecorded) for index in (0, 2))
    assert operation.head().seq == SETUP
    assert operation.figures() == {}
    assert operation.record(good).seq == SETUP + 1


# Dry runs


def test_a_dry_run_returns_the_outcomes_and_records_nothing(operation: OpenedOperation) -> None:
    arrest, recorded = ArrestRecordedFactory(), ArrestRecordedFactory()
    operation.record(recorded)
    submitted = [arrest, recorded, EventWithdrawnFactory(corrects=arrest.id), ArrestRecordedFactory(reason="arson")]
    outcomes = operation.submit(*submitted, dry_run=True)
    assert outcome_codes(outcomes) == ["recorded", "replayed", "recorded", "unknown_code"]
    assert [outcome.receipt for outcome in outcomes] == [None] * 4
    assert operation.head().seq == SETUP + 1


def test_an_atomic_dry_run_reports_the_errors_that_would_prevent_recording(operation: OpenedOperation) -> None:
    items = [ArrestRecordedFactory(), ArrestRecordedFactory(reason="arson")]
    assert outcome_codes(operation.submit(*items, atomic=True, dry_run=True)) == ["not_recorded", "unknown_code"]


# Totals out of range


@pytest.fixture
def nearly_full(operation: OpenedOperation) -> OpenedOperation:
    """Return an operation whose total of Surrey's cash on the second day has room for 100 pence more."""
    operation.record(cash(1))
    with operation.database.writing() as connection:
        connection.execute(totals.update().where(totals.c.measure == "cash").values(quantity=MOST - 100))
    return operation


def cash(pence: int) -> Event:
    event: Event = SeizureRecordedFactory(lines=(CashLine(currency="GBP", amount_minor=pence),))
    return event


def test_an_event_that_would_make_a_total_too_large_is_refused(nearly_full: OpenedOperation) -> None:
    (outcome,) = nearly_full.submit(cash(101))
    assert isinstance(outcome.error, TotalTooLarge)
    assert nearly_full.head().seq == SETUP + 1
    assert nearly_full.record(cash(100)).seq == SETUP + 2


def test_only_the_event_of_a_request_that_would_make_a_total_too_large_is_refused(nearly_full: OpenedOperation) -> None:
    phones = [SeizureRecordedFactory(lines=(PhoneLine(),)) for _ in range(2)]
    outcomes = nearly_full.submit(phones[0], cash(60), cash(60), cash(40), phones[1])
    assert outcome_codes(outcomes) == ["recorded", "recorded", "total_too_large", "recorded", "recorded"]
    assert [outcome.receipt.seq for outcome in outcomes if outcome.receipt] == [8, 9, 10, 11]
    assert nearly_full.quantity("cash") == MOST
    assert nearly_full.quantity("phones") == 2


def test_an_atomic_request_that_would_make_a_total_too_large_records_nothing(nearly_full: OpenedOperation) -> None:
    outcomes = nearly_full.submit(ArrestRecordedFactory(), cash(101), atomic=True)
    assert {type(outcome.error) for outcome in outcomes} <= {TotalTooLarge, NotRecorded}
    assert nearly_full.head().seq == SETUP + 1


def test_a_sender_that_made_a_total_too_large_fails_no_group_of_others(nearly_full: OpenedOperation) -> None:
    grouped: list[Credential | Secret] = []
    work = record._record_together

    def watched(database: Database, operation: str, requests: Sequence[record.Request]) -> list[record.Answer]:
        grouped.extend(request.sender for request in requests)
        return work(database, operation, requests)

    kent, surrey = CredentialFactory(force="kent"), CredentialFactory(force="surrey")
    with patch.object(record, "_record_together", watched):
        for sender, event in ((surrey, cash(101)), (surrey, cash(101)), (kent, ArrestRecordedFactory(force="kent"))):
            nearly_full.submit(event, sender=sender)
        assert grouped == [surrey, kent], "the second time Surrey records apart"
        with patch.object(record, "monotonic", lambda: monotonic() + record.SECONDS_APART):
            assert outcome_codes(nearly_full.submit(cash(100), sender=surrey)) == ["recorded"]
        assert grouped == [surrey, kent, surrey], "after a minute it is in groups again"


# Access


@pytest.mark.parametrize(
    "credential",
    [
        CredentialFactory(force="sussex"),
        CredentialFactory(force="sussex", role="coordinator"),
        CredentialFactory(operations=("beacon",)),
    ],
    ids=["no-participant", "coordinator-elsewhere", "limited-to-another"],
)
def test_an_operation_does_not_exist_for_a_sender_without_access(operation: OpenedOperation, credential: Any) -> None:
    with pytest.raises(UnknownOperation):
        operation.submit(ArrestRecordedFactory(force=credential.force), sender=credential)


def test_a_hidden_operation_is_indistinguishable_from_one_that_does_not_exist(operation: OpenedOperation) -> None:
    stranger = CredentialFactory(force="sussex")
    with pytest.raises(UnknownOperation) as hidden:
        operation.submit(ArrestRecordedFactory(), sender=stranger)
    with pytest.raises(UnknownOperation) as absent:
        replace(operation, name="nowhere").submit(ArrestRecordedFactory(), sender=stranger)
    assert hidden.value.detail.replace("lantern", "nowhere") == absent.value.detail


def test_a_credential_limited_to_the_operation_can_send(operation: OpenedOperation) -> None:
    credential = CredentialFactory(operations=("beacon", "lantern"))
    assert operation.record(ArrestRecordedFactory(), sender=credential).seq == SETUP + 1


def test_the_text_of_an_event_names_its_sender(operation: OpenedOperation) -> None:
    operation.record(ArrestRecordedFactory(force="kent"), sender=CredentialFactory(force="metropolitan"))
    assert '"recorded_by":{"force":"metropolitan","role":"coordinator"}' in operation.log()[-1]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ArrestRecordedFactory(force="kent"), NotYourForce),
        (ArrestRecordedFactory(force="essex"), NotYourForce),
    ],
    ids=["kent", "essex"],
)
def test_a_force_can_record_only_for_itself(
    operation: OpenedOperation, event: Event, expected: type[RecordError]
) -> None:
    (outcome,) = operation.submit(event, sender=CredentialFactory(force="surrey"))
    assert isinstance(outcome.error, expected)


def test_the_domain_rules_also_apply_to_the_coordinator(operation: OpenedOperation) -> None:
    (outcome,) = operation.submit(ArrestRecordedFactory(force="essex"), sender=CredentialFactory(force="metropolitan"))
    assert isinstance(outcome.error, ForceReportsTallies)


# Versions of the code


def test_nothing_is_recorded_while_the_projections_have_another_version(
    operation: OpenedOperation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "VERSION", "entries=999")
    with pytest.raises(ProjectionsOutdated, match="entries=999"):
        operation.submit(ArrestRecordedFactory())
    with pytest.raises(ProjectionsOutdated):
        operation.change(OperationClosedFactory())
    assert operation.head().seq == SETUP


# Database constraints


def append_and_send(writes: Writes, head: Head, recorded: list[RecordedEvent], tree: Tree) -> None:
    append(writes, head, recorded, tree)
    writes.send()


@pytest.mark.parametrize(
    ("second", "expected", "pointer"),
    [
        pytest.param({"id": UUID(int=1)}, ContentDiffers, "/id", id="id"),
        pytest.param({"corrects": UUID(int=2)}, AlreadyCorrected, "/corrects", id="corrects"),
    ],
)
@pytest.mark.parametrize("between", [0, MAX_ROWS_IN_A_STATEMENT], ids=["a few", "many"])
def test_a_violated_constraint_becomes_the_domain_error(
    database: Database, second: dict[str, Any], expected: type[RecordError], pointer: str, between: int
) -> None:
    operation = opened_operation(database)
    first = {"id": UUID(int=1), "corrects": UUID(int=2)}
    arrests = [ArrestRecordedFactory(**members) for members in [first, *[{}] * between, second]]
    recorded = [RecordedEventFactory(event=event, seq=seq) for seq, event in enumerate(arrests, start=SETUP + 1)]
    head = operation.head()
    with database.writing() as connection:
        writes = Writes(connection)
        tree = tree_at(connection, operation.name, SETUP)
        with pytest.raises(sa.exc.IntegrityError) as caught:
            append_and_send(writes, head, recorded, tree)
        connection.rollback()
    error = domain_error_of(caught.value)
    assert isinstance(error, expected)
    assert error.errors == [FieldError(pointer, error.detail)]


def test_a_registered_force_can_be_named_as_assisting(operation: OpenedOperation) -> None:
    with operation.database.writing() as connection:
        register_force(connection, Force(force="port-of-dover", name="Port of Dover Police", kind="special"))
    operation.record(ArrestRecordedFactory(assisting=("port-of-dover",)))
