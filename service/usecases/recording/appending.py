"""The steps of every use case that appends: lock the head, draft, decide and append, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential, require_unrevoked
from service.access.forces import known_forces
from service.domain.deciding.decide import LogHistory
from service.domain.deciding.draft import Decided, Draft, Submission
from service.domain.model.events import Event, ForceJoined, RecordedBy
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Force, force_catalogue
from service.errors import RecordError, Unavailable
from service.eventlog import read
from service.eventlog.append import append, domain_error_of
from service.eventlog.head import Head, lock_head
from service.eventlog.known_logs import state_at
from service.eventlog.receipts import Receipt, receipts_of
from service.eventlog.tree import Tree
from service.projections import registry
from service.projections.steps import Batch, steps_of
from service.storage.db import Database
from service.storage.writes import Writes
from service.usecases.querying.visibility import require_visible
from service.usecases.recording.clocks import require_right_clock

Result = Decided | RecordError


class ProjectionsOutdated(Unavailable):
    """Another version of the code built the operation's totals: run `oprecord projections rebuild`."""

    code = "projections_outdated"


class Outcome(NamedTuple):
    """The outcome of one submission: recorded or replayed, with its receipt, or refused, with the error.

    `is_new` is False for an idempotent replay. A dry run gives no receipts.
    """

    is_new: bool
    receipt: Receipt | None = None
    error: RecordError | None = None


def lock_operation(
    connection: sa.Connection, database: Database, operation: str, sender: Credential
) -> tuple[Head, Operation]:
    """Lock the operation's head; return the head and the operation at the head.

    The sender is looked up again: it can have been revoked while this waited for the lock.

    Raises:
        CredentialRevoked, CredentialExpired: the sender is not valid any more.
        UnknownOperation: there is no such operation, or the sender may not know of it.
        ProjectionsOutdated: another version of the code built the operation's totals.
    """
    head = lock_head(connection, operation)
    require_unrevoked(connection, sender)
    state = state_at(connection, database, head)
    head, state = require_visible(operation, sender, head, state)
    require_current(head)
    return head, state


def require_current(head: Head) -> None:
    """Refuse to append if another version of the code built the totals.

    Raises:
        ProjectionsOutdated.
    """
    if head.projection_version != registry.VERSION:
        raise ProjectionsOutdated(
            f"Expected the totals of {head.operation} in version {registry.VERSION}; found {head.projection_version}. "
            "Nothing was recorded: run `oprecord projections rebuild`, then send the same request again."
        )


def draft_of(
    connection: sa.Connection,
    database: Database,
    head: Head,
    state: Operation | None,
    submissions: Sequence[Submission | RecordError],
    *,
    clock: datetime | None = None,
    history: LogHistory | None = None,
) -> Draft:
    """Return the draft in which these submissions are decided, with the log's history of the ids they name.

    `clock` is the database's clock, read under the head lock, and `history` comes from the log; each is read unless
    given.

    Raises:
        ClockWrong: the clock is behind the log, or ahead of the service's own.
    """
    clock = clock or database.now(connection)
    require_right_clock(database, clock, head.recorded_at)
    return Draft(
        name=head.operation,
        operation=state,
        history=history or read.history(connection, head.operation, ids_named(submissions)),
        seq=head.seq,
        recorded_at=head.recorded_at,
        clock=clock,
        live_recorded_at=max(clock, head.recorded_at + timedelta(microseconds=1)),
        forces=_forces_named(connection, submissions),
    )


def ids_named(submissions: Sequence[Submission | RecordError]) -> list[UUID]:
    """Return the event ids whose history is needed to decide these submissions; an id may occur twice."""
    return [event_id for event in _events(submissions) for event_id in event.names]


def _events(submissions: Sequence[Submission | RecordError]) -> list[Event]:
    return [submission.event for submission in submissions if isinstance(submission, Submission)]


def _forces_named(connection: sa.Connection, submissions: Sequence[Submission | RecordError]) -> Mapping[str, Force]:
    """Return the forces that these events may name; read the added forces only if an event names any force."""
    names_any = any(event.assisting or isinstance(event.data, ForceJoined) for event in _events(submissions))
    return known_forces(connection) if names_any else force_catalogue()


def decide(draft: Draft, submissions: Sequence[Submission | RecordError], sender: Credential) -> list[Result]:
    """Decide the submissions in order, each after those accepted before it; return a result for each."""
    signed = signature(sender)
    return [_decide(draft, submission, signed) for submission in submissions]


def signature(sender: Credential) -> RecordedBy:
    """Return the signature of a sender's events: force and role, never a person."""
    return RecordedBy(force=sender.force, role=sender.role)


def append_accepted(
    connection: sa.Connection,
    head: Head,
    state: Operation | None,
    draft: Draft,
    results: Sequence[Result],
    *,
    tree: Tree | None = None,
    and_commit: bool = False,
) -> list[Outcome]:
    """Append the events that the draft accepted, update the projections, and return the outcomes with their receipts.

    `tree` is the log's tree at its head, read from the log unless given; it is extended by the appended events.
    `and_commit` commits together with the writes, if there are any; the connection must not be used afterwards.
    """
    decided = [result.recorded for result in results if isinstance(result, Decided)]
    receipts = receipts_of(connection, head, [recorded for recorded in decided if recorded.seq <= head.seq])
    if draft.accepted:
        tree = tree or read.tree_at(connection, head.operation, head.seq)
        try:
            receipts += _append_and_project(connection, head, state, draft, tree, and_commit=and_commit)
        except sa.exc.IntegrityError as error:
            raise domain_error_of(error) or error from error
    by_seq = {receipt.seq: receipt for receipt in receipts}
    return [outcome(result, by_seq) for result in results]


def _append_and_project(
    connection: sa.Connection, head: Head, state: Operation | None, draft: Draft, tree: Tree, *, and_commit: bool
) -> list[Receipt]:
    writes = Writes(connection)
    receipts = append(writes, head, draft.accepted, tree)
    corrected = {recorded.event.corrects for recorded in draft.accepted}
    seqs = {event_id: draft.history.recorded[event_id].seq for event_id in corrected if event_id is not None}
    batch = Batch(head.operation, head.generation, steps_of(draft.accepted, state, seqs))
    registry.apply(writes, batch, snapshot_every=head.snapshot_every, and_commit=and_commit)
    return receipts


def _decide(draft: Draft, submission: Submission | RecordError, sender: RecordedBy) -> Result:
    if isinstance(submission, RecordError):
        return submission
    try:
        return draft.add(submission, sender)
    except RecordError as error:
        return error


def outcome(result: Result, receipts: Mapping[int, Receipt]) -> Outcome:
    """Return the outcome of a submission, with its receipt if there is one."""
    if isinstance(result, RecordError):
        return Outcome(is_new=False, error=result)
    return Outcome(is_new=result.is_new, receipt=receipts.get(result.recorded.seq))
