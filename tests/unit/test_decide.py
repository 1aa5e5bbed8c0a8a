"""Whether an event may be recorded: replays, permissions, and every reason to refuse a correction."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from service.domain.deciding.check_report import OperationIsClosed
from service.domain.deciding.check_setup import AlreadyJoined
from service.domain.deciding.decide import (
    AlreadyCorrected,
    AlreadyWithdrawn,
    ContentDiffers,
    CorrectionChangesForce,
    CorrectionChangesType,
    IdTaken,
    LogHistory,
    NotCoordinator,
    NotCorrectable,
    NotYourEvent,
    NotYourForce,
    UnknownEvent,
    accept,
    first_difference,
    replay_of,
)
from service.domain.model.events import DrugLine, Event, PhoneLine, RecordedBy, RecordedEvent, WeaponLine, Window
from service.domain.model.operation import Operation
from service.domain.model.reference_data import force_catalogue
from service.errors import RecordError
from tests.factories.operations import RECORDED_AT, RecordedEventFactory, operation_state
from tests.factories.reports import (
    TUESDAY_EVENING,
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import (
    ForceJoinedFactory,
    MeasureRegisteredFactory,
    OperationAmendedFactory,
    OperationClosedFactory,
    OperationReopenedFactory,
)

OPEN = operation_state()
SURREY = RecordedBy(force="surrey", role="force")
KENT = RecordedBy(force="kent", role="force")
COORDINATOR = RecordedBy(force="metropolitan", role="coordinator")
# A coordinator of another operation; its force does not lead this one.
COORDINATOR_ELSEWHERE = RecordedBy(force="kent", role="coordinator")
LEAD_WITHOUT_ROLE = RecordedBy(force="metropolitan", role="force")


def log_of(*events: Event | RecordedEvent) -> LogHistory:
    """Return the history of a log with these events."""
    history = LogHistory({}, {})
    for seq, event in enumerate(events, start=7):
        recorded = event if isinstance(event, RecordedEvent) else RecordedEventFactory(event=event, seq=seq)
        history.add(recorded)
    return history


def replayed(event: Event, history: LogHistory, sender: RecordedBy = SURREY) -> RecordedEvent | None:
    return replay_of(event, OPEN, history, sender)


def accepted(event: Event, history: LogHistory, sender: RecordedBy = SURREY, operation: Operation = OPEN) -> Event:
    return accept(event, operation, history, sender=sender, recorded_at=RECORDED_AT, forces=force_catalogue())


def refusal(event: Event, history: LogHistory, expected: type[RecordError], sender: RecordedBy = SURREY) -> RecordError:
    """Return the error for a new event, which must be of the expected class."""
    with pytest.raises(RecordError) as caught:
        accepted(event, history, sender)
    assert type(caught.value) is expected
    return caught.value


# Replays


def test_a_new_id_is_not_a_replay() -> None:
    assert replayed(ArrestRecordedFactory(), log_of(ArrestRecordedFactory())) is None


def test_the_same_event_again_is_a_replay() -> None:
    arrest = ArrestRecordedFactory()
    recorded = replayed(arrest, log_of(arrest))
    assert recorded is not None
    assert (recorded.event, recorded.seq) == (arrest, 7)


def test_a_replay_of_a_corrected_event_is_still_a_replay() -> None:
    arrest = ArrestRecordedFactory()
    history = log_of(arrest, ArrestRecordedFactory(corrects=arrest.id, count=2))
    assert replayed(arrest, history) is history.recorded[arrest.id]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"occurred_at": TUESDAY_EVENING + timedelta(microseconds=1)}, "/occurred_at"),
        ({"place": "m25"}, "/place"),
        ({"assisting": ("kent",)}, "/assisting"),
        ({"incident": "0f" * 32}, "/incident"),
        ({"data": ArrestRecordedFactory(count=2).data}, "/data/count"),
        ({"data": ArrestRecordedFactory(reason="drugs", count=2).data}, "/data/reason"),
        ({"data": SeizureRecordedFactory().data}, "/type"),
        ({"corrects": uuid4(), "correction_reason": "mistake"}, "/corrects"),
    ],
    ids=["occurred_at", "place", "assisting", "incident", "count", "reason", "type", "corrects"],
)
def test_the_same_id_with_other_content_is_refused_with_the_first_difference(
    change: dict[str, Any], where: str
) -> None:
    arrest = ArrestRecordedFactory()
    with pytest.raises(ContentDiffers) as caught:
        replayed(replace(arrest, **change), log_of(arrest))
    assert (caught.value.errors[0].pointer, caught.value.members) == (where, {"seq": 7})


def test_the_pointer_names_the_line_that_differs() -> None:
    seizure = SeizureRecordedFactory(lines=(PhoneLine(), WeaponLine(weapon="blunt")))
    other = replace(seizure, data=SeizureRecordedFactory(lines=(PhoneLine(), WeaponLine(weapon="firearm"))).data)
    with pytest.raises(ContentDiffers) as caught:
        replayed(other, log_of(seizure))
    assert caught.value.errors[0].pointer == "/data/lines/1/weapon"


def test_an_id_used_by_another_force_is_taken_without_further_detail() -> None:
    arrest = ArrestRecordedFactory(force="kent", count=9)
    with pytest.raises(IdTaken) as caught:
        replayed(replace(arrest, force="surrey"), log_of(arrest))
    assert caught.value.members == {}
    assert "kent" not in caught.value.detail


def test_a_force_may_replay_what_the_coordinator_recorded_for_it() -> None:
    arrest = ArrestRecordedFactory(force="surrey")
    history = log_of(RecordedEventFactory(event=arrest, recorded_by=COORDINATOR))
    assert replayed(arrest, history) is history.recorded[arrest.id]


def test_the_coordinator_may_replay_what_a_force_recorded() -> None:
    arrest = ArrestRecordedFactory(force="surrey")
    assert replayed(arrest, log_of(arrest), COORDINATOR) is not None


def test_a_join_that_left_out_name_and_kind_can_be_replayed_although_the_service_filled_them_in() -> None:
    sent = ForceJoinedFactory(joining="sussex")
    recorded = accepted(sent, log_of(), COORDINATOR)
    assert recorded != sent
    assert replayed(sent, log_of(recorded), COORDINATOR) is not None


def test_a_join_with_another_name_than_recorded_differs() -> None:
    recorded = accepted(ForceJoinedFactory(joining="sussex"), log_of(), COORDINATOR)
    other = replace(recorded, data=ForceJoinedFactory(joining="sussex", name="Sussex Roads Policing").data)
    with pytest.raises(ContentDiffers) as caught:
        replayed(other, log_of(recorded), COORDINATOR)
    assert caught.value.errors[0].pointer == "/name"


def test_a_pointer_into_a_coordinators_flat_body_uses_the_wire_names() -> None:
    night = Window(starts_at=TUESDAY_EVENING, ends_at=TUESDAY_EVENING + timedelta(hours=8))
    amendment = OperationAmendedFactory(days=(night,))
    later = replace(night, starts_at=night.starts_at + timedelta(hours=1))
    other = replace(amendment, data=OperationAmendedFactory(days=(later,)).data)
    with pytest.raises(ContentDiffers) as caught:
        replayed(other, log_of(amendment), COORDINATOR)
    assert caught.value.errors[0].pointer == "/days/0/from"


# Recording for a force


@pytest.mark.parametrize("sender", [KENT, COORDINATOR_ELSEWHERE, LEAD_WITHOUT_ROLE], ids=["force", "elsewhere", "lead"])
def test_a_force_can_record_only_for_itself(sender: RecordedBy) -> None:
    with pytest.raises(NotYourForce) as caught:
        replayed(ArrestRecordedFactory(force="surrey"), log_of(), sender)
    assert caught.value.errors[0].pointer == "/force"


def test_the_coordinator_may_record_for_a_force() -> None:
    arrest = ArrestRecordedFactory(force="surrey")
    assert replayed(arrest, log_of(), COORDINATOR) is None
    assert accepted(arrest, log_of(), COORDINATOR) == arrest


@pytest.mark.parametrize(
    "sender", [SURREY, COORDINATOR_ELSEWHERE, LEAD_WITHOUT_ROLE], ids=["force", "elsewhere", "lead"]
)
@pytest.mark.parametrize(
    "event",
    [
        OperationAmendedFactory(places=("m60",)),
        ForceJoinedFactory(),
        MeasureRegisteredFactory(),
        OperationClosedFactory(),
        OperationReopenedFactory(),
    ],
    ids=lambda event: event.type,
)
def test_only_the_coordinator_of_the_lead_force_may_change_the_operation(event: Event, sender: RecordedBy) -> None:
    refusal(replace(event, force=sender.force), log_of(), NotCoordinator, sender)


# Valid events


def test_a_new_event_is_accepted_unchanged() -> None:
    arrest = ArrestRecordedFactory()
    assert accepted(arrest, log_of()) is arrest


def test_a_force_corrects_its_own_event() -> None:
    arrest = ArrestRecordedFactory()
    correction = ArrestRecordedFactory(corrects=arrest.id, reason="drugs", count=3)
    assert accepted(correction, log_of(arrest)) is correction


def test_a_correction_can_be_corrected() -> None:
    first = ArrestRecordedFactory()
    second = ArrestRecordedFactory(corrects=first.id)
    third = ArrestRecordedFactory(corrects=second.id)
    assert accepted(third, log_of(first, second)) is third


@pytest.mark.parametrize(
    "fact", [ArrestRecordedFactory(), SeizureRecordedFactory(), ActivityRecordedFactory()], ids=lambda event: event.type
)
@pytest.mark.parametrize("sender", [SURREY, COORDINATOR], ids=["force", "coordinator"])
def test_every_fact_can_be_withdrawn_by_its_force_and_by_the_coordinator(fact: Event, sender: RecordedBy) -> None:
    accepted(EventWithdrawnFactory(corrects=fact.id), log_of(fact), sender)


def test_the_coordinator_may_correct_an_event_for_a_force() -> None:
    arrest = ArrestRecordedFactory()
    accepted(ArrestRecordedFactory(corrects=arrest.id, count=2), log_of(arrest), COORDINATOR)


# What cannot be corrected


def test_an_unknown_event_cannot_be_corrected() -> None:
    error = refusal(ArrestRecordedFactory(corrects=uuid4()), log_of(), UnknownEvent)
    assert error.errors[0].pointer == "/corrects"


def test_an_event_cannot_correct_itself() -> None:
    arrest = ArrestRecordedFactory()
    refusal(replace(arrest, corrects=arrest.id), log_of(), UnknownEvent)


def test_the_event_of_another_force_cannot_be_corrected() -> None:
    arrest = ArrestRecordedFactory(force="kent")
    refusal(ArrestRecordedFactory(corrects=arrest.id), log_of(arrest), NotYourEvent)
    refusal(EventWithdrawnFactory(corrects=arrest.id), log_of(arrest), NotYourEvent)


def test_a_correction_cannot_change_the_force_even_from_the_coordinator() -> None:
    arrest = ArrestRecordedFactory(force="kent")
    correction = ArrestRecordedFactory(force="surrey", corrects=arrest.id)
    error = refusal(correction, log_of(arrest), CorrectionChangesForce, COORDINATOR)
    assert error.errors[0].pointer == "/force"


def test_a_correction_cannot_change_the_type() -> None:
    arrest = ArrestRecordedFactory()
    error = refusal(SeizureRecordedFactory(corrects=arrest.id), log_of(arrest), CorrectionChangesType)
    assert error.errors[0].pointer == "/type"


def test_a_return_cannot_correct_an_event() -> None:
    arrest = ArrestRecordedFactory()
    refusal(ReturnDeclaredFactory(corrects=arrest.id), log_of(arrest), CorrectionChangesType)


def test_a_return_is_replaced_by_a_new_one_and_never_corrected() -> None:
    declared = ReturnDeclaredFactory()
    refusal(ReturnDeclaredFactory(corrects=declared.id), log_of(declared), NotCorrectable)
    refusal(EventWithdrawnFactory(corrects=declared.id), log_of(declared), NotCorrectable)


def test_a_withdrawal_cannot_be_withdrawn() -> None:
    arrest = ArrestRecordedFactory()
    withdrawal = EventWithdrawnFactory(corrects=arrest.id)
    refusal(EventWithdrawnFactory(corrects=withdrawal.id), log_of(arrest, withdrawal), NotCorrectable)


def test_a_setup_event_cannot_be_withdrawn() -> None:
    closed = OperationClosedFactory()
    withdrawal = EventWithdrawnFactory(force="metropolitan", corrects=closed.id)
    refusal(withdrawal, log_of(closed), NotCorrectable, COORDINATOR)


@pytest.mark.parametrize("again", [ArrestRecordedFactory, EventWithdrawnFactory])
def test_a_version_can_be_corrected_once_and_the_error_names_the_correction(again: Any) -> None:
    arrest = ArrestRecordedFactory()
    correction = ArrestRecordedFactory(corrects=arrest.id)
    error = refusal(again(corrects=arrest.id), log_of(arrest, correction), AlreadyCorrected)
    assert error.members == {"corrected_by": str(correction.id), "seq": 8}


@pytest.mark.parametrize("again", [ArrestRecordedFactory, EventWithdrawnFactory])
def test_a_withdrawal_is_final(again: Any) -> None:
    arrest = ArrestRecordedFactory()
    withdrawal = EventWithdrawnFactory(corrects=arrest.id)
    error = refusal(again(corrects=arrest.id), log_of(arrest, withdrawal), AlreadyWithdrawn)
    assert error.members == {"corrected_by": str(withdrawal.id), "seq": 8}


# The rules of each kind of event apply


def test_the_rules_for_reports_apply() -> None:
    with pytest.raises(OperationIsClosed):
        accepted(ArrestRecordedFactory(), log_of(), operation=operation_state(OperationClosedFactory()))


def test_the_rules_for_setup_apply() -> None:
    refusal(ForceJoinedFactory(joining="surrey"), log_of(), AlreadyJoined, COORDINATOR)


# The first difference


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(1, 1, None, id="equal"),
        pytest.param(1, 2, "", id="different-values"),
        pytest.param((1, 2), (1, 3), "/1", id="items"),
        pytest.param((1,), (1, 3), "", id="lengths"),
        pytest.param(PhoneLine(), DrugLine(drug="a"), "", id="classes"),
        pytest.param(PhoneLine(count=1), PhoneLine(count=2), "/count", id="fields"),
        pytest.param((PhoneLine(), PhoneLine()), (PhoneLine(), PhoneLine(count=2)), "/1/count", id="nested"),
    ],
)
def test_first_difference(one: Any, other: Any, expected: str | None) -> None:
    assert first_difference(one, other) == expected
