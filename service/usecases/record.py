"""Recording events: lock the head, read, decide, append, project, commit. Only then is anything answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.forces import known_forces
from service.db import Database
from service.domain.draft import Decided, Draft, Submission
from service.domain.events import Event, ForceJoined, RecordedBy
from service.domain.operation import Operation, fold
from service.domain.reference_data import Force, force_catalogue
from service.errors import Conflict, RecordError, Unavailable
from service.eventlog import read
from service.eventlog.append import append
from service.eventlog.head import Head, lock_head
from service.eventlog.receipts import Receipt, receipts_of
from service.projections import registry
from service.projections.steps import Batch, steps_of
from service.projections.totals import TotalTooLarge
from service.usecases.visibility import require_visible

Result = Decided | RecordError


class ProjectionsOutdated(Unavailable):
    """The operation's totals were built by another version of the code: run `oprecord projections rebuild`."""

    code = "projections_outdated"


class NotRecorded(Conflict):
    """An atomic request is all or nothing, and another of its events was refused."""

    code = "not_recorded"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one submission: recorded or replayed with its receipt, or refused with the mistake.

    A dry run gives no receipts.
    """

    is_new: bool
    receipt: Receipt | None = None
    error: RecordError | None = None


def record_events(
    database: Database,
    *,
    operation: str,
    sender: Credential,
    submissions: Sequence[Submission | RecordError],
    atomic: bool = False,
    dry_run: bool = False,
) -> list[Outcome]:
    """Record what forces send; return what became of each, in input order. An error among them counts as refused.

    One bad event never fails its neighbours, unless the request is atomic: then nothing is recorded, and the others'
    error is NotRecorded. A dry run only decides.

    Raises:
        UnknownOperation: there is no such operation, or the sender may not know of it.
        ProjectionsOutdated: the code is of another version than the operation's totals.
        DatabaseBusy: the database did not answer; nothing was recorded.
    """
    try:
        with database.writing() as connection:
            return _record(connection, database, operation, sender, submissions, atomic=atomic, dry_run=dry_run)
    except TotalTooLarge as error:
        if atomic or len(submissions) == 1:
            return [Outcome(is_new=False, error=error) for _ in submissions]
    return [
        outcome
        for submission in submissions
        for outcome in record_events(database, operation=operation, sender=sender, submissions=[submission])
    ]


def _record(
    connection: sa.Connection,
    database: Database,
    operation: str,
    sender: Credential,
    submissions: Sequence[Submission | RecordError],
    *,
    atomic: bool,
    dry_run: bool,
) -> list[Outcome]:
    head, state = locked(connection, operation, sender)
    draft = draft_of(connection, database, head, state, submissions)
    results = decide(draft, submissions, sender)
    if atomic and any(isinstance(result, RecordError) for result in results):
        return _all_refused(results)
    if dry_run:
        return [_outcome(result, {}) for result in results]
    return settle(connection, head, state, draft, results)


def locked(connection: sa.Connection, operation: str, sender: Credential) -> tuple[Head, Operation]:
    """Lock the operation's head and return it with the operation as it now is.

    Raises:
        UnknownOperation: there is no such operation, or the sender may not know of it.
        ProjectionsOutdated: the code is of another version than the operation's totals.
    """
    head = lock_head(connection, operation)
    state = fold(read.setup_events(connection, operation)) if head is not None and head.seq else None
    head, state = require_visible(operation, sender, head, state)
    if head.projection_version != registry.VERSION:
        raise ProjectionsOutdated(
            f"The totals of {operation} were built as {head.projection_version}; this service builds "
            f"{registry.VERSION}. Nothing was recorded: send the same again after `oprecord projections rebuild`."
        )
    return head, state


def draft_of(
    connection: sa.Connection,
    database: Database,
    head: Head,
    state: Operation | None,
    submissions: Sequence[Submission | RecordError],
) -> Draft:
    """Return the draft in which these submissions are decided, with all that the log holds of their ids."""
    events = [submission.event for submission in submissions if isinstance(submission, Submission)]
    ids: set[UUID] = {event_id for event in events for event_id in event.names}
    clock = database.now(connection)
    return Draft(
        name=head.operation,
        operation=state,
        history=read.history(connection, head.operation, ids),
        seq=head.seq,
        recorded_at=head.recorded_at,
        clock=clock,
        live_recorded_at=max(clock, head.recorded_at + timedelta(microseconds=1)),
        forces=_forces_named(connection, events),
    )


def _forces_named(connection: sa.Connection, events: Sequence[Event]) -> Mapping[str, Force]:
    """Return the forces that these events may name; the added ones are read only where an event names any."""
    names_any = any(event.assisting or isinstance(event.data, ForceJoined) for event in events)
    return known_forces(connection) if names_any else force_catalogue()


def decide(draft: Draft, submissions: Sequence[Submission | RecordError], sender: Credential) -> list[Result]:
    """Decide the submissions in order, each seeing what was accepted before it; return what became of each."""
    return [_decide(draft, submission, signature(sender)) for submission in submissions]


def signature(sender: Credential) -> RecordedBy:
    """Return how a sender's events are signed: by force and role, never by person."""
    return RecordedBy(force=sender.force, role=sender.role)


def settle(
    connection: sa.Connection, head: Head, state: Operation | None, draft: Draft, results: Sequence[Result]
) -> list[Outcome]:
    """Append what the draft accepted, bring the projections up to it, and return the outcomes with their receipts."""
    receipts: list[Receipt] = []
    if draft.accepted:
        receipts += append(connection, head, draft.accepted)
        seqs = {event_id: recorded.seq for event_id, recorded in draft.history.recorded.items()}
        registry.apply(connection, Batch(head.operation, head.generation, steps_of(draft.accepted, state, seqs)))
    decided = [result.recorded for result in results if isinstance(result, Decided)]
    receipts += receipts_of(connection, head, [recorded for recorded in decided if recorded.seq <= head.seq])
    by_seq = {receipt.seq: receipt for receipt in receipts}
    return [_outcome(result, by_seq) for result in results]


def _decide(draft: Draft, submission: Submission | RecordError, sender: RecordedBy) -> Result:
    if isinstance(submission, RecordError):
        return submission
    try:
        return draft.add(submission, sender)
    except RecordError as error:
        return error


def _outcome(result: Result, receipts: Mapping[int, Receipt]) -> Outcome:
    if isinstance(result, RecordError):
        return Outcome(is_new=False, error=result)
    return Outcome(is_new=result.is_new, receipt=receipts.get(result.recorded.seq))


def _all_refused(results: Sequence[Result]) -> list[Outcome]:
    other = NotRecorded("Not recorded: the request was atomic and another of its events was refused.")
    return [Outcome(is_new=False, error=result if isinstance(result, RecordError) else other) for result in results]
