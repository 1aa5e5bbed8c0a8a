"""Ruling out: the coordinator finds that two events which may be one are two, of its operation or of its parts."""

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
from service.usecases.recording.appending import Outcome, draft_of, locked, require_current, settle, signature


class NotCountedHere(Invalid):
    """Only events that the operation's totals count can be ruled out in it: its own, and those of its parts."""

    code = "not_counted_here"


def rule_out_duplicate(database: Database, *, operation: str, sender: Credential, submission: Submission) -> Outcome:
    """Record that two events are two; return the outcome. The events of parts are looked at as they stand just then.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or not change it.
        NotCountedHere, UnknownEvent, AlreadyCorrected, AlreadyWithdrawn, NotAPair: by the pair.
        ProjectionsOutdated: the code is of another version than the totals of the operation, or of such a part.
        RecordError: another mistake, if the event is refused.
    """
    with database.writing() as connection:
        head, state = locked(connection, database, operation, sender)
        draft = draft_of(connection, database.now(connection), head, state, [submission])

        def located(event: Event) -> Event:
            pair = event.data
            assert isinstance(pair, DuplicateRuledOut)
            # Anybody else is refused, and is told nothing about parts.
            if not coordinates(sender, state) or len(pair.operations) != len(pair.events):
                return event
            return replace(event, data=replace(pair, first_seqs=_first_seqs(connection, database, head, pair)))

        decided = draft.add(submission, signature(sender), complete=located)
        return settle(connection, head, state, draft, [decided])[0]


def _first_seqs(connection: sa.Connection, database: Database, whole: Head, pair: DuplicateRuledOut) -> tuple[int, ...]:
    """Return the seqs of the first versions of both events, each in the log of its operation."""
    heads = {one.head.operation: one.head for one in positions(connection, database, whole)}
    for index, name in enumerate(pair.operations):
        if name not in heads:
            raise NotCountedHere(f"{name} is not {whole.operation}, nor a part of it.", pointer=f"/operations/{index}")
    histories = [
        read.history(connection, name, {event_id}) for name, event_id in zip(pair.operations, pair.events, strict=True)
    ]
    found = []
    for recorded in check_pair(pair, histories):
        require_current(heads[recorded.operation])
        found.append(first_seqs_of(connection, heads[recorded.operation], {recorded.seq})[recorded.seq])
    return tuple(found)
