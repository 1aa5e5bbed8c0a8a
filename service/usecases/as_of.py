"""Past moments: which seq a question about the past is answered at. The same question always gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.access.credentials import Credential
from service.db import Database
from service.domain.instants import format_instant
from service.domain.operation import Operation
from service.errors import Invalid
from service.eventlog import read
from service.eventlog.head import Head, read_head, share_head
from service.usecases.positions import require_part
from service.usecases.visibility import operation_at, visible


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


def resolve(database: Database, operation: str, credential: Credential, moment: Moment) -> dict[str, int] | None:
    """Return the seqs at which the question is to be answered, of the operation and of its parts; None for now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: by the moment.
        PartNotHere: the whole was imported without one of its parts.
    """
    if moment.is_now:
        return None
    if moment.as_of is not None and moment.as_of_seq is not None:
        raise AsOfTwice("Give as_of or as_of_seq, not both.", pointer="/as_of")
    with database.reading() as connection:
        head, state = visible(connection, operation, credential)
    if moment.as_of_seq is not None:
        _check_seq(head, state, moment.as_of_seq)
        return {operation: moment.as_of_seq}
    assert moment.as_of is not None
    seq = _largest_seq_by(database, head, moment.as_of)
    if seq is None:
        raise AsOfBeforeLog(f"{operation} was opened after {format_instant(moment.as_of)}.", pointer="/as_of")
    return _with_parts(database, head, seq, moment.as_of)


def _check_seq(head: Head, operation: Operation, seq: int) -> None:
    if operation.parts:
        raise AsOfSeqOfRollUp(f"{head.operation} has parts: ask for a moment with as_of.", pointer="/as_of_seq")
    if seq > head.seq:
        raise AsOfBeyondLog(f"Wanted a seq from 1 to {head.seq}; found {seq}.", pointer="/as_of_seq")


def _with_parts(database: Database, head: Head, seq: int, as_of: datetime) -> dict[str, int]:
    """Return the seqs of an operation and of all that were its parts by then and had recorded something."""
    seqs = {head.operation: seq}
    waiting = [head]
    while waiting:
        whole = waiting.pop()
        with database.reading() as connection:
            names = operation_at(connection, whole, seqs[whole.operation]).parts
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
