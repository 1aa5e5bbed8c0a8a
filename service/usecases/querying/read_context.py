"""Reading an operation: in one read transaction, for a credential that may know of it, at positions in logs.

Every use case that reads an operation begins with `read_context`, so that its whole answer is true at one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.model.operation import Operation
from service.errors import Unavailable
from service.eventlog import read
from service.eventlog.head import Head, read_head
from service.eventlog.known_logs import known_logs, state_at
from service.storage.db import Database
from service.usecases.querying.visibility import coordinates, require_visible

ReadHead = Callable[[sa.Connection, str], Head | None]


class PartNotHere(Unavailable):
    """A part of the operation is not in this database, so the whole cannot be read: import the part too."""

    code = "part_not_here"


@dataclass(frozen=True, slots=True)
class Position:
    """The position that an answer is true at: an operation at a seq, with the root of its tree at that size.

    Days count if they had begun by `begun_by`.
    """

    head: Head
    operation: Operation
    seq: int
    recorded_at: datetime
    begun_by: datetime
    root: str


class ReadContext(NamedTuple):
    """An operation as one transaction sees it, for a credential that may know of it. `operation` is as of `head`."""

    connection: sa.Connection
    database: Database
    credential: Credential
    head: Head
    operation: Operation

    @property
    def is_coordinator(self) -> bool:
        """Whether the credential belongs to a coordinator of the lead force."""
        return coordinates(self.credential, self.operation)

    def of(self, operation: str) -> ReadContext:
        """Return the context of another operation in this transaction.

        Raises:
            UnknownOperation: there is no such operation, or the credential may not know of it.
        """
        return visible_context(self.connection, self.database, operation, self.credential)

    def positions(self, *, begun_by: datetime | None = None, seqs: Mapping[str, int] | None = None) -> list[Position]:
        """Return the positions of the operation and its parts, as the function `positions` does.

        Raises:
            PartNotHere: the whole was imported without one of its parts.
        """
        return positions(self.connection, self.database, self.head, begun_by=begun_by, seqs=seqs)


@contextmanager
def read_context(database: Database, operation: str, credential: Credential) -> Iterator[ReadContext]:
    """Begin a read transaction; yield the context of an operation in it.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        DatabaseBusy: the database did not answer.
    """
    with database.reading() as connection:
        yield visible_context(connection, database, operation, credential)


def visible_context(
    connection: sa.Connection, database: Database, operation: str, credential: Credential
) -> ReadContext:
    """Return the context of an operation in an open transaction.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    head = read_head(connection, operation)
    state = state_at(connection, database, head)
    return ReadContext(connection, database, credential, *require_visible(operation, credential, head, state))


def positions(
    connection: sa.Connection,
    database: Database,
    head: Head,
    *,
    begun_by: datetime | None = None,
    seqs: Mapping[str, int] | None = None,
    read_part: ReadHead = read_head,
) -> list[Position]:
    """Return the positions of an operation and of its parts, each once however it is reached, the operation first.

    `seqs` has the seq of each operation as of a past moment; without it, positions are at the heads that this
    transaction sees. Without `begun_by`, days count if they had begun when the seq was recorded. `read_part` reads the
    head of a part, with or without a lock.

    Raises:
        PartNotHere: the whole was imported without one of its parts.
    """
    found: dict[str, Position] = {}
    waiting = [head.operation]
    while waiting:
        name = waiting.pop(0)
        if name in found or (seqs is not None and name not in seqs):
            continue
        current = require_part(read_part(connection, name), name) if found else head
        found[name] = _position(connection, database, current, current.seq if seqs is None else seqs[name], begun_by)
        waiting += found[name].operation.parts
    return list(found.values())


def require_part(head: Head | None, name: str) -> Head:
    """Return the head of a part if it is not None.

    Raises:
        PartNotHere: the head is None.
    """
    if head is None:
        raise PartNotHere(f"The part {name} is not in this database: import its log too.")
    return head


def _position(
    connection: sa.Connection, database: Database, head: Head, seq: int, begun_by: datetime | None
) -> Position:
    logs = known_logs(database)
    recorded_at = head.recorded_at if seq == head.seq else read.recorded_at(connection, head.operation, seq)
    return Position(
        head=head,
        operation=logs.operation_at(connection, head, seq),
        seq=seq,
        recorded_at=recorded_at,
        begun_by=begun_by or recorded_at,
        root=logs.root_at(connection, head, seq),
    )
