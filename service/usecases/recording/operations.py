"""A coordinator's changes to an operation: open, amend, close, reopen. Each is an event in its log."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.forces import known_forces
from service.domain.deciding.check_size import field_of_size, returns_of
from service.domain.deciding.draft import Opening, Submission
from service.domain.model.events import (
    Event,
    ForceAmended,
    ForceJoined,
    ForceLeft,
    MeasureRegistered,
    OperationAmended,
    OperationOpened,
    PartAccepted,
)
from service.domain.model.names import refuse_misleading, refuse_name_of_another
from service.domain.model.operation import Operation, amended
from service.domain.model.personal_data import refuse_personal
from service.errors import Conflict, Forbidden, RecordError
from service.eventlog import read
from service.eventlog.head import Head, UnknownOperation, begin_log
from service.projections import registry, totals_snapshots
from service.projections.entries import first_standing_seq
from service.projections.returns import first_return_seq
from service.storage.db import Database
from service.usecases.recording.appending import Outcome, append_accepted, decide, draft_of, lock_operation, signature
from service.usecases.recording.whole import ContainsItself, check_measure, check_part, check_size_of_wholes


class OperationExists(Conflict):
    """An operation of this name already exists."""

    code = "operation_exists"


class CredentialLimited(Forbidden):
    """The credential is limited to other operations."""

    code = "credential_limited"


class StandingEventOutside(Conflict):
    """The new days would move a standing event outside the operation, or to another day."""

    code = "standing_event_outside"


class ForceHasRecorded(Conflict):
    """A force with standing facts or returns can neither leave nor be corrected. `seq` is that of the first."""

    code = "force_has_recorded"


def open_operation(database: Database, *, sender: Credential, opening: Opening) -> Outcome:
    """Open an operation and add its first forces, all or nothing; return the outcome of operation.opened.

    `part_of` may name any operation, existing or not: refusing the ones that do not exist would tell a stranger which
    ones do. It takes effect when the coordinator of the whole accepts the part.

    Raises:
        OperationExists: the name is taken.
        ContainsItself: its part_of names the operation itself.
        NameMisleading: the name of the operation or of a force could pass for another, or for a link.
        CredentialLimited: the credential is limited to other operations.
        ProjectionsOutdated: the operation exists, and another version of the code built its totals.
        RecordError: an event is refused; nothing is recorded.
    """
    refuse_personal(opening.operation, "/operation")
    if not sender.reaches(opening.operation):
        raise CredentialLimited(f"This credential is limited to other operations; found {opening.operation}.")
    opened = opening.submission.event.data
    assert isinstance(opened, OperationOpened)
    if opening.operation in opened.part_of:
        index = opened.part_of.index(opening.operation)
        raise ContainsItself(f"Expected another operation; found {opening.operation}.", pointer=f"/part_of/{index}")
    with database.writing() as connection:
        head = begin_log(
            connection,
            opening.operation,
            imported=opened.imported,
            projection_version=registry.VERSION,
            snapshot_every=totals_snapshots.EVERY,
        )
        state = _existing(connection, database, head, sender)
        draft = draft_of(connection, database, head, state, _events_of(opening))
        if state is not None and opening.submission.event.id not in draft.history.recorded:
            raise OperationExists(f"The name {opening.operation} is taken.", pointer="/operation")
        decided = [draft.add(submission, signature(sender)) for submission in _events_of(opening)]
        if decided[0].is_new:
            for submission in _events_of(opening):
                _refuse_misleading(connection, submission.event.data, imported=opened.imported)
        return append_accepted(connection, head, state, draft, decided)[0]


def change_operation(database: Database, *, operation: str, sender: Credential, submission: Submission) -> Outcome:
    """Record one setup event of an existing operation; return its outcome.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not change it.
        StandingEventOutside: the new days would move a standing event outside, or to another day.
        ForceHasRecorded: the force that is to leave or to be corrected has standing facts or returns.
        NotAPart: the accepted part does not exist, or was not opened as a part of this operation.
        ContainsItself: the accepted part contains this operation.
        NameMisleading: a name or label could pass for another, or for a link.
        PartIsImported: the accepted part is imported, and this operation is not.
        OperationTooLarge: the operation and its parts, or a whole that it is in, would be too large.
        MeasuresDisagree: a part of the operation, or a whole that it is in, counts the measure otherwise.
        RecordError: the event is refused.
    """
    with database.writing() as connection:
        head, state = lock_operation(connection, database, operation, sender)
        draft = draft_of(connection, database, head, state, [submission])
        (result,) = decide(draft, [submission], sender)
        if isinstance(result, RecordError):
            raise result
        if result.is_new:
            _check_change(connection, database, head, state, submission.event.data)
            assert draft.operation is not None, "it has accepted the event"
            _check_growth(connection, database, state, draft.operation, submission.event.data)
        return append_accepted(connection, head, state, draft, [result])[0]


def _check_change(connection: sa.Connection, database: Database, head: Head, state: Operation, data: Any) -> None:
    """Check a new setup event against what else is recorded; the operation itself has accepted it."""
    _refuse_misleading(connection, data, imported=head.imported)
    match data:
        case OperationAmended():
            refuse_moved_facts(connection, state, data)
        case ForceLeft() | ForceAmended():
            refuse_force_with_events(connection, head, data.force)
        case PartAccepted():
            check_part(connection, database, state, data.part)
        case MeasureRegistered():
            check_measure(connection, database, state, data)


def _check_growth(
    connection: sa.Connection, database: Database, before: Operation, after: Operation, data: Any
) -> None:
    """Check the size of an operation's wholes if a change of its days or forces makes it larger."""
    pointer = field_of_size(data)
    if pointer is None:
        return
    now = database.now(connection)
    if returns_of(after, now) > returns_of(before, now):
        check_size_of_wholes(connection, database, after, [after], pointer=pointer)


def _refuse_misleading(connection: sa.Connection, data: Any, *, imported: bool) -> None:
    match data:
        case OperationOpened(name=name):
            refuse_misleading(name, "/name")
        case ForceJoined(force=force, name=str(name)) | ForceAmended(force=force, name=str(name)):
            refuse_misleading(name, "/name")
            refuse_name_of_another(force, name, known_forces(connection), "/name", imported=imported)
        case MeasureRegistered(label=label, unit=unit):
            refuse_misleading(label or "", "/label")
            refuse_misleading(unit or "", "/unit")


def _existing(connection: sa.Connection, database: Database, head: Head, sender: Credential) -> Operation | None:
    """Return the operation that this log holds; None if the log is new.

    Raises:
        OperationExists: it holds an operation that the sender may not know of.
    """
    if head.seq == 0:
        return None
    try:
        return lock_operation(connection, database, head.operation, sender)[1]
    except UnknownOperation as error:
        raise OperationExists(f"The name {head.operation} is taken.", pointer="/operation") from error


def _events_of(opening: Opening) -> list[Submission]:
    """Return the events of an opening. The id of each force.joined is derived from the opening's id and the force."""
    first = opening.submission
    joins = [
        Event(id=_join_id(first.event.id, joined.force), force=first.event.force, data=joined)
        for joined in opening.forces
    ]
    return [first, *(Submission(join, first.recorded_at) for join in joins)]


def _join_id(opening_id: UUID, force: str) -> UUID:
    return uuid5(opening_id, force)


def refuse_force_with_events(connection: sa.Connection, head: Head, force: str) -> None:
    """Refuse that a force leaves, or reports otherwise, while figures or returns depend on it.

    Raises:
        ForceHasRecorded: naming its first standing fact or, if it has none, its first return.
    """
    if (seq := first_standing_seq(connection, head, force)) is not None:
        raise ForceHasRecorded(
            f"Expected a force without standing facts or returns; found a fact of {force} at seq {seq}. Withdraw its "
            f"facts first; GET .../events?force={force} lists them.",
            pointer="/force",
            seq=seq,
        )
    if (seq := first_return_seq(connection, head, force)) is not None:
        raise ForceHasRecorded(
            f"Expected a force without standing facts or returns; found a return of {force} at seq {seq}. A return "
            f"cannot be withdrawn, so {force} stays as it is.",
            pointer="/force",
            seq=seq,
        )


def refuse_moved_facts(connection: sa.Connection, operation: Operation, change: OperationAmended) -> None:
    """Refuse an amendment that would move a fact's standing version outside the operation, or to another day.

    Raises:
        StandingEventOutside: naming the first such event.
    """
    days = amended(operation, change).days
    if days == operation.days:
        return
    seq = read.first_standing_outside(connection, operation.operation, operation.days.unchanged_by(days), days)
    if seq is not None:
        raise StandingEventOutside(
            f"The event at seq {seq} would lie outside the new days, or on another day. Correct or withdraw it.",
            seq=seq,
        )
