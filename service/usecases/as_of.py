"""Past moments: which seq a question about the past is answered at. The same question always gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.access.credentials import Credential
from service.db import Database
from service.domain.instants import format_instant
from service.domain.operation import Operation
from service.errors import Invalid
from service.eventlog import read
from service.eventlog.head import Head, share_head
from service.usecases.visibility import visible


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


@dataclass(frozen=True, slots=True)
class Moment:
    """A past moment, by time or by seq; neither means now."""

    as_of: datetime | None = None
    as_of_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where an answer stands in a log, within one snapshot.

    `operation` as it was at `seq`, which was recorded at `recorded_at`; `moment` is the one by which days have begun.
    """

    head: Head
    operation: Operation
    seq: int
    recorded_at: datetime
    moment: datetime


def resolve(database: Database, operation: str, credential: Credential, moment: Moment) -> int | None:
    """Return the seq at which the question is to be answered; None for now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog: by the moment.
    """
    if moment.as_of is not None and moment.as_of_seq is not None:
        raise AsOfTwice("Give as_of or as_of_seq, not both.", pointer="/as_of")
    if moment.as_of is not None:
        return _largest_seq_by(database, operation, credential, moment.as_of)
    if moment.as_of_seq is not None:
        with database.snapshot() as connection:
            head, _state = visible(connection, operation, credential)
        if moment.as_of_seq > head.seq:
            raise AsOfBeyondLog(f"Wanted a seq from 1 to {head.seq}; found {moment.as_of_seq}.", pointer="/as_of_seq")
    return moment.as_of_seq


def stand_at(
    connection: sa.Connection,
    database: Database,
    *,
    operation: str,
    credential: Credential,
    moment: Moment,
    as_of_seq: int | None,
) -> Standpoint:
    """Return where an answer stands that is given at a resolved seq; None: at the head.

    Days have begun by the moment asked for, else by that of the seq asked for, else by now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    head, state = visible(connection, operation, credential, as_of_seq=as_of_seq)
    seq = head.seq if as_of_seq is None else as_of_seq
    recorded_at = read.recorded_at(connection, operation, seq)
    if moment.as_of is not None:
        begun_by = moment.as_of
    else:
        begun_by = recorded_at if moment.as_of_seq is not None else database.now(connection)
    return Standpoint(head=head, operation=state, seq=seq, recorded_at=recorded_at, moment=begun_by)


def _largest_seq_by(database: Database, operation: str, credential: Credential, as_of: datetime) -> int:
    """Return the largest seq recorded by this moment.

    A moment that is not before the head's recorded_at is resolved under a share lock on the head: an append that is
    under way could otherwise still be recorded at or before it.
    """
    with database.snapshot() as connection:
        head: Head | None = visible(connection, operation, credential)[0]
        if head is not None and as_of < head.recorded_at:
            found = read.last_seq_by(connection, operation, as_of)
            if found is None:
                raise AsOfBeforeLog(f"{operation} was opened after {format_instant(as_of)}.", pointer="/as_of")
            return found[0]
    with database.writing() as connection:
        head = share_head(connection, operation)
        now = database.now(connection)
        if as_of >= now:
            raise AsOfInTheFuture(
                f"Wanted a moment before now, {format_instant(now)}; found {format_instant(as_of)}.", pointer="/as_of"
            )
        found = read.last_seq_by(connection, operation, as_of)
        assert found is not None, "the head was recorded by then"
        return found[0]
