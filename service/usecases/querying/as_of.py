"""Reading as of a moment: at which seqs it is answered. The same question about the past always has the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from service.access.credentials import Credential
from service.domain.model.instants import format_instant
from service.errors import Invalid
from service.eventlog import read
from service.eventlog.head import Head, read_head, share_head
from service.eventlog.known_logs import known_logs
from service.storage.db import Database
from service.usecases.querying.read_context import Position, ReadContext, read_context, require_part


class AsOfInTheFuture(Invalid):
    """as_of must lie in the past: what will be recorded by a later moment is not known yet."""

    code = "as_of_in_the_future"


class AsOfBeforeLog(Invalid):
    """Nothing had been recorded by then: the operation was opened later."""

    code = "as_of_before_log"


class AsOfBeyondLog(Invalid):
    """The log is not that long yet."""

    code = "as_of_beyond_log"


class AsOfTwice(Invalid):
    """as_of and as_of_seq were both given."""

    code = "as_of_twice"


class AsOfSeqOfRollUp(Invalid):
    """An operation with parts has no one seq: ask for a moment with as_of."""

    code = "as_of_seq_of_roll_up"


@dataclass(frozen=True, slots=True)
class Moment:
    """A past moment, by time or by seq; neither means now."""

    as_of: datetime | None = None
    as_of_seq: int | None = None

    @property
    def is_now(self) -> bool:
        """Whether neither is given."""
        return self.as_of is None and self.as_of_seq is None


@contextmanager
def read_as_of(
    database: Database, *, operation: str, credential: Credential, moment: Moment
) -> Iterator[tuple[ReadContext, list[Position]]]:
    """Begin to read an operation; give its context, and the positions at the moment, the operation's own first.

    Days have begun by the moment asked for, else by that of the seq asked for, else by now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: by the moment.
        PartNotHere: the whole was imported without one of its parts.
    """
    if moment.as_of is not None and moment.as_of_seq is not None:
        raise AsOfTwice("Give as_of or as_of_seq, not both.", pointer="/as_of")
    seqs = None if moment.as_of is None else _seqs_by(database, operation, credential, moment.as_of)
    with read_context(database, operation, credential) as context:
        if moment.as_of_seq is not None:
            seqs = {operation: _checked_seq(context, moment.as_of_seq)}
        begun_by = database.now(context.connection) if moment.is_now else moment.as_of
        yield context, context.positions(begun_by=begun_by, seqs=seqs)


def _checked_seq(context: ReadContext, seq: int) -> int:
    name, size = context.head.operation, context.head.seq
    if context.operation.parts:
        raise AsOfSeqOfRollUp(f"{name} has parts: ask for a moment with as_of.", pointer="/as_of_seq")
    if seq > size:
        raise AsOfBeyondLog(f"Wanted a seq from 1 to {size}; found {seq}.", pointer="/as_of_seq")
    return seq


def _seqs_by(database: Database, operation: str, credential: Credential, as_of: datetime) -> dict[str, int]:
    """Return the seqs of an operation and of all that were its parts by then and had recorded something."""
    with read_context(database, operation, credential) as context:
        head = context.head
    seq = _largest_seq_by(database, head, as_of)
    if seq is None:
        raise AsOfBeforeLog(f"{operation} was opened after {format_instant(as_of)}.", pointer="/as_of")
    seqs = {operation: seq}
    # A part stays one: with none at the head there was none before. After the head, one may have been accepted since.
    waiting = [head] if context.operation.parts or seq > head.seq else []
    while waiting:
        whole = waiting.pop()
        with database.reading() as connection:
            names = known_logs(database).operation_at(connection, whole, seqs[whole.operation]).parts
            parts = [require_part(read_head(connection, name), name) for name in names if name not in seqs]
        for part in parts:
            found = _largest_seq_by(database, part, as_of)
            if found is not None:
                seqs[part.operation] = found
                waiting.append(part)
    return seqs


def _largest_seq_by(database: Database, head: Head, as_of: datetime) -> int | None:
    """Return the largest seq recorded by this moment; None if nothing was.

    A moment that is not before the head's recorded_at is resolved under a share lock on the head: an append that is
    under way could otherwise still be recorded at or before it.
    """
    if as_of < head.recorded_at:
        with database.reading() as connection:
            return read.last_seq_by(connection, head.operation, as_of)
    with database.writing() as connection:
        share_head(connection, head.operation)
        now = database.now(connection)
        if as_of >= now:
            raise AsOfInTheFuture(
                f"Wanted a moment before now, {format_instant(now)}; found {format_instant(as_of)}.", pointer="/as_of"
            )
        return read.last_seq_by(connection, head.operation, as_of)
