"""Recording events with group commit: concurrent requests for one operation share a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from time import monotonic
from typing import TypeVar

import sqlalchemy as sa

from service.access.credentials import Credential, Sender, note_credential, of_digests, prove_all, unproved
from service.domain.deciding.decide import LogHistory
from service.domain.deciding.draft import Draft, Submission
from service.domain.model.operation import Operation
from service.errors import Conflict, RecordError
from service.eventlog.head import Head, head_of, lock_statement
from service.eventlog.known_logs import KnownLog, known_logs, state_at
from service.eventlog.read import history_of, history_statement
from service.projections.totals import TotalTooLarge
from service.runtime.request_facts import Facts, current_facts
from service.storage.db import Database
from service.storage.statements import read_pipelined
from service.usecases.querying.visibility import require_visible
from service.usecases.recording.appending import (
    Outcome,
    Result,
    append_accepted,
    decide,
    draft_of,
    ids_named,
    outcome,
    require_current,
)
from service.usecases.recording.group_commit import GroupCommit


class NotRecorded(Conflict):
    """The request was atomic, and another of its events was refused, so nothing was recorded."""

    code = "not_recorded"


@dataclass(frozen=True, slots=True)
class Request:
    """The submissions of one sender in one request. An error among them counts as refused.

    `facts` are those of the request's line in the log; another thread may find out whose secret it is.
    """

    sender: Sender
    submissions: Sequence[Submission | RecordError]
    facts: Facts = field(default_factory=current_facts, compare=False, repr=False)


SECONDS_APART = 60
Answer = list[Outcome] | RecordError
Given = TypeVar("Given")


class RequestGroupCommit(GroupCommit[Request, Answer]):
    """Group commit of requests, by operation."""


class SendersApart:
    """The senders that lately made a total too large. They record apart for a minute, so that no group fails by them.

    Whether a total becomes too large is known only once a group has been written, and then the whole group is rolled
    back. A sender that keeps on causing that would slow down all others.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._until: dict[Sender, float] = {}

    def add(self, sender: Sender) -> None:
        """Keep a sender apart from now on; forget those whose minute is over."""
        now = monotonic()
        self._until = {one: until for one, until in self._until.copy().items() if now < until}
        self._until[sender] = now + SECONDS_APART

    def has(self, sender: Sender) -> bool:
        """Return whether a sender is kept apart."""
        return monotonic() < self._until.get(sender, 0)


def record_events(
    database: Database,
    *,
    operation: str,
    sender: Sender,
    submissions: Sequence[Submission | RecordError],
    atomic: bool = False,
    dry_run: bool = False,
) -> list[Outcome]:
    """Record a request's submissions; return the outcome of each, in input order. They are committed on return.

    An invalid event does not affect the others, unless the request is atomic: then nothing is recorded, and the others'
    error is NotRecorded. A dry run only decides. A secret is authenticated, and a held credential proved again, in the
    same transaction.

    Raises:
        Unauthenticated, RoleMayNot: the secret belongs to no valid credential, or to one that may not record events.
        UnknownOperation: there is no such operation, or the sender may not know of it.
        ProjectionsOutdated: another version of the code built the operation's totals.
        DatabaseBusy: the database is unreachable, busy or read-only; retries are idempotent.
    """
    request = Request(sender, submissions)
    outcomes = _outcomes(database, operation, request, atomic=atomic, dry_run=dry_run)
    _count(request.facts, outcomes)
    return outcomes


def _outcomes(
    database: Database, operation: str, request: Request, *, atomic: bool = False, dry_run: bool = False
) -> list[Outcome]:
    sender, submissions, apart = request.sender, request.submissions, database.singleton(SendersApart)
    try:
        if atomic or dry_run or apart.has(sender):
            return _record_by_itself(database, operation, request, atomic=atomic, dry_run=dry_run)
        work = partial(_record_together, database, operation)
        return _or_raise(database.singleton(RequestGroupCommit).join(operation, request, len(submissions), work))
    except TotalTooLarge as error:
        apart.add(sender)
        if atomic or len(submissions) == 1:
            return [Outcome(is_new=False, error=error) for _ in submissions]
    return [
        outcome
        for submission in submissions
        for outcome in _outcomes(database, operation, Request(sender, [submission]))
    ]


def _count(facts: Facts, outcomes: Sequence[Outcome]) -> None:
    """Add what became of the submissions to the counts of the request, which may send several lots of them."""
    for name in ("recorded", "replayed", "refused"):
        facts.setdefault(name, 0)
    for one in outcomes:
        facts["refused" if one.error is not None else "recorded" if one.is_new else "replayed"] += 1


def _record_together(database: Database, operation: str, requests: Sequence[Request]) -> list[Answer]:
    """Record the requests in order, in one transaction; answer each as if it had been alone."""
    logs = known_logs(database)
    with database.writing() as connection:
        found = _read(connection, operation, requests)
        state = state_at(connection, database, found.head)
        senders = [_admitted(sender, operation, found.head, state) for sender in found.senders]
        refused = [sender for sender in senders if isinstance(sender, RecordError)]
        if found.head is None or len(refused) == len(senders):
            # Reading on would take longer than for an operation that does not exist, and so reveal that this one does.
            return list(refused)
        draft = draft_of(
            connection,
            database,
            found.head,
            state,
            _submissions(requests),
            clock=found.clock,
            history=found.history,
        )
        logs.forget_lost(found.head)
        tree = logs.tree(connection, found.head)
        decided = [_decided(draft, request, sender) for request, sender in zip(requests, senders, strict=True)]
        results = [result for results in decided if isinstance(results, list) for result in results]
        outcomes = iter(append_accepted(connection, found.head, state, draft, results, tree=tree, and_commit=True))
        answers = [list(islice(outcomes, len(one))) if isinstance(one, list) else one for one in decided]
    if draft.accepted and draft.operation:
        logs.remember(operation, KnownLog(draft.seq, draft.recorded_at, draft.operation, tuple(tree.peaks)))
    return answers


@dataclass(frozen=True, slots=True)
class _Found:
    """The result of the first round trip: the locked head and, read under its lock, the clock, senders and history."""

    head: Head | None
    clock: datetime
    senders: list[Credential | RecordError]
    history: LogHistory


def _read(connection: sa.Connection, operation: str, requests: Sequence[Request]) -> _Found:
    senders = [request.sender for request in requests]
    heads, credentials, texts = read_pipelined(
        connection,
        (lock_statement, {"name": operation}),
        (of_digests, {"digests": unproved(senders), "here": datetime.now(UTC)}),
        (history_statement, {"name": operation, "ids": ids_named(_submissions(requests))}),
    )
    now, proved = prove_all(connection, senders, credentials)
    for request, sender in zip(requests, proved, strict=True):
        if isinstance(sender, Credential):
            note_credential(request.facts, sender)
    return _Found(head_of(heads), now, proved, history_of(texts))


def _admitted(
    sender: Credential | RecordError, operation: str, head: Head | None, state: Operation | None
) -> Credential | RecordError:
    """Return the sender if it may know of the operation, else the error.

    Raises:
        ProjectionsOutdated: another version of the code built the operation's totals.
    """
    if isinstance(sender, RecordError):
        return sender
    try:
        head, _state = require_visible(operation, sender, head, state)
    except RecordError as error:
        return error
    require_current(head)
    return sender


def _submissions(requests: Sequence[Request]) -> list[Submission | RecordError]:
    return [submission for request in requests for submission in request.submissions]


def _decided(draft: Draft, request: Request, sender: Credential | RecordError) -> list[Result] | RecordError:
    return sender if isinstance(sender, RecordError) else decide(draft, request.submissions, sender)


def _record_by_itself(
    database: Database, operation: str, request: Request, *, atomic: bool, dry_run: bool
) -> list[Outcome]:
    """Decide one request in a separate draft; record it unless it is a dry run, or atomic with a refused item."""
    with database.writing() as connection:
        found = _read(connection, operation, [request])
        sender, state = _or_raise(found.senders[0]), state_at(connection, database, found.head)
        head, state = require_visible(operation, sender, found.head, state)
        require_current(head)
        draft = draft_of(
            connection, database, head, state, request.submissions, clock=found.clock, history=found.history
        )
        results = decide(draft, request.submissions, sender)
        if atomic and any(isinstance(result, RecordError) for result in results):
            return _all_refused(results)
        if dry_run:
            return [outcome(result, {}) for result in results]
        return append_accepted(connection, head, state, draft, results)


def _or_raise(answer: Given | RecordError) -> Given:
    if isinstance(answer, RecordError):
        raise answer
    return answer


def _all_refused(results: Sequence[Result]) -> list[Outcome]:
    other = NotRecorded("Not recorded: the request was atomic and another of its events was refused.")
    return [Outcome(is_new=False, error=result if isinstance(result, RecordError) else other) for result in results]
