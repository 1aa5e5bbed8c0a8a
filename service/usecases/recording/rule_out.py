"""Ruling out possible duplicates: the coordinator finds that two events are not duplicates, or takes that back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from msgspec.structs import replace

from service.access.credentials import Credential
from service.domain.deciding.decide import NotCoordinator, check_pair
from service.domain.deciding.draft import Draft, Submission
from service.domain.model.events import DuplicateReopened, Event, EventPair
from service.domain.model.operation import Operation
from service.errors import Conflict, Invalid, RecordError
from service.eventlog import read
from service.eventlog.head import Head
from service.projections.duplicates.match_candidates import first_seqs_of
from service.projections.duplicates.ruled_out import event_keys, rulings
from service.storage.db import Database
from service.usecases.querying.read_context import positions
from service.usecases.querying.visibility import coordinates
from service.usecases.recording.appending import (
    Outcome,
    Result,
    append_accepted,
    draft_of,
    lock_operation,
    require_current,
    signature,
)

Complete = Callable[[Event], Event]


class NotCountedHere(Invalid):
    """Only events that the operation's totals count can be ruled out: those in its own log, and in its parts."""

    code = "not_counted_here"


class NotRuledOut(Conflict):
    """Only a pair that is ruled out in this operation can be reopened."""

    code = "not_ruled_out"


def rule_out_duplicate(database: Database, *, operation: str, sender: Credential, submission: Submission) -> Outcome:
    """Record that two events are not duplicates; return the outcome. Events of parts are read as of now, unlocked.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not change it.
        NotCountedHere, UnknownEvent, AlreadyCorrected, AlreadyWithdrawn, NotAPair: the pair is invalid.
        ProjectionsOutdated: another version of the code built the totals of the operation, or of such a part.
        RecordError: the event is refused for another reason.
    """
    return _only(rule_out_duplicates(database, operation=operation, sender=sender, submissions=[submission]))


def rule_out_duplicates(
    database: Database, *, operation: str, sender: Credential, submissions: Sequence[Submission | RecordError]
) -> list[Outcome]:
    """Record that each of these pairs is no duplicate, in one transaction; return the outcomes in input order.

    Each pair is an event of its own: one that is refused does not affect the others, and each can be reopened alone. An
    error among the submissions counts as refused.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not change it.
        ProjectionsOutdated: another version of the code built the operation's totals.
    """
    with database.writing() as connection:
        head, state = lock_operation(connection, database, operation, sender)
        if not coordinates(sender, state):
            raise NotCoordinator(f"Only a coordinator of {state.lead_force} may rule out pairs of {operation}.")
        draft = draft_of(connection, database, head, state, submissions)
        complete = _located(connection, database, head, state, sender)
        results = [_decided(draft, submission, sender, complete) for submission in submissions]
        return append_accepted(connection, head, state, draft, results)


def reopen_duplicate(database: Database, *, operation: str, sender: Credential, submission: Submission) -> Outcome:
    """Record that a pair is a possible duplicate again although it was ruled out; return the outcome.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not change it.
        NotRuledOut: the pair is not ruled out in this operation.
        NotCountedHere, UnknownEvent, NotAPair: the pair is invalid.
        ProjectionsOutdated: another version of the code built the totals of the operation, or of such a part.
        RecordError: the event is refused for another reason.
    """
    with database.writing() as connection:
        head, state = lock_operation(connection, database, operation, sender)
        draft = draft_of(connection, database, head, state, [submission])
        result = _decided(draft, submission, sender, _located(connection, database, head, state, sender))
        if not isinstance(result, RecordError) and result.is_new:
            _require_ruled_out(connection, head, result.recorded.event)
        return _only(append_accepted(connection, head, state, draft, [result]))


def _only(outcomes: Sequence[Outcome]) -> Outcome:
    (outcome,) = outcomes
    if outcome.error is not None:
        raise outcome.error
    return outcome


def _decided(draft: Draft, submission: Submission | RecordError, sender: Credential, complete: Complete) -> Result:
    if isinstance(submission, RecordError):
        return submission
    try:
        return draft.add(submission, signature(sender), complete=complete)
    except RecordError as error:
        return error


def _located(
    connection: sa.Connection, database: Database, whole: Head, state: Operation, sender: Credential
) -> Complete:
    """Return the function that fills in the first seqs of a pair of two operations. It reads the parts once."""
    heads: dict[str, Head] = {}

    def located(event: Event) -> Event:
        pair = event.data
        assert isinstance(pair, EventPair)
        # Any other sender is refused, and must not learn anything about parts.
        if not coordinates(sender, state) or len(pair.operations) != len(pair.events):
            return event
        if not heads:
            heads.update({one.head.operation: one.head for one in positions(connection, database, whole)})
        return replace(event, data=replace(pair, first_seqs=_first_seqs(connection, heads, whole, pair)))

    return located


def _first_seqs(connection: sa.Connection, heads: Mapping[str, Head], whole: Head, pair: EventPair) -> tuple[int, ...]:
    """Return the seqs of the first versions of both events, each in the log of its operation."""
    for index, name in enumerate(pair.operations):
        if name not in heads:
            raise NotCountedHere(
                f"Expected {whole.operation} or one of its parts; found {name}.", pointer=f"/operations/{index}"
            )
    histories = [
        read.history(connection, name, {event_id}) for name, event_id in zip(pair.operations, pair.events, strict=True)
    ]
    found = []
    for recorded in check_pair(pair, histories):
        require_current(heads[recorded.operation])
        found.append(first_seqs_of(connection, heads[recorded.operation], {recorded.seq})[recorded.seq])
    return tuple(found)


def _require_ruled_out(connection: sa.Connection, head: Head, event: Event) -> None:
    assert isinstance(event.data, DuplicateReopened)
    if event_keys(connection, head, event.data) not in rulings(connection, head):
        raise NotRuledOut(
            f"Expected a pair that is ruled out in {head.operation}; this one is not, so it needs no reopening. "
            "GET possible-duplicates/ruled-out lists the pairs that are.",
            pointer="/events",
        )
