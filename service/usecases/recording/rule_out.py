"""Ruling out a possible duplicate: the coordinator finds that two events are not duplicates."""

from __future__ import annotations

import sqlalchemy as sa
from msgspec.structs import replace

from service.access.credentials import Credential
from service.domain.deciding.decide import check_pair
from service.domain.deciding.draft import Submission
from service.domain.model.events import DuplicateRuledOut, Event
from service.errors import Invalid
from service.eventlog import read
from service.eventlog.head import Head
from service.projections.duplicates.match_candidates import first_seqs_of
from service.storage.db import Database
from service.usecases.querying.read_context import positions
from service.usecases.querying.visibility import coordinates
from service.usecases.recording.appending import (
    Outcome,
    append_accepted,
    draft_of,
    lock_operation,
    require_current,
    signature,
)


class NotCountedHere(Invalid):
    """Only events that the operation's totals count can be ruled out: those in its own log, and in its parts."""

    code = "not_counted_here"


def rule_out_duplicate(database: Database, *, operation: str, sender: Credential, submission: Submission) -> Outcome:
    """Record that two events are not duplicates; return the outcome. Events of parts are read as of now, unlocked.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not change it.
        NotCountedHere, UnknownEvent, AlreadyCorrected, AlreadyWithdrawn, NotAPair: the pair is invalid.
        ProjectionsOutdated: another version of the code built the totals of the operation, or of such a part.
        RecordError: the event is refused for another reason.
    """
    with database.writing() as connection:
        head, state = lock_operation(connection, database, operation, sender)
        draft = draft_of(connection, database.now(connection), head, state, [submission])

        def located(event: Event) -> Event:
            pair = event.data
            assert isinstance(pair, DuplicateRuledOut)
            # Any other sender is refused, and must not learn anything about parts.
            if not coordinates(sender, state) or len(pair.operations) != len(pair.events):
                return event
            return replace(event, data=replace(pair, first_seqs=_first_seqs(connection, database, head, pair)))

        decided = draft.add(submission, signature(sender), complete=located)
        return append_accepted(connection, head, state, draft, [decided])[0]


def _first_seqs(connection: sa.Connection, database: Database, whole: Head, pair: DuplicateRuledOut) -> tuple[int, ...]:
    """Return the seqs of the first versions of both events, each in the log of its operation."""
    heads = {one.head.operation: one.head for one in positions(connection, database, whole)}
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
