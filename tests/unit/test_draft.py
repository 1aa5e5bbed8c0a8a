"""The events that a group of submissions adds to a log: their seqs and times, and later items that see earlier ones."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.domain.deciding.check_report import InTheFuture
from service.domain.deciding.decide import AlreadyCorrected, ContentDiffers, LogHistory, NotCoordinator, NotYourForce
from service.domain.deciding.draft import Draft, RecordedAtMissing, RecordedAtOutOfOrder, RecordedAtRefused, Submission
from service.domain.model.events import Event, RecordedBy
from service.domain.model.operation import Operation
from service.domain.model.personal_data import LooksPersonal
from service.domain.model.reference_data import force_catalogue
from service.errors import RecordError
from tests.factories.operations import OPENED_AT, RECORDED_AT, operation_state
from tests.factories.reports import ArrestRecordedFactory, EventWithdrawnFactory
from tests.factories.setup import ForceJoinedFactory, OperationClosedFactory, OperationOpenedFactory

SURREY = RecordedBy(force="surrey", role="force")
COORDINATOR = RecordedBy(force="metropolitan", role="coordinator")
LIVE, IMPORTED = operation_state(), operation_state(imported=True)
# An imported log is continued long after its last event, which was recorded at RECORDED_AT.
CLOCK = RECORDED_AT + timedelta(days=600)
A_MICROSECOND = timedelta(microseconds=1)


def draft_of(operation: Operation | None, **fields: Any) -> Draft:
    draft: dict[str, Any] = {
        "name": "lantern",
        "operation": operation,
        "history": LogHistory({}, {}),
        "seq": 6,
        "recorded_at": RECORDED_AT,
        "clock": CLOCK,
        "live_recorded_at": CLOCK,
        "forces": force_catalogue(),
    }
    return Draft(**draft | fields)


def a_new_log() -> Draft:
    return draft_of(None, seq=0, recorded_at=OPENED_AT)


def refusal(draft: Draft, submission: Submission, expected: type[RecordError], sender: RecordedBy = SURREY) -> str:
    """Return the pointer of the error, which must be of the expected class; the draft must stay unchanged."""
    before = (draft.seq, draft.recorded_at, draft.operation, list(draft.accepted))
    with pytest.raises(RecordError) as caught:
        draft.add(submission, sender)
    assert type(caught.value) is expected
    assert (draft.seq, draft.recorded_at, draft.operation, list(draft.accepted)) == before
    return caught.value.errors[0].pointer


# Numbers


def test_accepted_events_are_numbered_after_the_head() -> None:
    draft = draft_of(LIVE)
    decided = [draft.add(Submission(ArrestRecordedFactory()), SURREY) for _ in range(3)]
    assert [(one.recorded.seq, one.is_new) for one in decided] == [(7, True), (8, True), (9, True)]
    assert draft.seq == 9


def test_a_refused_event_takes_no_number() -> None:
    draft = draft_of(LIVE)
    refusal(draft, Submission(ArrestRecordedFactory(force="kent")), NotYourForce)
    assert draft.add(Submission(ArrestRecordedFactory()), SURREY).recorded.seq == 7


def test_who_sent_an_event_is_recorded() -> None:
    recorded = draft_of(LIVE).add(Submission(ArrestRecordedFactory()), COORDINATOR).recorded
    assert (recorded.event.force, recorded.recorded_by) == ("surrey", COORDINATOR)


# Later items see earlier ones


def test_the_same_id_twice_in_a_group_is_recorded_once() -> None:
    draft, arrest = draft_of(LIVE), ArrestRecordedFactory()
    first, second = (draft.add(Submission(arrest), SURREY) for _ in range(2))
    assert second.recorded is first.recorded
    assert (first.is_new, second.is_new, len(draft.accepted)) == (True, False, 1)


def test_the_same_id_with_other_content_in_one_group_is_refused() -> None:
    draft, arrest = draft_of(LIVE), ArrestRecordedFactory()
    draft.add(Submission(arrest), SURREY)
    refusal(draft, Submission(ArrestRecordedFactory(id=arrest.id, count=2)), ContentDiffers)


def test_an_item_may_correct_an_earlier_item_of_its_group_once() -> None:
    draft, arrest = draft_of(LIVE), ArrestRecordedFactory()
    draft.add(Submission(arrest), SURREY)
    draft.add(Submission(ArrestRecordedFactory(corrects=arrest.id)), SURREY)
    refusal(draft, Submission(EventWithdrawnFactory(corrects=arrest.id)), AlreadyCorrected)


def test_a_change_of_the_operation_applies_to_later_items() -> None:
    draft = draft_of(LIVE)
    draft.add(Submission(ForceJoinedFactory(joining="sussex")), COORDINATOR)
    draft.add(Submission(ArrestRecordedFactory(force="sussex")), COORDINATOR)
    draft.add(Submission(OperationClosedFactory()), COORDINATOR)
    with pytest.raises(RecordError, match="closed"):
        draft.add(Submission(ArrestRecordedFactory(force="sussex")), COORDINATOR)


# Times in a live operation


def test_the_events_of_a_group_have_the_same_recorded_at() -> None:
    draft = draft_of(LIVE)
    moments = {draft.add(Submission(ArrestRecordedFactory()), SURREY).recorded.recorded_at for _ in range(3)}
    assert moments == {CLOCK}


def test_a_live_operation_refuses_recorded_at() -> None:
    where = refusal(draft_of(LIVE), Submission(ArrestRecordedFactory(), RECORDED_AT), RecordedAtRefused)
    assert where == "/recorded_at"


# Times in an imported operation


@pytest.mark.parametrize(
    "moment", [RECORDED_AT, RECORDED_AT + timedelta(days=1), CLOCK], ids=["with-the-last", "later", "now"]
)
def test_an_imported_event_has_the_recorded_at_that_was_sent(moment: datetime) -> None:
    decided = draft_of(IMPORTED).add(Submission(ArrestRecordedFactory(), moment), SURREY)
    assert decided.recorded.recorded_at == moment


def test_an_imported_event_must_have_recorded_at() -> None:
    assert refusal(draft_of(IMPORTED), Submission(ArrestRecordedFactory()), RecordedAtMissing) == "/recorded_at"


@pytest.mark.parametrize(
    "moment", [RECORDED_AT - A_MICROSECOND, CLOCK + A_MICROSECOND], ids=["before-the-last", "in-the-future"]
)
def test_recorded_at_cannot_go_back_or_be_in_the_future(moment: datetime) -> None:
    where = refusal(draft_of(IMPORTED), Submission(ArrestRecordedFactory(), moment), RecordedAtOutOfOrder)
    assert where == "/recorded_at"


def test_recorded_at_cannot_go_back_within_a_group() -> None:
    draft = draft_of(IMPORTED)
    draft.add(Submission(ArrestRecordedFactory(), RECORDED_AT + timedelta(hours=2)), SURREY)
    late = Submission(ArrestRecordedFactory(), RECORDED_AT + timedelta(hours=1))
    refusal(draft, late, RecordedAtOutOfOrder)


def test_a_replay_is_recognised_before_its_recorded_at_is_checked() -> None:
    draft, arrest = draft_of(IMPORTED), ArrestRecordedFactory()
    first = draft.add(Submission(arrest, RECORDED_AT), SURREY)
    draft.add(Submission(ArrestRecordedFactory(), RECORDED_AT + timedelta(hours=2)), SURREY)
    assert draft.add(Submission(arrest, RECORDED_AT), SURREY).recorded is first.recorded
    assert draft.add(Submission(arrest), SURREY).recorded is first.recorded


def test_an_event_later_than_its_import_is_refused() -> None:
    event: Event = ArrestRecordedFactory(occurred_at=RECORDED_AT + timedelta(minutes=6))
    assert refusal(draft_of(IMPORTED), Submission(event, RECORDED_AT), InTheFuture) == "/occurred_at"


# Opening


def test_a_log_begins_with_its_opening() -> None:
    draft = a_new_log()
    decided = draft.add(Submission(OperationOpenedFactory()), COORDINATOR)
    assert (decided.recorded.seq, decided.is_new) == (1, True)
    assert draft.operation is not None
    assert draft.operation.lead_force == "metropolitan"


@pytest.mark.parametrize(
    "sender",
    [RecordedBy(force="metropolitan", role="force"), RecordedBy(force="kent", role="coordinator")],
    ids=["no-coordinator", "coordinator-of-another-force"],
)
def test_only_a_coordinator_of_the_lead_force_may_open_an_operation(sender: RecordedBy) -> None:
    assert refusal(a_new_log(), Submission(OperationOpenedFactory()), NotCoordinator, sender) == "/lead_force"


def test_an_invalid_opening_is_refused() -> None:
    bad = Submission(OperationOpenedFactory(places=("ab12cde",)))
    assert refusal(a_new_log(), bad, LooksPersonal, COORDINATOR) == "/places/0"


def test_an_imported_operation_is_opened_at_the_given_recorded_at() -> None:
    opening = OperationOpenedFactory(imported=True)
    assert refusal(a_new_log(), Submission(opening), RecordedAtMissing, COORDINATOR) == "/recorded_at"
    assert a_new_log().add(Submission(opening, OPENED_AT), COORDINATOR).recorded.recorded_at == OPENED_AT
