"""Totals snapshots: taken at regular seqs, however events are batched; questions about the past are read from them."""

from typing import Any

import pytest
import sqlalchemy as sa

from service.domain.counting.selection import Selection
from service.domain.model.events import Event
from service.eventlog.table import heads
from service.projections.entries import entries
from service.projections.returns import declarations
from service.projections.sums import MOST_LOGS_KEPT, sums
from service.projections.totals_snapshots import EVERY, totals_snapshots
from service.storage.db import Database
from service.usecases.maintenance import rebuild as rebuild_module
from service.usecases.maintenance.rebuild import rebuild
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import Figures, Key, OpenedOperation, opened_operation
from tests.factories.reports import (
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import LEAD

SETUP, CARRY_EVERY = 6, 4


def history() -> list[Event]:
    """Return the events after the setup: seqs 7 to 22, with corrections of versions that earlier snapshots count."""
    arrests = [ArrestRecordedFactory(count=count) for count in range(1, 7)]
    return [
        *arrests,
        EventWithdrawnFactory(corrects=arrests[0].id),
        ArrestRecordedFactory(corrects=arrests[1].id, count=40, force="surrey", reason="weapon"),
        SeizureRecordedFactory(),
        *(EventWithdrawnFactory(corrects=arrest.id) for arrest in arrests[2:]),
        ReturnDeclaredFactory(),
        ArrestRecordedFactory(force="kent"),
        ArrestRecordedFactory(force="kent"),
    ]


@pytest.fixture
def opened(database: Database) -> OpenedOperation:
    return opened_operation(database, snapshot_every=CARRY_EVERY)


@pytest.fixture
def recorded(opened: OpenedOperation) -> OpenedOperation:
    opened.record_all(*history(), sender=CredentialFactory(force=LEAD))
    return opened


def sums_as_of(operation: OpenedOperation, seq: int) -> Figures:
    """Return the figures as of a seq, as the service reads them."""
    with operation.database.reading() as connection:
        found = sums(connection, [(operation.head(), seq)], Selection(by=("force", "day", "category")), by_category=())
    return {Key(*(getattr(one, name) for name in Key._fields)): one.quantity for one in found}


def change(operation: OpenedOperation, *statements: Any) -> None:
    with operation.database.writing() as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0


# Taking totals snapshots


def test_a_snapshot_equals_the_totals_at_its_seq_with_fully_reversed_ones(
    opened: OpenedOperation,
) -> None:
    then = {}
    for event in history():
        seq = opened.record(event).seq
        if seq % CARRY_EVERY == 0:
            then[seq] = opened.total_rows()
    assert list(then) == [8, 12, 16, 20]
    assert opened.carried() == then
    assert any(lines == 0 for *_key, _quantity, lines, _last_seq in then[20])


def test_a_batch_takes_the_same_totals_snapshots_as_single_events(
    recorded: OpenedOperation,
) -> None:
    alone = opened_operation(recorded.database, "beacon", snapshot_every=CARRY_EVERY)
    for event in history():
        alone.record(event)
    assert alone.carried() == recorded.carried()


@pytest.mark.parametrize("events_in_one_step", [5, 1_000])
def test_a_rebuild_takes_the_same_totals_snapshots(
    recorded: OpenedOperation, events_in_one_step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded.carried(), recorded.total_rows()
    for name in ("EVENTS_IN_ONE_BLOCK", "EVENTS_IN_ONE_TRANSACTION"):
        monkeypatch.setattr(rebuild_module, name, events_in_one_step)
    rebuild(recorded.database, recorded.name)
    assert (recorded.carried(), recorded.total_rows()) == before


def test_a_rebuild_can_change_the_snapshot_interval_for_good(recorded: OpenedOperation) -> None:
    rebuild(recorded.database, recorded.name, snapshot_every=7)
    assert recorded.head().snapshot_every == 7
    assert list(recorded.carried()) == [7, 14, 21]
    recorded.record_all(*(ArrestRecordedFactory() for _ in range(6)))
    assert list(recorded.carried()) == [7, 14, 21, 28]
    rebuild(recorded.database, recorded.name)
    assert list(recorded.carried()) == [7, 14, 21, 28]
    assert recorded.difference() is None


def test_a_snapshot_before_the_first_count_has_no_rows(opened: OpenedOperation) -> None:
    opened.record_all(ReturnDeclaredFactory(), ReturnDeclaredFactory())
    assert opened.head().seq == 8
    assert opened.carried() == {}
    assert opened.difference() is None


def test_a_new_log_gets_a_totals_snapshot_at_every_5000th_seq(operation: OpenedOperation) -> None:
    assert operation.head().snapshot_every == EVERY == 5_000


# Reading the past


def test_past_totals_are_right_before_at_and_after_each_snapshot(recorded: OpenedOperation) -> None:
    for seq in range(1, recorded.head().seq + 1):
        assert sums_as_of(recorded, seq) == recorded.figures_as_of(seq), seq


def test_past_totals_are_read_from_the_latest_snapshot(recorded: OpenedOperation) -> None:
    change(recorded, entries.delete().where(entries.c.seq <= 12))
    at_12 = sums_as_of(recorded, 12)
    assert sum(at_12.values()) == 21
    assert sums_as_of(recorded, 11) != at_12


def test_a_generation_without_totals_snapshots_is_summed_from_its_entries(recorded: OpenedOperation) -> None:
    """An upgraded database is in this state until its rebuild has run."""
    change(recorded, totals_snapshots.delete(), heads.update().values(snapshot_every=None))
    for seq in range(1, recorded.head().seq + 1):
        assert sums_as_of(recorded, seq) == recorded.figures_as_of(seq), seq
    recorded.record_all(*(ArrestRecordedFactory() for _ in range(CARRY_EVERY)))
    assert recorded.carried() == {}
    rebuild(recorded.database, recorded.name)
    assert recorded.head().snapshot_every == EVERY


@pytest.mark.parametrize("reopens_at", [15, 16, 17])
def test_a_return_is_reopened_at_the_right_seq_before_at_and_after_a_snapshot(
    opened: OpenedOperation, reopens_at: int
) -> None:
    """A withdrawal leaves a total of zero and still reopens the return."""
    arrest = ArrestRecordedFactory()
    opened.record_all(arrest, ReturnDeclaredFactory(status="complete"))
    opened.record_all(*(ArrestRecordedFactory(force="kent") for _ in range(reopens_at - 9)))
    assert opened.record(EventWithdrawnFactory(corrects=arrest.id)).seq == reopens_at
    opened.record_all(*(ArrestRecordedFactory(force="kent") for _ in range(8)))
    with opened.database.reading() as connection:
        for seq in range(8, 20):
            (returns,) = declarations(connection, opened.head(), up_to=seq).values()
            (declared,) = returns.declared
            assert (declared.status == "reopened") == (seq >= reopens_at), seq


@pytest.mark.parametrize("number", [2, MOST_LOGS_KEPT + 2])
def test_the_sums_over_many_logs_are_those_of_each_up_to_its_own_seq(database: Database, number: int) -> None:
    """Every other log up to its head, and the others up to seqs before and after a snapshot; then one event later."""
    logs = [opened_operation(database, f"log-{log}", snapshot_every=CARRY_EVERY) for log in range(number)]
    for log, operation in enumerate(logs):
        operation.record_all(*(ArrestRecordedFactory(count=100**log) for _ in range(5)))
    for later in (0, 1):
        with database.reading() as connection:
            heads_of = [operation.head() for operation in logs]
            up_to = [head.seq if log % 2 else SETUP + 1 + log % 3 + later for log, head in enumerate(heads_of)]
            (found,) = sums(connection, list(zip(heads_of, up_to, strict=True)), Selection(), by_category=())
        assert found.quantity == sum(100**log * (seq - SETUP) for log, seq in enumerate(up_to))
        for log, operation in enumerate(logs):
            operation.record(ArrestRecordedFactory(count=100**log))


# Tampering


def first_row(recorded: OpenedOperation) -> dict[str, Any]:
    with recorded.database.reading() as connection:
        statement = sa.select(totals_snapshots).where(totals_snapshots.c.seq == 12)
        return dict(connection.execute(statement.limit(1)).mappings().one())


@pytest.mark.parametrize("changed", [{"quantity": 99}, {"lines": 99}, {"last_seq": 1}, {"qualifier": "about"}])
def test_a_changed_snapshot_row_is_reported_with_its_seq(recorded: OpenedOperation, changed: dict[str, Any]) -> None:
    row = first_row(recorded)
    key = sa.and_(*(column == row[column.name] for column in totals_snapshots.primary_key))
    change(recorded, totals_snapshots.update().where(key).values(**changed))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq) == ("totals_snapshots", 12)
    assert difference.detail == f"{row['measure']} of {row['force']} is not the sum of its entries"


def test_a_removed_or_added_snapshot_row_is_reported_with_its_seq(recorded: OpenedOperation) -> None:
    row = first_row(recorded)
    key = sa.and_(*(column == row[column.name] for column in totals_snapshots.primary_key))
    change(recorded, totals_snapshots.delete().where(key))
    removed = recorded.difference()
    change(recorded, totals_snapshots.insert().values([row, row | {"seq": 16, "day": "2023-01-01"}]))
    added = recorded.difference()
    assert removed is not None
    assert added is not None
    assert [(one.projection, one.seq) for one in (removed, added)] == [
        ("totals_snapshots", 12),
        ("totals_snapshots", 16),
    ]


@pytest.mark.parametrize("seq", [0, 13, 24])
def test_a_snapshot_row_between_the_snapshot_seqs_is_reported(recorded: OpenedOperation, seq: int) -> None:
    change(recorded, totals_snapshots.insert().values(first_row(recorded) | {"seq": seq}))
    difference = recorded.difference()
    assert difference is not None
    assert (difference.projection, difference.seq, difference.detail) == (
        "totals_snapshots",
        seq,
        "no totals snapshot belongs at this seq",
    )


@pytest.mark.parametrize("every", [None, 2, 3, 8, 1_000])
def test_a_changed_snapshot_interval_is_reported(recorded: OpenedOperation, every: int | None) -> None:
    change(recorded, heads.update().values(snapshot_every=every))
    difference = recorded.difference()
    assert difference is not None
    assert difference.projection == "totals_snapshots"


def test_a_rebuild_repairs_totals_snapshots(recorded: OpenedOperation) -> None:
    before = recorded.carried()
    change(recorded, totals_snapshots.update().values(quantity=totals_snapshots.c.quantity + 1))
    rebuild(recorded.database, recorded.name)
    assert recorded.carried() == before
    assert recorded.difference() is None
