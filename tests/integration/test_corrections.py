"""A correction is a new event: the version it corrects stops counting, and no recorded row changes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from service.domain.counting.figures import join_all
from service.domain.model.events import DrugLine, Event, WeaponLine
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import Key, OpenedOperation
from tests.factories.reports import (
    TUESDAY_EVENING,
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import OperationClosedFactory

SETUP = 6
TUESDAY, WEDNESDAY = "2023-01-17", "2023-01-18"


def arrests(day: str = TUESDAY, reason: str = "knife", qualifier: str = "exact", force: str = "surrey") -> Key:
    return Key(force, day, "arrests", reason, qualifier)


def line(**of: Any) -> dict[str, Any]:
    """Return one entry of Surrey's knife arrests."""
    entry: dict[str, Any] = {
        "line": 1,
        "force": "surrey",
        "day": TUESDAY,
        "measure": "arrests",
        "category": "knife",
        "qualifier": "exact",
        "lines": 1,
    }
    return entry | of


# Counting


def test_an_event_makes_its_own_entries(operation: OpenedOperation) -> None:
    operation.record(ArrestRecordedFactory(count=5))
    assert operation.entries() == [line(seq=7, of_seq=7, quantity=5)]
    assert operation.figures() == {arrests(): 5}


def test_a_correction_reverses_the_old_entries_and_adds_its_own(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record(first)
    operation.record(ArrestRecordedFactory(corrects=first.id, count=3, reason="drugs"))
    assert operation.entries() == [
        line(seq=7, of_seq=7, quantity=5),
        line(seq=8, of_seq=7, quantity=-5, lines=-1),
        line(seq=8, line=2, of_seq=8, quantity=3, category="drugs"),
    ]
    assert operation.figures() == {arrests(reason="drugs"): 3}


def test_only_the_last_of_a_chain_of_corrections_counts_and_only_once(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    second = ArrestRecordedFactory(corrects=first.id, count=3)
    third = ArrestRecordedFactory(corrects=second.id, count=4)
    for event in (first, second, third):
        operation.record(event)
    assert operation.entries()[-2:] == [
        line(seq=9, of_seq=8, quantity=-3, lines=-1),
        line(seq=9, line=2, of_seq=9, quantity=4),
    ]
    assert operation.figures() == {arrests(): 4}


def test_a_chain_of_corrections_within_one_request_counts_the_same(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    second = ArrestRecordedFactory(corrects=first.id, count=3)
    third = ArrestRecordedFactory(corrects=second.id, count=4)
    operation.record_all(first, second, third)
    assert operation.figures() == {arrests(): 4}
    assert operation.difference() is None


def test_a_withdrawal_reverses_the_entries_and_adds_none(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record_all(first, EventWithdrawnFactory(corrects=first.id))
    assert operation.entries()[1:] == [line(seq=8, of_seq=7, quantity=-5, lines=-1)]
    assert operation.figures() == {}


def test_a_correction_can_be_withdrawn(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    second = ArrestRecordedFactory(corrects=first.id, count=3)
    operation.record_all(first, second, EventWithdrawnFactory(corrects=second.id))
    assert operation.figures() == {}


def test_a_correction_reverses_entries_on_their_old_day(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record(first)
    operation.record(ArrestRecordedFactory(corrects=first.id, count=5, occurred_at=TUESDAY_EVENING + timedelta(days=1)))
    assert operation.figures() == {arrests(day=WEDNESDAY): 5}
    assert [entry["day"] for entry in operation.entries()] == [TUESDAY, TUESDAY, WEDNESDAY]


def test_a_withdrawal_leaves_other_events_counting(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record_all(first, ArrestRecordedFactory(count=2), EventWithdrawnFactory(corrects=first.id))
    operation.record(ArrestRecordedFactory(force="kent", count=9))
    assert operation.figures() == {arrests(): 2, arrests(force="kent"): 9}


def test_a_correction_of_a_seizure_reverses_every_line(operation: OpenedOperation) -> None:
    first = SeizureRecordedFactory(
        lines=(WeaponLine(weapon="bladed/knife", count=2), DrugLine(drug="a/cocaine", weight_milligrams=10, wraps=3))
    )
    operation.record(first)
    operation.record(SeizureRecordedFactory(corrects=first.id, lines=(WeaponLine(weapon="blunt"),)))
    assert operation.figures() == {
        Key("surrey", TUESDAY, "weapons", "blunt", "exact"): 1,
        Key("surrey", TUESDAY, "weapons_by_acquisition", "unstated", "exact"): 1,
    }


def test_a_corrected_qualifier_leaves_no_trace(operation: OpenedOperation) -> None:
    rough = ArrestRecordedFactory(count=40, qualifier="about")
    operation.record_all(rough, ArrestRecordedFactory(count=2))
    assert join_all(key.qualifier for key in operation.figures()) == "about"
    operation.record(ArrestRecordedFactory(corrects=rough.id, count=38))
    assert operation.figures() == {arrests(): 40}


def test_a_declared_zero_stays_until_it_is_withdrawn(operation: OpenedOperation) -> None:
    none_stopped = ActivityRecordedFactory(quantity=0)
    operation.record(none_stopped)
    assert operation.figures() == {Key("surrey", TUESDAY, "vehicles_stopped", "", "exact"): 0}
    operation.record(EventWithdrawnFactory(corrects=none_stopped.id))
    assert operation.figures() == {}


def test_an_activity_over_several_days_keeps_its_first_and_last_day(operation: OpenedOperation) -> None:
    operation.record(ActivityRecordedFactory(occurred_before=TUESDAY_EVENING + timedelta(days=2)))
    assert operation.figures() == {Key("surrey", f"{TUESDAY}/2023-01-19", "vehicles_stopped", "", "exact"): 12}


def test_a_correction_leaves_past_totals_unchanged(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record(first)
    before = operation.figures()
    operation.record(ArrestRecordedFactory(corrects=first.id, count=3))
    assert operation.figures_as_of(7) == before
    assert operation.figures_as_of(8) == operation.figures() == {arrests(): 3}


def test_a_correction_only_adds_rows(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record(first)
    log, entries = operation.log(), operation.entries()
    operation.record(ArrestRecordedFactory(corrects=first.id, count=3))
    assert operation.log()[: len(log)] == log
    assert operation.entries()[: len(entries)] == entries


def test_the_coordinator_can_correct_an_event_of_a_force(operation: OpenedOperation) -> None:
    first = ArrestRecordedFactory(count=5)
    operation.record(first)
    correction = ArrestRecordedFactory(corrects=first.id, count=3)
    operation.record(correction, sender=CredentialFactory(force="metropolitan"))
    assert operation.figures() == {arrests(): 3}


def test_events_of_a_closed_operation_can_still_be_corrected(operation: OpenedOperation) -> None:
    first, second = ArrestRecordedFactory(count=5), ArrestRecordedFactory(count=7)
    operation.record_all(first, second)
    operation.change(OperationClosedFactory())
    operation.record_all(ArrestRecordedFactory(corrects=first.id, count=3), EventWithdrawnFactory(corrects=second.id))
    assert operation.figures() == {arrests(): 3}


# Refused corrections


@pytest.fixture
def history(operation: OpenedOperation) -> dict[str, Event]:
    """Return events of the log by name: a standing arrest, a corrected one, a withdrawn one, and others."""
    standing, corrected, withdrawn = (ArrestRecordedFactory() for _ in range(3))
    recorded: dict[str, Event] = {
        "standing": standing,
        "corrected": corrected,
        "correction": ArrestRecordedFactory(corrects=corrected.id),
        "withdrawn": withdrawn,
        "withdrawal": EventWithdrawnFactory(corrects=withdrawn.id),
        "return": ReturnDeclaredFactory(),
    }
    operation.record_all(*recorded.values())
    kents = ArrestRecordedFactory(force="kent")
    closed = OperationClosedFactory()
    operation.record(kents)
    operation.change(closed)
    return recorded | {"kent's": kents, "closing": closed, "unknown": ArrestRecordedFactory(id=uuid4())}


@pytest.mark.parametrize(
    ("target", "correction", "code"),
    [
        pytest.param("unknown", ArrestRecordedFactory, "unknown_event", id="unknown"),
        pytest.param("kent's", ArrestRecordedFactory, "not_your_event", id="of-another-force"),
        pytest.param("kent's", EventWithdrawnFactory, "not_your_event", id="withdrawing-of-another-force"),
        pytest.param("closing", EventWithdrawnFactory, "not_your_event", id="of-the-coordinator"),
        pytest.param("standing", SeizureRecordedFactory, "correction_changes_type", id="other-type"),
        pytest.param("standing", ReturnDeclaredFactory, "correction_changes_type", id="by-a-return"),
        pytest.param("return", ReturnDeclaredFactory, "not_correctable", id="a-return"),
        pytest.param("return", EventWithdrawnFactory, "not_correctable", id="withdrawing-a-return"),
        pytest.param("withdrawal", EventWithdrawnFactory, "not_correctable", id="a-withdrawal"),
        pytest.param("corrected", ArrestRecordedFactory, "already_corrected", id="corrected-already"),
        pytest.param("corrected", EventWithdrawnFactory, "already_corrected", id="withdrawing-a-corrected-version"),
        pytest.param("withdrawn", ArrestRecordedFactory, "already_withdrawn", id="withdrawn-already"),
        pytest.param("withdrawn", EventWithdrawnFactory, "already_withdrawn", id="withdrawing-twice"),
    ],
)
def test_an_invalid_correction_is_refused_and_changes_nothing(
    operation: OpenedOperation, history: dict[str, Event], target: str, correction: Any, code: str
) -> None:
    before = operation.log(), operation.figures()
    (outcome,) = operation.submit(correction(corrects=history[target].id))
    assert outcome.error is not None
    assert outcome.error.code == code
    assert (operation.log(), operation.figures()) == before


@pytest.mark.parametrize(
    ("target", "correction", "code"),
    [
        pytest.param("kent's", ArrestRecordedFactory, "correction_changes_force", id="other-force"),
        pytest.param("closing", EventWithdrawnFactory, "correction_changes_force", id="as-a-force"),
    ],
)
def test_a_correction_by_the_coordinator_cannot_change_the_force(
    operation: OpenedOperation, history: dict[str, Event], target: str, correction: Any, code: str
) -> None:
    (outcome,) = operation.submit(
        correction(force="surrey", corrects=history[target].id), sender=CredentialFactory(force="metropolitan")
    )
    assert outcome.error is not None
    assert outcome.error.code == code


def test_the_error_for_a_second_correction_names_the_first(
    operation: OpenedOperation, history: dict[str, Event]
) -> None:
    (outcome,) = operation.submit(ArrestRecordedFactory(corrects=history["corrected"].id))
    assert outcome.error is not None
    assert outcome.error.members == {"corrected_by": str(history["correction"].id), "seq": SETUP + 3}
