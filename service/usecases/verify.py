"""Verifying an operation: all that is stored about it is computed again from the texts of its events, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from service.db import Database
from service.errors import RecordError
from service.eventlog.check_log import UNREADABLE, CheckedLog, Fault, check_log
from service.eventlog.head import Head, existing_head
from service.eventlog.table import heads
from service.projections import registry
from service.projections.rebuild import Progress, compare, no_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, by table in rows, and what was found. `root` is computed anew; empty if the log is at fault."""

    operation: str
    checked: Mapping[str, int]
    root: str
    fault: Fault | None


def verify_operation(database: Database, operation: str, progress: Progress = no_progress) -> Verification:
    """Compute an operation's hashes, columns and projections again, in one snapshot and with bounded memory.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.snapshot() as connection:
        head = existing_head(connection, operation)
        log = CheckedLog(head)
        fault = check_log(connection, log, lambda done: progress(done, 2 * head.seq))
        root = "" if fault else log.tree.root().hex()
        fault = fault or _fault_in_projections(connection, head, lambda done, size: progress(size + done, 2 * size))
        checked = {"events": log.tree.size, **_projected_rows(connection, head)}
        return Verification(operation=operation, checked=checked, root=root, fault=fault)


def verify_projections(database: Database, operation: str, progress: Progress = no_progress) -> Fault | None:
    """Compute an operation's projections again from its log; return the first fault, None if all agree.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.snapshot() as connection:
        return _fault_in_projections(connection, existing_head(connection, operation), progress)


def list_heads(database: Database) -> list[Head]:
    """Return the heads of all operations, by name."""
    with database.snapshot() as connection:
        names = connection.scalars(sa.select(heads.c.operation_id).order_by(heads.c.operation_id)).all()
        return [existing_head(connection, name) for name in names]


def _fault_in_projections(connection: sa.Connection, head: Head, progress: Progress) -> Fault | None:
    if head.projection_version != registry.VERSION:
        detail = f"built as {head.projection_version}, not as {registry.VERSION}: run oprecord projections rebuild"
        return Fault("projections", None, detail)
    compared = 0

    def note(done: int, size: int) -> None:
        nonlocal compared
        compared = done
        progress(done, size)

    try:
        difference = compare(connection, head, note)
    except (*UNREADABLE, RecordError) as error:
        return Fault("projections", None, f"an event after seq {compared} cannot be counted: {error!r}")
    return None if difference is None else Fault(difference.projection, difference.seq, difference.detail)


def _projected_rows(connection: sa.Connection, head: Head) -> dict[str, int]:
    """Return how many rows the live generation of each projection has."""
    found = {}
    for table in registry.TABLES:
        mine = (table.c.operation_id == head.operation, table.c.generation == head.generation)
        found[table.name] = connection.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one()
    return found
