"""Log positions: an operation, and each of its parts once, as of one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.domain.operation import Operation
from service.errors import Unavailable
from service.eventlog import read
from service.eventlog.head import Head, read_head
from service.usecases.visibility import operation_at

ReadHead = Callable[[sa.Connection, str], Head | None]


class PartNotHere(Unavailable):
    """A part of the operation is not in this database, so nothing can be said of the whole: import the part too."""

    code = "part_not_here"


@dataclass(frozen=True, slots=True)
class Position:
    """An operation as it was at a seq. `begun_by` is the moment by which its days had begun; `root` is the tree's."""

    head: Head
    operation: Operation
    seq: int
    recorded_at: datetime
    begun_by: datetime
    root: str


def positions(
    connection: sa.Connection,
    operation: str,
    *,
    begun_by: datetime | None,
    seqs: Mapping[str, int] | None = None,
    read_part: ReadHead = read_head,
) -> list[Position]:
    """Return the positions of an operation and of its parts, each once however it is reached, the operation first.

    `seqs` gives the seq of each as of a past moment; without it, the heads as this transaction sees them. `begun_by`
    None: days count that had begun when the seq was recorded. `read_part` reads the head of a part, locked or not.

    Raises:
        PartNotHere: the whole was imported without one of its parts.
    """
    found: dict[str, Position] = {}
    waiting = [operation]
    while waiting:
        name = waiting.pop(0)
        if name in found or (seqs is not None and name not in seqs):
            continue
        head = require_part((read_part if found else read_head)(connection, name), name)
        found[name] = position_of(connection, head, head.seq if seqs is None else seqs[name], begun_by)
        waiting += found[name].operation.parts
    return list(found.values())


def require_part(head: Head | None, name: str) -> Head:
    """Return the head of a part.

    Raises:
        PartNotHere: there is none.
    """
    if head is None:
        raise PartNotHere(f"The part {name} is not in this database: import its log too.")
    return head


def position_of(connection: sa.Connection, head: Head, seq: int, begun_by: datetime | None) -> Position:
    """Return the position of one operation at a seq."""
    recorded_at = read.recorded_at(connection, head.operation, seq)
    return Position(
        head=head,
        operation=operation_at(connection, head, seq),
        seq=seq,
        recorded_at=recorded_at,
        begun_by=begun_by or recorded_at,
        root=read.tree_at(connection, head.operation, seq).root().hex(),
    )
