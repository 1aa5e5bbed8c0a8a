"""Reading an operation: in one read transaction, for a credential that may know of it, at positions in logs.

Every use case that reads an operation begins with `read_context`, so that its whole answer is true at one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.counting.combined import combined
from service.domain.model.operation import Operation
from service.errors import Unavailable
from service.eventlog import read
from service.eventlog.cursors import Cursor
from service.eventlog.head import Head, read_head
from service.eventlog.known_logs import known_logs, state_at
from service.storage.db import Database
from service.usecases.querying.visibility import coordinates, knows_of, leads, require_visible, visible_parts

ReadHead = Callable[[sa.Connection, str], Head | None]


class PartNotHere(Unavailable):
    """A part of the operation is not in this database, so the whole cannot be read: import the part too.

    An operation that has its name, but was not opened as a part of the whole, is another one.
    """

    code = "part_not_here"


@dataclass(frozen=True, slots=True)
class Position:
    """The position that an answer is true at: an operation at a seq, with the root of its tree at that size.

    Days count if they had begun by `begun_by`. A part that `is_hidden` from the reader counts in sums, and is neither
    named nor shown by force.
    """

    head: Head
    operation: Operation
    seq: int
    recorded_at: datetime
    begun_by: datetime
    root: str
    is_hidden: bool = False

    @property
    def cursor(self) -> str:
        """The cursor of whoever has read the log up to this position."""
        return Cursor(self.seq, self.root).text


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

        The parts that the credential may not see are hidden.

        Raises:
            PartNotHere: the whole was imported without one of its parts.
        """
        try:
            found = positions(self.connection, self.database, self.head, begun_by=begun_by, seqs=seqs)
        except PartNotHere as error:
            if leads(self.credential, self.operation):
                raise
            raise PartNotHere(f"A part of {self.head.operation} is not in this database.") from error
        seen = visible_parts(self.credential, [one.operation for one in found])
        return [one if one.operation.operation in seen else replace(one, is_hidden=True) for one in found]

    def shown(self) -> Operation:
        """Return the operation with only those of its own parts that the credential may see."""
        if not self.operation.parts or leads(self.credential, self.operation):
            return self.operation
        heads = {name: read_head(self.connection, name) for name in self.operation.parts}
        states = {name: state_at(self.connection, self.database, head) for name, head in heads.items()}
        seen = (name for name, state in states.items() if state is not None and knows_of(self.credential, state))
        return replace(self.operation, parts=tuple(seen))


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
    waiting = [(head.operation, "")]
    while waiting:
        name, whole = waiting.pop(0)
        if name in found or (seqs is not None and name not in seqs):
            continue
        current = require_part(read_part(connection, name), name) if found else head
        one = _position(connection, database, current, current.seq if seqs is None else seqs[name], begun_by)
        if whole and whole not in one.operation.part_of:
            # A whole that was imported can name as its part an operation that is none, and would read its figures.
            raise PartNotHere(f"The part {name} is not in this database: the operation of that name is no part of it.")
        found[name] = one
        waiting += ((part, name) for part in one.operation.parts)
    return list(found.values())


def combined_at(found: Sequence[Position]) -> Operation:
    """Return the operation combined with its parts, without the forces of those that are hidden from the reader."""
    return combined([replace(one.operation, participants={}) if one.is_hidden else one.operation for one in found])


def visible(found: Sequence[Position]) -> list[Position]:
    """Return the positions that are not hidden from the reader."""
    return [one for one in found if not one.is_hidden]


def inside(found: Sequence[Position], part: str) -> list[Position]:
    """Return the positions of a part that is not hidden from the reader, and of its parts; empty if there is none."""
    by_name = {one.head.operation: one for one in found}
    reached: dict[str, Position] = {}
    waiting = [part] if part in by_name and not by_name[part].is_hidden else []
    while waiting:
        name = waiting.pop(0)
        if name in by_name and name not in reached:
            reached[name] = by_name[name]
            waiting += by_name[name].operation.parts
    return list(reached.values())


def has_hidden(found: Sequence[Position]) -> bool:
    """Return whether the operation has parts that are hidden from the reader."""
    return any(one.is_hidden for one in found)


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
