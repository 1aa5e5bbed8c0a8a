"""Opening an operation, changing it, closing and reopening it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.forces import register_force
from service.domain.deciding.check_report import ForceNotInOperation, OperationIsClosed
from service.domain.deciding.check_setup import AlreadyJoined
from service.domain.deciding.decide import ContentDiffers, NotCoordinator
from service.domain.deciding.draft import Submission
from service.domain.model.days import DaysUnclear
from service.domain.model.events import Event, ForceJoined, Window
from service.domain.model.operation import UnknownCode
from service.domain.model.personal_data import LooksPersonal
from service.domain.model.reference_data import Force
from service.errors import RecordError
from service.eventlog.head import UnknownOperation
from service.eventlog.table import heads
from service.projections import registry
from service.storage.db import Database, open_database
from service.usecases.maintenance.migrate import migrate_to_head
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.usecases.querying.read_operations import list_operations, read_operation
from service.usecases.recording.appending import Outcome, ProjectionsOutdated
from service.usecases.recording.operations import (
    CredentialLimited,
    Opening,
    OperationExists,
    StandingEventOutside,
    open_operation,
)
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import FORCES, OpenedOperation, opened_operation
from tests.factories.reports import ActivityRecordedFactory, ArrestRecordedFactory, EventWithdrawnFactory
from tests.factories.setup import (
    ENDS_AT,
    STARTS_AT,
    ForceAmendedFactory,
    ForceJoinedFactory,
    ForceLeftFactory,
    MeasureRegisteredFactory,
    OperationAmendedFactory,
    OperationClosedFactory,
    OperationOpenedFactory,
    OperationReopenedFactory,
)

SETUP = 6
A_DAY = timedelta(days=1)
COORDINATOR = CredentialFactory(force="metropolitan")


def opening(name: str = "lantern", forces: tuple[ForceJoined, ...] = FORCES, **opened: Any) -> Opening:
    event = OperationOpenedFactory(forces=tuple(joined.force for joined in forces), **opened)
    return Opening(operation=name, submission=Submission(event), forces=forces)


def opened(database: Database, new: Opening, sender: Credential = COORDINATOR) -> Outcome:
    return open_operation(database, sender=sender, opening=new)


def heads_in(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(sa.select(heads.c.operation_id)))


# Opening


def test_opening_an_operation_records_the_opening_and_then_its_forces(database: Database) -> None:
    outcome = opened(database, opening())
    assert outcome.receipt is not None
    assert (outcome.is_new, outcome.receipt.seq) == (True, 1)
    assert OpenedOperation(database, "lantern").head().seq == 1 + len(FORCES)


def test_repeating_an_opening_returns_the_same_receipt(database: Database) -> None:
    new = opening()
    first = opened(database, new)
    OpenedOperation(database, "lantern").record(ArrestRecordedFactory())
    again = opened(database, new)
    assert again == Outcome(is_new=False, receipt=first.receipt)
    assert OpenedOperation(database, "lantern").head().seq == SETUP + 1


def test_repeating_the_opening_of_a_closed_operation_is_a_replay(database: Database) -> None:
    new = opening()
    first = opened(database, new)
    OpenedOperation(database, "lantern").change(OperationClosedFactory())
    assert opened(database, new).receipt == first.receipt


def test_repeating_an_opening_with_other_content_is_refused(database: Database) -> None:
    new = opening()
    opened(database, new)
    other = replace(
        new, submission=Submission(OperationOpenedFactory(id=new.submission.event.id, forces=("kent",), name="Beacon"))
    )
    with pytest.raises(ContentDiffers) as caught:
        opened(database, other)
    assert caught.value.errors[0].pointer == "/name"


def test_the_name_of_an_operation_cannot_be_used_twice(database: Database) -> None:
    opened(database, opening())
    with pytest.raises(OperationExists) as caught:
        opened(database, opening())
    assert caught.value.errors[0].pointer == "/operation"


def test_a_name_in_use_is_refused_even_to_those_who_cannot_see_the_operation(database: Database) -> None:
    opened(database, opening())
    stranger = CredentialFactory(force="sussex", role="coordinator")
    with pytest.raises(OperationExists):
        opened(database, opening(lead_force="sussex"), sender=stranger)


def test_repeating_an_opening_while_projections_are_outdated_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = opening()
    opened(database, new)
    monkeypatch.setattr(registry, "VERSION", "entries=999")
    with pytest.raises(ProjectionsOutdated):
        opened(database, new)


@pytest.mark.parametrize(
    ("new", "sender", "expected"),
    [
        pytest.param(opening(), CredentialFactory(force="kent"), NotCoordinator, id="no-coordinator"),
        pytest.param(
            opening(), CredentialFactory(force="kent", role="coordinator"), NotCoordinator, id="of-another-force"
        ),
        pytest.param(
            opening(), CredentialFactory(force="metropolitan", operations=("beacon",)), CredentialLimited, id="limited"
        ),
        pytest.param(opening(name="ab12-cde"), COORDINATOR, LooksPersonal, id="name-looks-personal"),
        pytest.param(opening(places=("ab12cde",)), COORDINATOR, LooksPersonal, id="place-looks-personal"),
        pytest.param(opening(starts_at=ENDS_AT), COORDINATOR, DaysUnclear, id="days-unclear"),
        pytest.param(opening(forces=(ForceJoined(force="nobody"),)), COORDINATOR, UnknownCode, id="unknown-force"),
    ],
)
def test_a_refused_opening_records_nothing(
    database: Database, new: Opening, sender: Credential, expected: type[RecordError]
) -> None:
    with pytest.raises(expected):
        opened(database, new, sender=sender)
    assert heads_in(database) == []


def test_a_registered_force_can_join_by_its_key_alone(database: Database) -> None:
    with database.writing() as connection:
        register_force(connection, Force(force="port-of-dover", name="Port of Dover Police", kind="special"))
    opened(database, opening(forces=(*FORCES, ForceJoined(force="port-of-dover"))))
    _head, state = read_operation(database, operation="lantern", credential=COORDINATOR)
    assert state.participants["port-of-dover"].name == "Port of Dover Police"


# Changing


def test_a_change_by_the_coordinator_applies_to_later_events(operation: OpenedOperation) -> None:
    btp_arrest = ArrestRecordedFactory(force="btp")
    with pytest.raises(UnknownOperation):
        operation.record(btp_arrest)
    operation.change(ForceJoinedFactory(joining="btp"))
    operation.record(btp_arrest)
    operation.change(OperationAmendedFactory(places=("m60",)))
    operation.record(ArrestRecordedFactory(place="m60"))
    operation.change(MeasureRegisteredFactory(measure="dogs_seized"))
    operation.record(ActivityRecordedFactory(measure="dogs_seized", quantity=2))
    assert operation.quantity("dogs_seized") == 2


def test_a_closed_operation_refuses_new_facts_until_it_is_reopened(operation: OpenedOperation) -> None:
    operation.change(OperationClosedFactory())
    with pytest.raises(OperationIsClosed):
        operation.record(ArrestRecordedFactory())
    operation.change(OperationReopenedFactory())
    assert operation.record(ArrestRecordedFactory()).seq == SETUP + 3


def test_repeating_a_change_returns_the_same_receipt(operation: OpenedOperation) -> None:
    closing = OperationClosedFactory()
    assert operation.change(closing) == operation.change(closing)
    joining = ForceJoinedFactory()
    assert operation.change(joining) == operation.change(joining)


@pytest.mark.parametrize(
    "event", [OperationClosedFactory(force="surrey"), OperationAmendedFactory(force="surrey", places=("m60",))]
)
def test_only_the_coordinator_can_change_an_operation(operation: OpenedOperation, event: Event) -> None:
    with pytest.raises(NotCoordinator):
        operation.change(event, sender=CredentialFactory(force="surrey"))


def test_a_refused_change_is_not_recorded(operation: OpenedOperation) -> None:
    with pytest.raises(AlreadyJoined):
        operation.change(ForceJoinedFactory(joining="surrey"))
    assert operation.head().seq == SETUP


# Amending the operating days


def window(day: int, start: int = 18, hours: int = 10) -> Window:
    starts_at = datetime(2023, 1, day, start, tzinfo=UTC)
    return Window(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))


def amending(operation: OpenedOperation, **amendment: Any) -> Callable[[], Any]:
    return lambda: operation.change(OperationAmendedFactory(**amendment))


def test_the_operating_days_can_be_extended(operation: OpenedOperation) -> None:
    operation.record(ArrestRecordedFactory())
    operation.change(OperationAmendedFactory(starts_at=STARTS_AT - A_DAY, ends_at=ENDS_AT + A_DAY))
    operation.record(ArrestRecordedFactory(occurred_at=ENDS_AT))


def test_the_operating_days_can_be_shortened_to_the_standing_facts(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    operation.record(arrest)
    operation.change(OperationAmendedFactory(starts_at=arrest.occurred_at))
    operation.change(OperationAmendedFactory(ends_at=arrest.occurred_at + timedelta(microseconds=1)))


@pytest.mark.parametrize(
    "amendment",
    [
        {"starts_at": STARTS_AT + 2 * A_DAY},
        {"ends_at": datetime(2023, 1, 17, 21, 40, tzinfo=UTC)},
        {"days": (window(16), window(18))},
    ],
    ids=["starts-after-it", "ends-at-it", "in-no-window"],
)
def test_an_amendment_that_excludes_a_standing_fact_is_refused(
    operation: OpenedOperation, amendment: dict[str, Any]
) -> None:
    operation.record(ArrestRecordedFactory())
    with pytest.raises(StandingEventOutside) as caught:
        operation.change(OperationAmendedFactory(**amendment))
    assert caught.value.members == {"seq": SETUP + 1}
    assert operation.head().seq == SETUP + 1


def test_an_amendment_that_excludes_the_end_of_an_activity_is_refused(operation: OpenedOperation) -> None:
    before = datetime(2023, 1, 19, 12, tzinfo=UTC)
    operation.record(ActivityRecordedFactory(occurred_before=before))
    operation.change(OperationAmendedFactory(ends_at=before))
    with pytest.raises(StandingEventOutside):
        operation.change(OperationAmendedFactory(ends_at=before - timedelta(microseconds=1)))


@pytest.mark.parametrize("later", [ArrestRecordedFactory, EventWithdrawnFactory], ids=["corrected", "withdrawn"])
def test_a_corrected_or_withdrawn_fact_does_not_block_an_amendment(operation: OpenedOperation, later: Any) -> None:
    arrest = ArrestRecordedFactory()
    moved = {"occurred_at": ENDS_AT - A_DAY} if later is ArrestRecordedFactory else {}
    operation.record_all(arrest, later(corrects=arrest.id, **moved))
    operation.change(OperationAmendedFactory(starts_at=STARTS_AT + 3 * A_DAY))


def test_an_amendment_that_excludes_a_correction_is_refused(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory(occurred_at=ENDS_AT - A_DAY)
    operation.record_all(arrest, ArrestRecordedFactory(corrects=arrest.id))
    with pytest.raises(StandingEventOutside) as caught:
        operation.change(OperationAmendedFactory(starts_at=STARTS_AT + 3 * A_DAY))
    assert caught.value.members == {"seq": SETUP + 2}


@pytest.mark.parametrize(
    ("amendment", "is_accepted"),
    [
        ({"starts_at": STARTS_AT + A_DAY, "ends_at": STARTS_AT + 2 * A_DAY}, True),
        ({"starts_at": STARTS_AT + A_DAY + timedelta(hours=20)}, True),
        ({"starts_at": STARTS_AT + 2 * A_DAY}, False),
        ({"ends_at": STARTS_AT + A_DAY}, False),
        ({"days": (window(16), window(17, start=22))}, True),
        ({"days": (window(16, hours=34), window(18))}, False),
    ],
    ids=["to-its-day", "to-its-evening", "starts-after-it", "ends-before-it", "to-its-night", "to-other-nights"],
)
def test_an_amendment_cannot_exclude_the_day_of_a_fact_without_a_moment(
    operation: OpenedOperation, amendment: dict[str, Any], *, is_accepted: bool
) -> None:
    fact = operation.record(ArrestRecordedFactory(day_only=True))
    change = amending(operation, **amendment)
    if is_accepted:
        change()
        return
    with pytest.raises(StandingEventOutside) as caught:
        change()
    assert caught.value.members == {"seq": fact.seq}
    operation.record(EventWithdrawnFactory(corrects=fact.recorded.event.id))
    change()


def test_an_open_end_includes_every_later_day(database: Database) -> None:
    operation = opened_operation(database, ends_at=None)
    operation.record(ArrestRecordedFactory(day_only=True))
    operation.change(OperationAmendedFactory(starts_at=STARTS_AT + A_DAY))
    with pytest.raises(StandingEventOutside):
        operation.change(OperationAmendedFactory(starts_at=STARTS_AT + 2 * A_DAY))


@pytest.fixture
def nights(database: Database) -> OpenedOperation:
    """Return an operation of two nights, 16 to 17 and 17 to 18 January, with an arrest on the second."""
    operation = opened_operation(database, days=(window(16), window(17)))
    operation.record(ArrestRecordedFactory())
    return operation


def test_a_window_without_facts_can_be_replaced(nights: OpenedOperation) -> None:
    nights.change(OperationAmendedFactory(days=(window(17), window(20))))


def test_a_window_can_be_extended_around_its_facts(nights: OpenedOperation) -> None:
    nights.change(OperationAmendedFactory(days=(window(16), window(17, start=12, hours=20))))


@pytest.mark.parametrize(
    "amendment",
    [
        {"days": (window(16),)},
        {"days": (window(16), window(17, start=22))},
        {"days": (window(16, hours=34),)},
    ],
    ids=["window-removed", "window-starts-later", "part-of-another-day"],
)
def test_an_amendment_that_changes_the_day_of_a_fact_is_refused(
    nights: OpenedOperation, amendment: dict[str, Any]
) -> None:
    with pytest.raises(StandingEventOutside):
        nights.change(OperationAmendedFactory(**amendment))


def test_windows_can_be_replaced_by_dates_unless_a_fact_would_change_its_day(nights: OpenedOperation) -> None:
    to_dates = OperationAmendedFactory(starts_at=STARTS_AT)
    early = nights.record(ArrestRecordedFactory(occurred_at=window(17).ends_at - timedelta(hours=1)))
    with pytest.raises(StandingEventOutside):
        nights.change(to_dates)
    nights.record(EventWithdrawnFactory(corrects=early.id))
    nights.change(to_dates)


def test_an_activity_that_ends_between_windows_does_not_block_a_further_window(
    nights: OpenedOperation,
) -> None:
    between = window(17).ends_at + timedelta(hours=4)
    nights.change(OperationAmendedFactory(days=(window(16), window(17), window(18))))
    nights.record(ActivityRecordedFactory(occurred_before=between))
    nights.change(OperationAmendedFactory(days=(window(16), window(17), window(18), window(19))))
    with pytest.raises(StandingEventOutside):
        nights.change(OperationAmendedFactory(days=(window(16), window(17))))


def test_an_amendment_that_changes_no_day_is_accepted_whatever_facts_stand(nights: OpenedOperation) -> None:
    nights.change(OperationAmendedFactory(places=("m60",), marking="OFFICIAL"))
    nights.change(OperationAmendedFactory(days=(window(16), window(17))))


def test_a_force_that_left_is_exported_imported_rebuilt_and_verified(
    operation: OpenedOperation, tmp_path: Path
) -> None:
    arrest = operation.record(ArrestRecordedFactory(force="kent"))
    operation.record(EventWithdrawnFactory(force="kent", corrects=arrest.id))
    operation.change(ForceAmendedFactory(amending="kent", reports="tallies"))
    operation.change(ForceLeftFactory(leaving="kent"))
    operation.change(ForceJoinedFactory(joining="kent"))
    operation.change(ForceLeftFactory(leaving="kent"))
    with pytest.raises(ForceNotInOperation):
        operation.change(ForceLeftFactory(leaving="kent"))
    rebuild(operation.database, operation.name)
    assert verify_operation(operation.database, operation.name).fault is None
    url = f"sqlite:///{tmp_path / 'imported.db'}"
    migrate_to_head(url)
    imported = open_database(url)
    import_operation(
        imported, [f"{text}\n".encode() for text in export_operation(operation.database, operation.name).texts]
    )
    copy = OpenedOperation(imported, operation.name)
    assert verify_operation(imported, operation.name).fault is None
    assert (copy.log(), copy.figures()) == (operation.log(), {})
    kent = CredentialFactory(force="kent")
    assert list_operations(imported, credential=kent, after="", limit=10) == ([], None)
    imported.close()
