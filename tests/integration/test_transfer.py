"""An exported log is imported elsewhere unchanged; an import that is not exact is refused with its line number."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rfc8785
import sqlalchemy as sa

from service.eventlog.head import UnknownOperation, read_head
from service.eventlog.table import events
from service.projections.entries import entries
from service.projections.totals import totals
from service.storage.db import Database, open_database
from service.usecases.maintenance import log_lines, transfer
from service.usecases.maintenance.log_lines import LineRefused
from service.usecases.maintenance.transfer import (
    LogHasGap,
    NothingToImport,
    RootDiffers,
    export_operation,
    import_operation,
)
from service.usecases.maintenance.verify import verify_operation
from service.usecases.recording.operations import OperationExists
from tests.databases import database as temporary_database
from tests.factories.logs import recorded_live, recorded_seed
from tests.factories.operations import NAME, OpenedOperation
from tests.factories.reports import ArrestRecordedFactory

# In the live log: line 7 is an arrest, 10 an amendment, 11 a force.joined, 13 the correction of 7.
ARREST, AMENDED, JOINED, CORRECTION, LAST = 7, 10, 11, 13, 19
Lines = list[bytes]


@pytest.fixture
def empty_database(sqlite_url: str) -> Iterator[Database]:
    """Return a second database to import into."""
    database = open_database(sqlite_url)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def exported(postgres_server_url: str, postgres_template: str) -> tuple[bytes, ...]:
    """Return the lines of the exported live log, which the tests share: it is recorded and exported once."""
    with temporary_database(postgres_server_url, template=postgres_template) as url:
        database = open_database(url)
        recorded_live(database)
        lines = exported_lines(database, NAME)
        database.engine.dispose()
    return tuple(lines)


@pytest.fixture
def lines(exported: tuple[bytes, ...]) -> Lines:
    """Return the lines of the exported live log, as a list of the test's own."""
    return list(exported)


def exported_lines(database: Database, operation: str) -> Lines:
    return [text.encode() + b"\n" for text in export_operation(database, operation).texts]


def edited(line: bytes, **changes: Any) -> bytes:
    """Return a line in canonical form with some top-level members changed; None removes a member."""
    row = json.loads(line) | changes
    return rfc8785.dumps({name: value for name, value in row.items() if value is not None}) + b"\n"


def projected(database: Database, table: sa.Table, operation: str) -> list[Any]:
    columns = [column for column in table.c if column.name != "generation"]
    statement = sa.select(*columns).where(table.c.operation_id == operation).order_by(*columns)
    with database.reading() as connection:
        return list(connection.execute(statement).all())


def refusal(database: Database, lines: Lines) -> LineRefused:
    with pytest.raises(LineRefused) as refused:
        import_operation(database, lines)
    with database.reading() as connection:
        assert read_head(connection, NAME) is None, "an import is all or nothing"
    return refused.value


@pytest.mark.parametrize("record", [recorded_seed, lambda database: recorded_live(database)[0]], ids=["seed", "live"])
@pytest.mark.parametrize("way", ["sqlite to postgresql", "postgresql to sqlite"])
def test_an_imported_log_equals_the_exported_one(
    sqlite_url: str, postgres_url: str, record: Callable[[Database], OpenedOperation], way: str
):
    urls = [sqlite_url, postgres_url] if way.startswith("sqlite") else [postgres_url, sqlite_url]
    source, target = map(open_database, urls)
    name = record(source).name
    taken_out = exported_lines(source, name)
    before = verify_operation(source, name)
    imported = import_operation(target, taken_out, expected_root=before.root.upper())
    after = verify_operation(target, name)
    assert imported.root == after.root == before.root
    assert imported.size == len(taken_out)
    assert after == before
    assert exported_lines(target, name) == taken_out
    for table in (entries, totals):
        assert projected(target, table, name) == projected(source, table, name)
    source.engine.dispose()
    target.engine.dispose()


def test_page_and_run_lengths_do_not_change_the_import(lines: Lines, empty_database: Database, monkeypatch):
    monkeypatch.setattr(transfer, "LINES_IN_ONE_PAGE", 3)
    monkeypatch.setattr(log_lines, "MAX_RUN_LINES", 4)
    import_operation(empty_database, lines)
    assert exported_lines(empty_database, NAME) == lines
    assert verify_operation(empty_database, NAME).fault is None


def test_lines_are_read_in_runs_and_an_amendment_starts_a_new_run(lines: Lines, monkeypatch):
    monkeypatch.setattr(log_lines, "MAX_RUN_LINES", 4)
    numbers = [[line.number for line in run] for run in log_lines.runs(log_lines.read_lines(lines))]
    assert [run[0] for run in numbers] == [1, 5, 9, AMENDED, 14, 18]
    assert list(itertools.chain.from_iterable(numbers)) == list(range(1, LAST + 1))


def test_an_export_ends_at_the_head_it_started_with(database: Database):
    operation, _receipts = recorded_live(database)
    texts = export_operation(database, NAME).texts
    next(texts)
    operation.record(ArrestRecordedFactory())
    assert len(list(texts)) == LAST - 1


def test_an_imported_live_log_accepts_new_events(lines: Lines, empty_database: Database):
    import_operation(empty_database, lines)
    operation = OpenedOperation(empty_database, NAME)
    assert operation.record(ArrestRecordedFactory()).seq == LAST + 1
    assert operation.difference() is None


def test_a_last_line_without_a_newline_is_accepted(lines: Lines, empty_database: Database):
    import_operation(empty_database, [*lines[:-1], lines[-1].rstrip(b"\n")])
    assert exported_lines(empty_database, NAME) == lines


def test_importing_an_existing_operation_is_refused(lines: Lines, empty_database: Database):
    import_operation(empty_database, lines)
    with pytest.raises(OperationExists):
        import_operation(empty_database, lines)
    assert exported_lines(empty_database, NAME) == lines


def test_an_empty_import_is_refused(empty_database: Database):
    with pytest.raises(NothingToImport):
        import_operation(empty_database, [])


def test_a_truncated_log_is_refused_by_its_root(lines: Lines, empty_database: Database):
    root = import_operation(empty_database, edited_name(lines, "whole")).root
    with pytest.raises(RootDiffers):
        import_operation(empty_database, lines[:-1], expected_root=root)
    with pytest.raises(UnknownOperation):
        export_operation(empty_database, NAME)


def opened_again(lines: Lines) -> bytes:
    """Return the opening again, as a separate event after the arrest."""
    recorded_at = json.loads(lines[ARREST - 1])["recorded_at"]
    return edited(lines[0], id="00000000-0000-4000-8000-000000000001", seq=ARREST + 1, recorded_at=recorded_at)


def edited_name(lines: Lines, operation: str) -> Lines:
    return [edited(line, operation=operation) for line in lines]


@pytest.mark.parametrize(
    ("line", "other", "cause"),
    [
        (ARREST, b"\n", "not_json"),
        (ARREST, b"null\n", "not_as_recorded"),
        (ARREST, b'{"id":\n', "not_json"),
        (ARREST, b"\xff\n", "not_json"),
        (ARREST, b"[" * 100_000, "not_json"),
        (ARREST, b'{"id":1,"id":2}\n', "json_trap"),
        (ARREST, b'{"id":NaN}\n', "json_trap"),
        (ARREST, b"{}\n", "wrong_fields"),
    ],
    ids=range(8),
)
def test_a_line_that_is_not_an_event_is_refused_with_its_number(
    lines: Lines, empty_database: Database, line: int, other: bytes, cause: str
):
    lines[line - 1] = other
    error = refusal(empty_database, lines)
    assert error.members == {"line": line, "cause": cause}
    assert error.detail.startswith(f"Line {line}: ")


@pytest.mark.parametrize(
    "seq", [2**53, 2**63, 2**64, 10**400, -(2**64)], ids=["2**53", "2**63", "2**64", "huge", "less"]
)
def test_a_number_beyond_those_of_any_log_is_refused(lines: Lines, empty_database: Database, seq: int):
    lines[ARREST - 1] = lines[ARREST - 1].replace(b'"seq":7', f'"seq":{seq}'.encode())
    assert refusal(empty_database, lines).members == {"line": ARREST, "cause": "not_as_recorded"}


@pytest.mark.parametrize("line", [1, JOINED])
def test_an_event_that_lacks_its_data_is_refused_there(lines: Lines, empty_database: Database, line: int):
    lines[line - 1] = edited(lines[line - 1], data=None)
    error = refusal(empty_database, lines)
    assert error.members == {"line": line, "cause": "wrong_fields"}
    assert [one.pointer for one in error.errors] == ["/data"]


@pytest.mark.parametrize(
    ("line", "changes", "cause"),
    [
        (1, {"operation": "Lantern"}, "not_as_recorded"),
        (1, {"operation": None}, "not_as_recorded"),
        (1, {"operation": "ab12cde"}, "looks_personal"),
        (1, {"data": None}, "wrong_fields"),
        (1, {"seq": 0}, "not_as_recorded"),
        (1, {"seq": True}, "not_as_recorded"),
        (1, {"seq": 2}, "not_as_recorded"),
        (1, {"recorded_by": {"force": "surrey", "role": "coordinator"}}, "not_coordinator"),
        (1, {"force": "surrey"}, "not_your_force"),
        (AMENDED, {"force": "surrey"}, "not_your_force"),
        (ARREST, {"operation": "other"}, "not_as_recorded"),
        (ARREST, {"seq": True}, "not_as_recorded"),
        (ARREST, {"seq": "7"}, "not_as_recorded"),
        (ARREST, {"seq": 8}, "not_as_recorded"),
        (ARREST, {"recorded_at": None}, "not_as_recorded"),
        (ARREST, {"recorded_at": 5}, "not_as_recorded"),
        (ARREST, {"recorded_at": "2023-01-01T00:00:00Z"}, "recorded_at_out_of_order"),
        (ARREST, {"recorded_at": "2199-01-01T00:00:00Z"}, "recorded_at_out_of_order"),
        (ARREST, {"recorded_by": None}, "not_as_recorded"),
        (ARREST, {"recorded_by": {"force": "surrey", "role": "observer"}}, "not_as_recorded"),
        (ARREST, {"recorded_by": {"force": "surrey", "role": "force", "name": "x"}}, "not_as_recorded"),
        (ARREST, {"recorded_by": {"force": "kent", "role": "force"}}, "not_your_force"),
        (ARREST, {"recorded_by": {"force": "kent", "role": "coordinator"}}, "not_your_force"),
        (ARREST, {"note": "x"}, "wrong_fields"),
        (ARREST, {"place": "m4"}, "unknown_code"),
        (ARREST, {"place": ""}, "wrong_fields"),
        (ARREST, {"assisting": []}, "not_as_recorded"),
        (ARREST, {"data": {"reason": "knife", "count": 1}}, "not_as_recorded"),
        (ARREST, {"data": {"reason": "knife", "count": 2.5}}, "wrong_fields"),
        (ARREST, {"force": "essex"}, "not_your_force"),
        (ARREST, {"occurred_at": "2023-01-17T21:40:00.000Z"}, "not_as_recorded"),
        (ARREST, {"occurred_at": "2023-02-17T21:40:00Z"}, "outside_operation"),
        (AMENDED, {"data": {"starts_at": "2023-01-18T00:00:00Z"}}, "standing_event_outside"),
        (JOINED, {"data": {"force": "sussex"}}, "not_as_recorded"),
        (JOINED, {"data": {"force": "surrey", "kind": "territorial", "name": "Surrey Police"}}, "already_joined"),
        (JOINED, {"type": "force.left", "data": {"force": "surrey"}}, "force_has_recorded"),
        (CORRECTION, {"corrects": "00000000-0000-4000-8000-000000000000"}, "unknown_event"),
        (CORRECTION, {"corrects": None, "correction_reason": None, "id": "repeated"}, "content_differs"),
        (LAST, {"data": {"reason": "boredom"}}, "unknown_code"),
    ],
    ids=range(39),
)
def test_a_line_that_could_not_have_been_recorded_is_refused_with_its_number(
    lines: Lines, empty_database: Database, line: int, changes: dict[str, Any], cause: str
):
    if changes.get("id") == "repeated":
        changes = changes | {"id": json.loads(lines[ARREST - 1])["id"]}
    lines[line - 1] = edited(lines[line - 1], **changes)
    assert refusal(empty_database, lines).members == {"line": line, "cause": cause}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines[:6], *lines[7:]], ARREST),
        (lambda lines: [*lines[:7], lines[6], *lines[7:]], ARREST + 1),
        (lambda lines: [*lines[:7], opened_again(lines), *lines[7:]], ARREST + 1),
        (lambda lines: [*lines[:6], lines[7], lines[6], *lines[8:]], ARREST),
        (lambda lines: [*lines, b"\n"], LAST + 1),
        (lambda lines: [*lines[:6], lines[6].replace(b"\n", b"\r\n"), *lines[7:]], ARREST),
        (lambda lines: [*lines[:6], lines[6].replace(b'"data":{', b'"data": {'), *lines[7:]], ARREST),
        (lambda lines: [*lines[:6], b"\xef\xbb\xbf" + lines[6], *lines[7:]], ARREST),
    ],
    ids=["no-opening", "gap", "twice", "opened-twice", "swapped", "blank", "crlf", "extra-space", "byte-order-mark"],
)
def test_a_missing_misplaced_or_altered_line_is_refused_with_its_number(
    lines: Lines, empty_database: Database, change: Callable[[Lines], Lines], line: int, monkeypatch
):
    monkeypatch.setattr(log_lines, "MAX_RUN_LINES", 5)
    assert refusal(empty_database, change(lines)).members["line"] == line


def test_an_exact_repeat_of_an_event_is_refused(lines: Lines, empty_database: Database):
    repeat = edited(lines[ARREST - 1], seq=LAST + 1, recorded_at=json.loads(lines[-1])["recorded_at"])
    error = refusal(empty_database, [*lines, repeat])
    assert error.members["line"] == LAST + 1
    assert f"Duplicate of the event at seq {ARREST}." in error.detail


def test_exporting_an_unknown_operation_is_refused(empty_database: Database):
    with pytest.raises(UnknownOperation):
        export_operation(empty_database, "nowhere")


@pytest.mark.parametrize("seq", [1, 5, LAST])
def test_exporting_a_log_with_a_gap_is_refused(database: Database, seq: int):
    recorded_live(database)
    with database.writing() as connection:
        on_table = "" if database.is_sqlite else " ON events"
        for trigger in ("events_no_delete", "events_no_update_or_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}{on_table}")
        connection.execute(events.delete().where(events.c.seq == seq))
    with pytest.raises(LogHasGap, match=f"seq {seq}"):
        list(export_operation(database, NAME).texts)
