"""Verifying an operation: all that is stored about it is computed again from the texts of its events, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from service.db import Database
from service.domain.events import RecordedEvent
from service.errors import RecordError
from service.eventlog import read
from service.eventlog.check_block import EVENTS_IN_ONE_BLOCK, UNREADABLE, CheckedBlock, Fault, check_block
from service.eventlog.check_log import CheckedLog
from service.eventlog.codec import recorded_from_text
from service.eventlog.head import Head, existing_head
from service.eventlog.table import heads
from service.processes import in_order
from service.projections import registry
from service.projections.compare import Difference, difference_beyond_runs, difference_in_run
from service.projections.rebuild import Progress, no_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, by table in rows, and what was found. `root` is computed anew; empty if the log is at fault."""

    operation: str
    checked: Mapping[str, int]
    root: str
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class _Block:
    """What was found in a block of a log: by checking it, if it was, and in the projections of its events."""

    last: int
    log: CheckedBlock | None
    fault: Fault | None


Check = Callable[[sa.Connection, Head, int], _Block]


def verify_operation(database: Database, operation: str, progress: Progress = no_progress) -> Verification:
    """Compute an operation's hashes, columns and projections again, in one snapshot and with bounded memory.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.snapshot() as connection:
        head = existing_head(connection, operation)
        log, wrong = CheckedLog(head), None
        blocks = _blocks(database, connection, head, _check_block)
        # Asked now, the database answers while other processes work on the blocks.
        beyond, rows = _fault_beyond_blocks(connection, head), _projected_rows(connection, head)
        for block in blocks:
            assert block.log is not None
            wrong = wrong or block.fault
            if fault := log.add(block.log):
                break
            progress(block.last, head.seq)
        else:
            fault = log.fault_at_end(connection)
        root = "" if fault else log.root().hex()
        fault = fault or _outdated(head) or wrong or beyond
        checked = {"events": log.size, **rows}
        return Verification(operation=operation, checked=checked, root=root, fault=fault)


def verify_projections(database: Database, operation: str, progress: Progress = no_progress) -> Fault | None:
    """Compute an operation's projections again from its log; return the first fault, None if all agree.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.snapshot() as connection:
        head = existing_head(connection, operation)
        if fault := _outdated(head):
            return fault
        for block in _blocks(database, connection, head, _compare_block):
            if block.fault:
                return block.fault
            progress(block.last, head.seq)
        return _fault_beyond_blocks(connection, head)


def list_heads(database: Database) -> list[Head]:
    """Return the heads of all operations, by name."""
    with database.snapshot() as connection:
        names = connection.scalars(sa.select(heads.c.operation_id).order_by(heads.c.operation_id)).all()
        return [existing_head(connection, name) for name in names]


def _blocks(database: Database, connection: sa.Connection, head: Head, check: Check) -> Iterator[_Block]:
    """Yield what is found in each block. SQLite cannot share a snapshot with another process."""
    firsts = range(1, head.seq + 1, EVENTS_IN_ONE_BLOCK)
    if database.is_sqlite:
        return (check(connection, head, first) for first in firsts)
    snapshot: str = connection.execute(sa.select(sa.func.pg_export_snapshot())).scalar_one()
    return in_order(database, partial(_in_snapshot, check, snapshot, head), firsts)


def _in_snapshot(check: Check, snapshot: str, head: Head, database: Database, first: int) -> _Block:
    with database.snapshot() as connection:
        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return check(connection, head, first)


def _check_block(connection: sa.Connection, head: Head, first: int) -> _Block:
    log, recorded = check_block(connection, head, first)
    fault = None if log.fault or _outdated(head) else _fault_in_projections(connection, head, recorded, first)
    return _Block(first + len(recorded) - 1, log, fault)


def _compare_block(connection: sa.Connection, head: Head, first: int) -> _Block:
    last = min(first + EVENTS_IN_ONE_BLOCK - 1, head.seq)
    texts = read.page(connection, head.operation, after=first - 1, up_to=last, limit=EVENTS_IN_ONE_BLOCK)
    try:
        recorded = [recorded_from_text(text) for _seq, _force, text in texts]
    except UNREADABLE as error:
        return _Block(last, None, _uncountable(first, error))
    return _Block(last, None, _fault_in_projections(connection, head, recorded, first))


def _outdated(head: Head) -> Fault | None:
    if head.projection_version == registry.VERSION:
        return None
    detail = f"built as {head.projection_version}, not as {registry.VERSION}: run oprecord projections rebuild"
    return Fault("projections", None, detail)


def _fault_in_projections(
    connection: sa.Connection, head: Head, recorded: Sequence[RecordedEvent], first: int
) -> Fault | None:
    try:
        return _as_fault(difference_in_run(connection, head, recorded))
    except (*UNREADABLE, RecordError) as error:
        return _uncountable(first, error)


def _fault_beyond_blocks(connection: sa.Connection, head: Head) -> Fault | None:
    return _as_fault(difference_beyond_runs(connection, head))


def _uncountable(first: int, error: Exception) -> Fault:
    return Fault("projections", None, f"an event after seq {first - 1} cannot be counted: {error!r}")


def _as_fault(difference: Difference | None) -> Fault | None:
    return None if difference is None else Fault(difference.projection, difference.seq, difference.detail)


def _projected_rows(connection: sa.Connection, head: Head) -> dict[str, int]:
    """Return how many rows the live generation of each projection has."""
    found = {}
    for table in registry.TABLES:
        mine = (table.c.operation_id == head.operation, table.c.generation == head.generation)
        found[table.name] = connection.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one()
    return found
