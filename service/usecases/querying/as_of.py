"""Reading as of a moment: resolves it to seqs. The same query about the past always has the same answer."""

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
from service.usecases.querying.read_context import PartNotHere, Position, ReadContext, read_context, require_part
from service.usecases.querying.visibility import leads


class AsOfInTheFuture(Invalid):
    """as_of must be in the past: events may still be recorded before a later moment."""

    code = "as_of_in_the_future"


class AsOfBeforeLog(Invalid):
    """The operation was opened after this moment."""

    code = "as_of_before_log"


class AsOfBeyondLog(Invalid):
    """The log does not have this seq yet."""

    code = "as_of_beyond_log"


class AsOfTwice(Invalid):
    """as_of and as_of_seq were both given."""

    code = "as_of_twice"


class AsOfSeqOfRollUp(Invalid):
    """An operation with parts has no single seq: give a moment with as_of."""

    code = "as_of_seq_of_roll_up"


class AsOfNotSettled(Invalid):
    """A part of a live operation is imported, and events of its past may still be recorded: ask without as_of."""

    code = "as_of_not_settled"


@dataclass(frozen=True, slots=True)
class Moment:
    """A past moment, by time or by seq; now if neither is given."""

    as_of: datetime | None = None
    as_of_seq: int | None = None

    @property
    def is_now(self) -> bool:
        """Whether neither a time nor a seq is given."""
        return self.as_of is None and self.as_of_seq is None


@contextmanager
def read_as_of(
    database: Database, *, operation: str, credential: Credential, moment: Moment
) -> Iterator[tuple[ReadContext, list[Position]]]:
    """Read an operation in one transaction; yield its context, and the positions at the moment, the operation's first.

    The days that count have begun by the moment given, otherwise by the recorded_at of the seq given, otherwise by now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
        AsOfNotSettled: the past of an imported part of a live operation may still change there.
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
    check_in_log(context, seq)
    if has_parts(context, seq):
        raise AsOfSeqOfRollUp(f"{context.head.operation} has parts: give a moment with as_of.", pointer="/as_of_seq")
    return seq


def check_in_log(context: ReadContext, seq: int) -> None:
    """Check that the log of an operation has a seq.

    Raises:
        AsOfBeyondLog: it does not have it yet.
    """
    if seq > context.head.seq:
        raise AsOfBeyondLog(f"Expected a seq from 1 to {context.head.seq}; found {seq}.", pointer="/as_of_seq")


def has_parts(context: ReadContext, seq: int) -> bool:
    """Return whether the operation has parts, now or at this seq: then its totals are at the seqs of several logs."""
    operation = context.operation
    if operation.parts or not operation.former_parts:
        return bool(operation.parts)
    return bool(known_logs(context.database).operation_at(context.connection, context.head, seq).parts)


def _seqs_by(database: Database, operation: str, credential: Credential, as_of: datetime) -> dict[str, int]:
    """Return the seqs of an operation and of those of its parts at that moment that had recorded events."""
    with read_context(database, operation, credential) as context:
        head, state = context.head, context.operation
    seq = _largest_seq_by(database, head, as_of)
    if seq is None:
        raise AsOfBeforeLog(f"{operation} was opened after {format_instant(as_of)}.", pointer="/as_of")
    seqs = {operation: seq}
    # An operation that has never had a part had none at that moment. A later seq may have accepted one.
    waiting = [head] if state.parts or state.former_parts or seq > head.seq else []
    while waiting:
        whole = waiting.pop()
        with database.reading() as connection:
            names = known_logs(database).operation_at(connection, whole, seqs[whole.operation]).parts
            try:
                parts = [require_part(read_head(connection, name), name) for name in names if name not in seqs]
            except PartNotHere as error:
                if leads(credential, state):
                    raise
                raise PartNotHere(f"A part of {operation} is not in this database.") from error
        for part in parts:
            if part.imported and not head.imported:
                what = (
                    f"{part.operation}, a part of {operation},"
                    if leads(credential, state)
                    else f"A part of {operation}"
                )
                _refuse_unsettled(what, part, as_of)
            found = _largest_seq_by(database, part, as_of)
            if found is not None:
                seqs[part.operation] = found
                waiting.append(part)
    return seqs


def _refuse_unsettled(what: str, part: Head, as_of: datetime) -> None:
    """Refuse a moment by which events may still be recorded in an imported part of a live operation.

    Raises:
        AsOfNotSettled: the moment is not before the recorded_at of the part's last event.
    """
    if as_of >= part.recorded_at:
        raise AsOfNotSettled(
            f"{what} is imported: events up to {format_instant(as_of)} may still be "
            f"recorded in it. Expected a moment before {format_instant(part.recorded_at)}, its last event; ask without "
            "as_of, or take the part out.",
            pointer="/as_of",
        )


def _largest_seq_by(database: Database, head: Head, as_of: datetime) -> int | None:
    """Return the largest seq recorded at or before this moment; None if there is none.

    A moment at or after the head's recorded_at is resolved under a share lock on the head: otherwise a concurrent
    append could still be recorded at or before it.
    """
    if as_of < head.recorded_at:
        with database.reading() as connection:
            return read.last_seq_by(connection, head.operation, as_of)
    with database.writing() as connection:
        share_head(connection, head.operation)
        now = database.now(connection)
        if as_of >= now:
            raise AsOfInTheFuture(
                f"Expected a moment before now, {format_instant(now)}; found {format_instant(as_of)}.", pointer="/as_of"
            )
        return read.last_seq_by(connection, head.operation, as_of)
