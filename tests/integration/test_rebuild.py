"""Projections are derived data: they can be rebuilt while posts continue, and tampering with them is detected."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from service.domain.model.events import CashLine
from service.domain.model.vocabulary import MAX_LINES, MAX_QUANTITY
from service.eventlog.head import UnknownOperation
from service.eventlog.table import heads
from service.projections import registry
from service.projections.entries import entries
from service.projections.participants import participants
from service.projections.returns import declared_returns
from service.projections.totals import MOST, TotalTooLarge, totals
from service.storage.db import Database, open_database
from service.usecases.maintenance import rebuild as rebuild_module
from service.usecases.maintenance.rebuild import rebuild
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import (
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import ForceJoinedFactory, MeasureRegisteredFactory, OperationAmendedFactory

SETUP = 6


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a rebuild take steps of five events, so that corrections and what they correct fall into different steps."""
    for name in ("EVENTS_IN_ONE_BLOCK", "EVENTS_IN_ONE_TRANSACTION"):
        monkeypatch.setattr(rebuild_module, name, 5)


@pytest.fixture
def recorded(operation: OpenedOperation) -> OpenedOperation:
    """Return an operation with 20 arrests, some corrected once or twice, some withdrawn, and with other events."""
    arrests = [ArrestRecordedFactory(count=count) for count in range(1, 21)]
    corrections = [ArrestRecordedFactory(corrects=arrest.id, count=100) for arrest in arrests[:8]]
    operation.record_all(*arrests)
    operation.change(MeasureRegisteredFactory(measure="dogs_seized"))
    operation.record_all(*corrections)
    operation.record_all(*(ArrestRecordedFactory(corrects=one.id, count=1_000) for one in corrections[:4]))
    operation.record_all(*(EventWithdrawnFactory(corrects=arrest.id) for arrest in arrests[8:12]))
    operation.change(ForceJoinedFactory(joining="btp"))
    operation.record_all(
        SeizureRecordedFactory(),
        ActivityRecordedFactory(measure="dogs_seized", quantity=0),
        ReturnDeclaredFactory(measures=("arrests", "cash")),
    )
    operation.record(ActivityRecordedFactory(force="essex", measure="arrests", category="wanted", qualifier="about"))
    operation.change(OperationAmendedFactory(places=("m60",)))
    return operation


# Rebuilding


@pytest.mark.usefixtures("small_steps")
def test_a_rebuild_reproduces_the_projections(recorded: OpenedOperation) -> None:
    before = recorded.figures(), recorded.entries()
    assert rebuild(recorded.database, recorded.name) == 2
    assert (recorded.figures(), recorded.entries()) == before
    assert recorded.head().generation == 2
    assert recorded.difference() is None


def test_a_rebuild_in_one_step_reproduces_the_projections(recorded: OpenedOperation) -> None:
    before = recorded.figures(), recorded.entries()
    rebuild(recorded.database, recorded.name)
    assert (recorded.figures(), recorded.entries()) == before


def test_a_rebuild_deletes_older_generations(recorded: OpenedOperation) -> None:
    rebuild(recorded.database, recorded.name)
    assert rebuild(recorded.database, recorded.name) == 3
    with recorded.database.reading() as connection:
        for table in registry.TABLES:
            assert set(connection.scalars(sa.select(table.c.generation))) <= {3}
        assert set(connection.scalars(sa.select(registry.TABLES[0].c.generation))) == {3}


def test_a_rebuild_touches_neither_the_log_nor_other_operations(recorded: OpenedOperation) -> None:
    other = opened_operation(recorded.database, "beacon")
    other.record(ArrestRecordedFactory())
    log = recorded.log()
    rebuild(recorded.database, recorded.name)
    assert recorded.log() == log
    assert other.head().generation == 1
    assert other.quantity("arrests") == 1
    assert other.difference() is None


def test_after_a_rebuild_events_are_recorded_and_corrected_as_before(recorded: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory(count=7, force="kent")
    recorded.record(arrest)
    rebuild(recorded.database, recorded.name)
    recorded.record(ArrestRecordedFactory(corrects=arrest.id, count=5, force="kent"))
    assert recorded.quantity("arrests", force="kent") == 5
    assert recorded.difference() is None


def test_a_rebuild_repairs_tampered_projections(recorded: OpenedOperation) -> None:
    before = recorded.figures()
    tamper(recorded, totals.update().values(quantity=totals.c.quantity + 1))
    tamper(recorded, entries.delete().where(entries.c.measure == "arrests"))
    rebuild(recorded.database, recorded.name)
    assert recorded.figures() == before
    assert recorded.difference() is None


def test_a_rebuild_brings_outdated_projections_to_the_version_of_the_code(
    recorded: OpenedOperation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (registry, rebuild_module):
        monkeypatch.setattr(module, "VERSION", "entries=999")
    rebuild(recorded.database, recorded.name)
    assert recorded.head().projection_version == "entries=999"
    assert recorded.record(ArrestRecordedFactory()).seq == recorded.head().seq


@pytest.mark.usefixtures("small_steps")
def test_a_rebuild_reports_its_progress(recorded: OpenedOperation) -> None:
    reported: list[tuple[int, int]] = []
    rebuild(recorded.database, recorded.name, lambda done, size: reported.append((done, size)))
    size = recorded.head().seq
    # The rest, at most five events, is applied under the head's lock.
    assert reported == [(done, size) for done in range(5, size, 5)]


def test_rebuilding_an_unknown_operation_is_refused(database: Database) -> None:
    with pytest.raises(UnknownOperation):
        rebuild(database, "nowhere")


def test_a_rebuild_stops_if_a_total_becomes_too_large(recorded: OpenedOperation) -> None:
    before = recorded.figures()
    tamper(recorded, totals.insert().values(_too_much(recorded)))
    with pytest.raises(TotalTooLarge):
        rebuild(recorded.database, recorded.name)
    assert recorded.figures() == before


def test_every_recorded_log_can_be_rebuilt(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(sqlite_url)
    operation = opened_operation(database)
    most = (CashLine(currency="GBP", amount_minor=MAX_QUANTITY),) * MAX_LINES
    seizures = [SeizureRecordedFactory(lines=most) for _ in range(MOST // MAX_QUANTITY // MAX_LINES + 1)]
    outcomes = operation.submit(*seizures, *(EventWithdrawnFactory(corrects=seizure.id) for seizure in seizures))
    if all(outcome.error is None for outcome in outcomes):
        for name in ("EVENTS_IN_ONE_BLOCK", "EVENTS_IN_ONE_TRANSACTION"):
            monkeypatch.setattr(rebuild_module, name, SETUP + len(seizures))
        rebuild(database, operation.name)
    assert max(operation.figures_as_of(SETUP + len(seizures)).values()) <= MOST
    database.engine.dispose()


def _too_much(recorded: OpenedOperation) -> dict[str, Any]:
    """Return a row of `totals` in the next generation that leaves no room for one more arrest."""
    return {
        "operation_id": recorded.name,
        "generation": 2,
        "force": "surrey",
        "day": "2023-01-17",
        "measure": "arrests",
        "category": "knife",
        "qualifier": "exact",
        "quantity": MOST,
        "lines": 1,
        "last_seq": 1,
    }


# Concurrent posts and rebuilds


@pytest.mark.usefixtures("small_steps")
def test_a_rebuild_during_concurrent_posts_loses_nothing(recorded: OpenedOperation) -> None:
    posters, start = 3, Barrier(4)

    def post() -> int:
        start.wait()
        for _ in range(12):
            arrest = ArrestRecordedFactory(force="kent", count=2)
            recorded.record(arrest)
            recorded.record(ArrestRecordedFactory(force="kent", corrects=arrest.id, count=5))
        return 24

    def keep_rebuilding() -> int:
        start.wait()
        return [rebuild(recorded.database, recorded.name) for _ in range(4)][-1]

    size = recorded.head().seq
    with ThreadPoolExecutor(posters + 1) as threads:
        posted = [threads.submit(post) for _ in range(posters)]
        generation = threads.submit(keep_rebuilding).result()
        size += sum(future.result() for future in posted)
    assert (recorded.head().seq, recorded.head().generation, generation) == (size, 5, 5)
    assert recorded.quantity("arrests", force="kent") == posters * 12 * 5
    assert recorded.difference() is None


@pytest.mark.usefixtures("small_steps")
def test_two_concurrent_rebuilds_leave_one_correct_generation(recorded: OpenedOperation) -> None:
    before, start = recorded.figures(), Barrier(2)

    def rebuild_once(_number: int) -> int:
        start.wait()
        return rebuild(recorded.database, recorded.name)

    with ThreadPoolExecutor(2) as threads:
        generations = list(threads.map(rebuild_once, range(2)))
    assert sorted(generations) == [2, 3]
    assert recorded.head().generation == 3
    assert recorded.figures() == before
    assert recorded.difference() is None


@pytest.mark.usefixtures("small_steps")
def test_a_rebuild_overtaken_by_a_later_one_leaves_the_later_generation_live(recorded: OpenedOperation) -> None:
    before, overtaken_by = recorded.figures(), []

    def overtake(done: int, _size: int) -> None:
        if done == 20:
            overtaken_by.append(rebuild(recorded.database, recorded.name))

    assert rebuild(recorded.database, recorded.name, overtake) == 2
    assert (overtaken_by, recorded.head().generation) == ([3], 3)
    assert recorded.figures() == before
    assert recorded.difference() is None


# Comparing with the log


def tamper(recorded: OpenedOperation, statement: Any) -> None:
    with recorded.database.writing() as connection:
        assert connection.execute(statement).rowcount != 0


@pytest.mark.usefixtures("small_steps")
def test_untouched_projections_agree_with_the_log(recorded: OpenedOperation) -> None:
    assert recorded.difference() is None


def test_a_changed_entry_is_reported_at_its_event(recorded: OpenedOperation) -> None:
    tamper(recorded, entries.update().where(entries.c.seq == 11).values(quantity=6))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("entries", 11)


def test_a_removed_entry_is_reported_at_its_event(recorded: OpenedOperation) -> None:
    tamper(recorded, entries.delete().where(entries.c.seq == 12))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("entries", 12)


def test_an_added_entry_is_reported_at_its_event(recorded: OpenedOperation) -> None:
    columns = [column if column.name != "line" else column + 1 for column in entries.c]
    copied = sa.select(*columns).where(entries.c.seq == 13)
    tamper(recorded, entries.insert().from_select(list(entries.c), copied))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("entries", 13)


def test_an_entry_without_an_event_in_the_log_is_reported(recorded: OpenedOperation) -> None:
    columns = [column if column.name != "seq" else column + 10_000 for column in entries.c]
    copied = sa.select(*columns).where(entries.c.seq == 13)
    tamper(recorded, entries.insert().from_select(list(entries.c), copied))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("entries", 10_013)


@pytest.mark.parametrize("change", [{"quantity": totals.c.quantity + 1}, {"lines": totals.c.lines + 1}])
def test_a_total_that_is_not_the_sum_of_its_entries_is_reported(
    recorded: OpenedOperation, change: dict[str, Any]
) -> None:
    tamper(recorded, totals.update().where(totals.c.measure == "weapons").values(**change))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("totals", None)
    assert "weapons of surrey" in difference.detail


def test_a_removed_total_is_reported(recorded: OpenedOperation) -> None:
    tamper(recorded, totals.delete().where(totals.c.measure == "weapons"))
    difference = recorded.difference()
    assert difference is not None
    assert difference.projection == "totals"


@pytest.mark.parametrize(
    ("statement", "projection"),
    [
        (declared_returns.update().values(status="nil"), "returns"),
        (declared_returns.delete(), "returns"),
        (participants.delete().where(participants.c.force == "btp"), "participants"),
    ],
    ids=["return-changed", "return-removed", "participant-removed"],
)
def test_a_changed_row_of_another_projection_is_reported(
    recorded: OpenedOperation, statement: Any, projection: str
) -> None:
    tamper(recorded, statement)
    difference = recorded.difference()
    assert difference is not None
    assert difference.projection == projection


def test_a_difference_in_another_operation_is_not_reported(recorded: OpenedOperation) -> None:
    other = opened_operation(recorded.database, "beacon")
    other.record(ArrestRecordedFactory())
    tamper(recorded, totals.update().where(totals.c.operation_id == other.name).values(quantity=99))
    assert recorded.difference() is None
    assert other.difference() is not None


def test_a_head_that_names_a_generation_without_rows_is_reported(recorded: OpenedOperation) -> None:
    tamper(recorded, heads.update().values(generation=7))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("participants", 2)
