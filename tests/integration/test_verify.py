"""Verification detects a tampered record and reports the first wrong event."""

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import rfc8785
import sqlalchemy as sa

from service.domain.model.instants import format_instant
from service.eventlog import check_block, check_log
from service.eventlog.head import UnknownOperation
from service.eventlog.table import events, heads
from service.eventlog.tree import Tree, leaf_hash
from service.projections.entries import entries
from service.projections.participants import participants
from service.projections.returns import declared_returns
from service.projections.totals import totals
from service.storage.db import Database, open_database
from service.usecases.maintenance import verify_blocks
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.verify import Fault, list_heads, verify_operation, verify_projections
from service.usecases.maintenance.verify_receipts import verify_receipts
from tests.factories.logs import recorded_live, recorded_seed
from tests.factories.operations import NAME

# In the live log: seq 7 is an arrest, 8 a seizure, 13 the correction of 7.
ARREST, SEIZURE, DAY_ONLY = 7, 8, 15
LOG_TRIGGERS = ("events_no_update", "events_no_delete", "events_no_replace", "events_no_update_or_delete")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check logs four events at a time, on PostgreSQL in several processes."""
    for module in (check_block, check_log, verify_blocks):
        monkeypatch.setattr(module, "EVENTS_IN_ONE_BLOCK", 4)
    monkeypatch.setattr(verify_blocks, "EVENTS_IN_ONE_PIECE", 8)


@pytest.fixture
def record(database: Database) -> Database:
    """Return a database that holds the live log."""
    recorded_live(database)
    return database


def tamper(database: Database, *statements: sa.sql.expression.Executable) -> None:
    """Change the stored record as the owner of the database can: after dropping the triggers that refuse it."""
    with database.writing() as connection:
        for trigger in LOG_TRIGGERS:
            on_table = "" if database.is_sqlite else " ON events"
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}{on_table}")
        for statement in statements:
            connection.execute(statement)


def change_event(database: Database, seq: int, **values: Any) -> None:
    tamper(database, events.update().where(events.c.operation_id == NAME, events.c.seq == seq).values(**values))


def column(database: Database, name: str, seq: int) -> Any:
    with database.reading() as connection:
        statement = sa.select(events.c[name]).where(events.c.operation_id == NAME, events.c.seq == seq)
        return connection.execute(statement).scalar_one()


def rewrite_log(database: Database, edit: Callable[[int, str], str]) -> None:
    """Rewrite texts and recompute all hashes, as an attacker who knows the format of the log can."""
    tree, statements = Tree(), []
    with database.reading() as connection:
        rows = connection.execute(sa.select(events.c.seq, events.c.text).order_by(events.c.seq)).all()
    for seq, text in rows:
        edited = edit(seq, text)
        leaf = leaf_hash(edited)
        values = {"text": edited, "leaf_hash": leaf, "subtree_hashes": b"".join(tree.add(leaf))}
        statements.append(events.update().where(events.c.seq == seq).values(**values))
    tamper(database, *statements)


def fault_in(database: Database) -> Fault:
    fault = verify_operation(database, NAME).fault
    assert fault is not None
    return fault


def test_an_untouched_record_passes_and_reports_what_was_checked(record: Database):
    seed = recorded_seed(record)
    seen: list[tuple[int, int]] = []
    live = verify_operation(record, NAME)
    replayed = verify_operation(record, seed.name, lambda done, size: seen.append((done, size)))
    assert live.fault is None
    assert live.checked == {
        "events": 19,
        "participants": 6,
        "declared_returns": 1,
        "entries": 9,
        "match_candidates": 5,
        "ruled_out": 0,
        "totals": 7,
        "totals_snapshots": 0,
    }
    assert replayed.fault is None
    assert replayed.checked["events"] == 368
    assert seen[-1] == (368, 368)
    assert [head.operation for head in list_heads(record)] == [NAME, seed.name]


def test_the_root_is_that_of_the_last_receipt(database: Database):
    _operation, receipts = recorded_live(database)
    assert verify_operation(database, NAME).root == receipts[-1].root


def test_an_unknown_operation_is_refused(database: Database):
    with pytest.raises(UnknownOperation):
        verify_operation(database, "nowhere")
    with pytest.raises(UnknownOperation):
        verify_projections(database, "nowhere")


def test_a_changed_text_is_reported(record: Database):
    text = column(record, "text", ARREST)
    change_event(record, ARREST, text=text.replace('"count":2', '"count":3'))
    assert fault_in(record) == Fault("events", ARREST, "its leaf hash does not match its text")
    assert verify_operation(record, NAME).root == ""
    assert verify_operation(record, NAME).checked["events"] == ARREST - 1


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("all", ""),
        ("all", "null"),
        ("all", "[]"),
        ("all", "{}"),
        ("all", "[" * 100_000),
        ('"id":"', '"id":"x'),
        ('"id":"', '"id":5,"x":"'),
        ('"type":"arrest.recorded"', '"type":"arrest.imagined"'),
        ('"recorded_at":"', '"recorded_at":"x'),
        ('"data":{', '"data":{"count":NaN,'),
        ('"force":"surrey"', '"force":7.5e400'),
    ],
    ids=itertools.count(),
)
def test_an_unreadable_text_is_reported(record: Database, part: str, other: str):
    text = column(record, "text", ARREST)
    change_event(record, ARREST, text=other if part == "all" else text.replace(part, other))
    fault = fault_in(record)
    assert (fault.table, fault.seq) == ("events", ARREST)
    assert "text" in fault.detail


def test_a_text_that_is_not_canonical_is_reported(record: Database):
    text = column(record, "text", ARREST).replace('"data":{', '"data": {')
    change_event(record, ARREST, text=text, leaf_hash=leaf_hash(text))
    assert fault_in(record) == Fault("events", ARREST, "its text is not canonical")


def test_a_rehashed_text_is_detected_by_the_next_subtree_hashes(record: Database):
    text = column(record, "text", ARREST).replace('"count":2', '"count":3')
    change_event(record, ARREST, text=text, leaf_hash=leaf_hash(text))
    assert fault_in(record) == Fault("events", SEIZURE, "its subtree hashes do not match the log")


def test_a_changed_leaf_hash_is_reported(record: Database):
    change_event(record, SEIZURE, leaf_hash=hashlib.sha256(b"other").digest())
    assert fault_in(record).seq == SEIZURE


def test_a_changed_subtree_hash_is_reported(record: Database):
    change_event(record, SEIZURE, subtree_hashes=column(record, "subtree_hashes", SEIZURE)[32:])
    assert fault_in(record) == Fault("events", SEIZURE, "its subtree hashes do not match the log")


@pytest.mark.parametrize("other", [b"", b"\0" * 32, b"\0" * 64])
def test_a_changed_subtree_hash_across_blocks_is_reported(record: Database, other: bytes):
    change_event(record, SEIZURE, subtree_hashes=column(record, "subtree_hashes", SEIZURE)[:-32] + other)
    assert fault_in(record) == Fault("events", SEIZURE, "its subtree hashes do not match the log")


def test_a_superfluous_subtree_hash_is_reported(record: Database):
    change_event(record, ARREST, subtree_hashes=b"\0" * 32)
    assert fault_in(record).seq == ARREST


@pytest.mark.parametrize(
    "name", ["id", "type", "force", "corrects", "occurred_at", "occurred_on", "occurred_before", "recorded_at"]
)
def test_a_changed_column_is_reported(record: Database, name: str):
    other = column(record, name, 1 if name in ("id", "type", "force") else DAY_ONLY)
    if name in ("id", "corrects"):
        other = column(record, "id", SEIZURE) if name == "corrects" else type(other)(int=1)
    elif name.endswith(("_at", "_before")):
        other = column(record, "recorded_at", ARREST) + timedelta(seconds=1)
    change_event(record, ARREST, **{name: other})
    fault = fault_in(record)
    assert fault.seq == ARREST
    assert f"column {name}" in fault.detail


def test_an_unreadable_column_is_reported(sqlite_url: str):
    """SQLite stores any text in a column of moments; PostgreSQL stores only moments."""
    database = open_database(sqlite_url)
    recorded_live(database)
    tamper(database, sa.text(f"UPDATE events SET recorded_at = 'soon' WHERE seq = {SEIZURE}"))
    fault = fault_in(database)
    database.engine.dispose()
    assert (fault.table, fault.seq) == ("events", SEIZURE)
    assert "its column recorded_at is soon; its text says" in fault.detail


@pytest.mark.parametrize(("seq", "said"), [(1, "no such event"), (ARREST, "no such event"), (19, "the log holds 18")])
def test_a_removed_event_is_reported(record: Database, seq: int, said: str):
    tamper(record, events.delete().where(events.c.seq == seq))
    fault = fault_in(record)
    assert fault.seq == seq
    assert said in fault.detail


def test_a_second_opening_is_reported(record: Database):
    opening, arrest = json.loads(column(record, "text", 1)), json.loads(column(record, "text", ARREST))
    again = opening | {name: arrest[name] for name in ("id", "seq", "recorded_at")}
    text = rfc8785.dumps(again).decode()
    rewrite_log(record, lambda seq, kept: text if seq == ARREST else kept)
    change_event(record, ARREST, type="operation.opened", force=again["force"], occurred_at=None)
    assert fault_in(record) == Fault(
        "events", ARREST, "operation.opened must be the first event of the log, and only the first"
    )


def test_two_events_with_the_same_id_are_reported(postgres_url: str):
    """They can be made only after dropping the unique constraint as well."""
    record = open_database(postgres_url)
    recorded_live(record)
    tamper(record, sa.text("ALTER TABLE events DROP CONSTRAINT events_operation_id_id_key"))
    one, other = column(record, "id", ARREST), column(record, "id", 19)
    rewrite_log(record, lambda _seq, text: text.replace(str(other), str(one)))
    change_event(record, 19, id=one)
    fault = fault_in(record)
    record.engine.dispose()
    assert fault == Fault("events", None, "two events share an id, or correct the same version")


def test_a_log_truncated_with_its_head_is_detected_by_the_projections(record: Database):
    last = column(record, "recorded_at", 18)
    tamper(record, events.delete().where(events.c.seq == 19), heads.update().values(seq=18, recorded_at=last))
    assert fault_in(record) == Fault("entries", 19, "a stored row belongs to no event in the log")


def test_an_event_after_the_head_is_reported(record: Database):
    tamper(record, heads.update().values(seq=18))
    assert fault_in(record) == Fault("heads", 19, "the head says 18 events; the log holds 19")


def test_a_head_with_a_changed_time_is_reported(record: Database):
    tamper(record, heads.update().values(recorded_at=column(record, "recorded_at", 1)))
    assert fault_in(record).table == "heads"


def test_a_head_wrongly_marked_as_imported_is_reported(record: Database):
    tamper(record, heads.update().values(imported=True))
    assert fault_in(record).seq == 1


def test_a_row_with_seq_0_is_reported(record: Database):
    row = {name: column(record, name, ARREST) for name in events.c.keys()}  # noqa: SIM118 - it is not a dict
    tamper(record, events.insert().values(row | {"seq": 0, "id": uuid4()}))
    assert fault_in(record) == Fault("events", None, "1 rows are outside the numbering")


def test_a_log_rewritten_with_all_its_hashes_is_detected_by_the_projections(record: Database):
    rewrite_log(record, lambda seq, text: text.replace('"count":2', '"count":3') if seq == ARREST else text)
    assert fault_in(record) == Fault("entries", ARREST, "the stored rows differ from those derived from the event")


def test_a_log_rewritten_to_unknown_codes_is_a_fault_and_not_a_crash(record: Database):
    rewrite_log(record, lambda _seq, text: text.replace('"vehicles_stopped"', '"vehicles_imagined"'))
    fault = fault_in(record)
    assert (fault.table, fault.seq) == ("projections", None)
    assert "cannot be counted" in fault.detail


@pytest.mark.parametrize("seq", [SEIZURE, SEIZURE + 1], ids=["within a block", "at its start"])
def test_a_recorded_at_before_that_of_the_previous_event_is_reported(record: Database, seq: int):
    early = datetime(2023, 1, 1, tzinfo=UTC)
    late = format_instant(column(record, "recorded_at", seq))
    rewrite_log(
        record,
        lambda found, text: (
            text.replace(f'"recorded_at":"{late}"', '"recorded_at":"2023-01-01T00:00:00Z"') if found == seq else text
        ),
    )
    change_event(record, seq, recorded_at=early)
    fault = fault_in(record)
    assert fault.seq == seq
    assert "is before that of the previous event" in fault.detail


@pytest.mark.parametrize(
    ("table", "change", "found"),
    [
        (entries, {"quantity": 9}, "entries"),
        (entries, {"day": "2023-01-18"}, "entries"),
        (totals, {"quantity": 9}, "totals"),
        (totals, {"qualifier": "about"}, "totals"),
        (participants, {"force": "kent-2"}, "participants"),
        (declared_returns, {"status": "nil"}, "returns"),
    ],
)
def test_a_changed_projection_row_is_reported(record: Database, table: sa.Table, change: dict[str, Any], found: str):
    one = table.c.force == "surrey"
    if table is totals:
        one = sa.and_(one, table.c.measure == "weapons")
    tamper(record, table.update().where(one).values(**change))
    fault = fault_in(record)
    assert fault.table == found
    assert verify_projections(record, NAME) == fault
    assert (fault.seq is None) == (table is totals)


@pytest.mark.parametrize("table", [entries, totals, participants, declared_returns])
def test_removed_and_added_projection_rows_are_reported(record: Database, table: sa.Table):
    with record.reading() as connection:
        row = dict(connection.execute(sa.select(table).where(table.c.force == "surrey").limit(1)).mappings().one())
    one = sa.and_(*(table.c[key.name] == row[key.name] for key in table.primary_key))
    tamper(record, table.delete().where(one))
    assert fault_in(record).table == table.name.removeprefix("declared_")
    extra = row | ({"measure": "phones"} if table is totals else {"seq": 99})
    tamper(record, table.insert().values([row, extra]))
    assert fault_in(record).table == table.name.removeprefix("declared_")


def test_projections_of_another_version_are_not_compared(record: Database):
    tamper(record, heads.update().values(projection_version="entries=0"))
    assert "run oprecord projections rebuild" in fault_in(record).detail


def test_receipts_are_confirmed_or_reported(database: Database):
    _operation, receipts = recorded_live(database)
    kept = [receipt.as_json() for receipt in receipts]
    assert verify_receipts(database, NAME, kept).faults == []
    wrong = [
        kept[0] | {"root": kept[1]["root"]},
        kept[1],
        kept[2] | {"seq": 3},
        kept[3] | {"operation": "other"},
        {"id": str(uuid4())},
        {"id": 5},
        {},
    ]
    found = verify_receipts(database, NAME, wrong)
    assert found.checked == len(wrong)
    assert [fault.number for fault in found.faults] == [1, 3, 4, 5, 6, 7]
    assert "root: receipt" in found.faults[0].detail
    assert "seq: receipt 3" in found.faults[1].detail
    assert "has no event of this id" in found.faults[3].detail


def test_a_kept_receipt_exposes_a_log_rewritten_with_all_its_hashes(database: Database):
    """A receipt that a force kept differs even though every hash and projection was recomputed."""
    _operation, receipts = recorded_live(database)
    rewrite_log(database, lambda seq, text: text.replace('"count":2', '"count":3') if seq == ARREST else text)
    rebuild(database, NAME)
    assert verify_operation(database, NAME).fault is None
    faults = verify_receipts(database, NAME, [receipt.as_json() for receipt in receipts]).faults
    assert len(faults) == len(receipts)
    assert "leaf_hash" in faults[0].detail


def test_a_receipt_for_an_event_with_a_damaged_text_is_a_fault(database: Database):
    _operation, receipts = recorded_live(database)
    change_event(database, ARREST, text="{")
    change_event(database, SEIZURE, subtree_hashes=b"")
    faults = verify_receipts(database, NAME, [receipt.as_json() for receipt in receipts[:2]]).faults
    assert [fault.number for fault in faults] == [1, 2]
