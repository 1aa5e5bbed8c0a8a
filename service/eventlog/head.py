"""The head row of a log: its size, the recorded_at of its last event, and the head lock that every append holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from service.errors import NotFound
from service.eventlog.table import heads
from service.storage.db import insert_into
from service.storage.writes import Writes

# Any number, the same in every version; another than that of migrations.
PARTS_LOCK = 7_020_230_118
BEFORE_EVERYTHING = datetime(1900, 1, 1, tzinfo=UTC)

BY_NAME = sa.select(heads).where(heads.c.operation_id == sa.bindparam("name"))
LOCKED = BY_NAME.with_for_update()
SHARED = BY_NAME.with_for_update(read=True)
COLUMNS = [column.name for column in heads.columns]


class UnknownOperation(NotFound):
    """There is no operation of this name that the credential may see."""

    code = "unknown_operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a log: its size, the recorded_at of its last event, and the live generation of its projections.

    `snapshot_every` is the interval of that generation's totals snapshots, in seqs; None stores none.
    """

    operation: str
    seq: int
    recorded_at: datetime
    imported: bool
    generation: int
    projection_version: str
    snapshot_every: int | None


def begin_log(
    connection: sa.Connection, operation: str, *, imported: bool, projection_version: str, snapshot_every: int
) -> Head:
    """Insert the head row of a new, empty log unless it exists; lock and return it. A seq above 0 means it existed."""
    row = {
        "operation_id": operation,
        "seq": 0,
        "recorded_at": BEFORE_EVERYTHING,
        "imported": imported,
        "generation": 1,
        "last_generation": 1,
        "projection_version": projection_version,
        "snapshot_every": snapshot_every,
    }
    connection.execute(insert_into(connection, heads).values(row).on_conflict_do_nothing())
    head = lock_head(connection, operation)
    assert head is not None, "the row was just inserted, or existed"
    return head


def lock_head(connection: sa.Connection, operation: str) -> Head | None:
    """Lock the operation's head row until the transaction ends, and return it; None if there is no such operation.

    The lock is a separate statement: one that also read the log would use a snapshot from before it waited for the
    lock, and miss the commit of the previous holder. On SQLite, BEGIN IMMEDIATE is the lock.
    """
    return _head(connection, LOCKED, operation)


def lock_parts(connection: sa.Connection) -> None:
    """Let no other transaction change which operations are parts of which, or how large they are, until this one ends.

    Whoever holds it locks no further head, so nobody waits in a circle. On SQLite, BEGIN IMMEDIATE is the lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PARTS_LOCK)))


def lock_statement(_dialect: str) -> sa.Select[Any]:
    """Return the statement that locks the head of `name`, for `head_of`."""
    return LOCKED


def head_of(rows: Sequence[tuple[Any, ...]]) -> Head | None:
    """Return the head from the result of `lock_statement`; None if the operation does not exist."""
    return as_head(dict(zip(COLUMNS, rows[0], strict=True))) if rows else None


def as_head(row: Mapping[Any, Any] | None) -> Head | None:
    """Return a row of `heads` as a Head."""
    if row is None:
        return None
    return Head(
        operation=row["operation_id"],
        seq=row["seq"],
        recorded_at=row["recorded_at"],
        imported=row["imported"],
        generation=row["generation"],
        projection_version=row["projection_version"],
        snapshot_every=row["snapshot_every"],
    )


def read_head(connection: sa.Connection, operation: str) -> Head | None:
    """Return the operation's head as this transaction sees it, without a lock; None if there is no such operation."""
    return _head(connection, BY_NAME, operation)


def existing_head(connection: sa.Connection, operation: str) -> Head:
    """Return the operation's head.

    Raises:
        UnknownOperation: there is no such operation.
    """
    return require_head(read_head(connection, operation), operation)


def require_head(head: Head | None, operation: str) -> Head:
    """Return the head if it is not None.

    Raises:
        UnknownOperation: the head is None.
    """
    if head is None:
        raise UnknownOperation(f"There is no operation {operation!r}.")
    return head


def newest_moment(connection: sa.Connection) -> datetime:
    """Return the recorded_at of the newest event of all logs; BEFORE_EVERYTHING if there is none."""
    found: datetime | None = connection.scalar(sa.select(sa.func.max(heads.c.recorded_at)))
    return found or BEFORE_EVERYTHING


def share_head(connection: sa.Connection, operation: str) -> Head | None:
    """Return the operation's head under a share lock, so that it does not move until the transaction ends."""
    return _head(connection, SHARED, operation)


def move_head(writes: Writes, operation: str, *, seq: int, recorded_at: datetime) -> None:
    """Add the write that moves the locked head to the last appended event."""
    writes.execute(_moved, {"name": operation, "last_seq": seq, "last_recorded_at": recorded_at})


def _moved(_dialect: str) -> sa.Update:
    by_name = heads.c.operation_id == sa.bindparam("name")
    return (
        heads.update().where(by_name).values(seq=sa.bindparam("last_seq"), recorded_at=sa.bindparam("last_recorded_at"))
    )


def _head(connection: sa.Connection, statement: sa.Select[Any], operation: str) -> Head | None:
    return as_head(connection.execute(statement, {"name": operation}).mappings().one_or_none())
