"""Verification of an operation: everything stored about it is recomputed from the texts of its events and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from service.domain.model.events import FiguresPublished
from service.eventlog import read
from service.eventlog.check_block import Fault
from service.eventlog.check_log import CheckedLog, counted_rows
from service.eventlog.head import Head, existing_head
from service.eventlog.table import heads
from service.projections import registry
from service.projections.compare import difference_beyond_runs
from service.storage.db import Database
from service.usecases.maintenance.rebuild import Progress, no_progress
from service.usecases.maintenance.verify_blocks import as_fault, check_piece, compare_piece, outdated, verified_blocks
from service.usecases.querying.publications import publication_fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The number of rows checked, by table, and the first fault. `root` is recomputed; empty if the log has a fault."""

    operation: str
    checked: Mapping[str, int]
    root: str
    fault: Fault | None


def verify_operation(database: Database, operation: str, progress: Progress = no_progress) -> Verification:
    """Recompute an operation's hashes, columns, projections and publications, in one transaction.

    Memory is bounded, except by the largest publication.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.reading() as connection:
        head = existing_head(connection, operation)
        log, wrong = CheckedLog(head), None
        blocks = verified_blocks(database, connection, head, check_piece)
        # Queried here, so that the database works on these while other processes check the blocks.
        beyond, projected = _fault_beyond_blocks(connection, head), _projected_rows(connection, head)
        counted = counted_rows(connection, head)
        for block in blocks:
            assert block.log is not None
            wrong = wrong or block.fault
            if fault := log.add(block.log):
                break
            progress(block.last, head.seq)
        else:
            fault = log.fault_at_end(connection, counted)
        root = "" if fault else log.root().hex()
        fault = fault or outdated(head) or wrong or beyond or _fault_in_publications(connection, database, head)
        checked = {"events": log.size, **projected}
        return Verification(operation=operation, checked=checked, root=root, fault=fault)


def verify_projections(database: Database, operation: str, progress: Progress = no_progress) -> Fault | None:
    """Recompute an operation's projections from its log; return the first fault, None if all agree.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.reading() as connection:
        head = existing_head(connection, operation)
        if fault := outdated(head):
            return fault
        for block in verified_blocks(database, connection, head, compare_piece):
            if block.fault:
                return block.fault
            progress(block.last, head.seq)
        return _fault_beyond_blocks(connection, head)


def list_heads(database: Database) -> list[Head]:
    """Return the heads of all operations, by name."""
    with database.reading() as connection:
        names = connection.scalars(sa.select(heads.c.operation_id).order_by(heads.c.operation_id)).all()
        return [existing_head(connection, name) for name in names]


def _fault_beyond_blocks(connection: sa.Connection, head: Head) -> Fault | None:
    return as_fault(difference_beyond_runs(connection, head))


def _fault_in_publications(connection: sa.Connection, database: Database, head: Head) -> Fault | None:
    """Return the fault of the first publication that the log before it does not add up to."""
    found = read.events_of_type(connection, head.operation, FiguresPublished.wire_type)
    for number, recorded in enumerate(found, start=1):
        if detail := publication_fault(connection, database, head, recorded, number):
            return Fault("publications", recorded.seq, f"publication {number}: {detail}")
    return None


def _projected_rows(connection: sa.Connection, head: Head) -> dict[str, int]:
    """Return the number of rows in the live generation of each projection."""
    found = {}
    for table in registry.TABLES:
        mine = (table.c.operation_id == head.operation, table.c.generation == head.generation)
        found[table.name] = connection.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one()
    return found
