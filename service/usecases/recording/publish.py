"""Publishing: the coordinator freezes the figures as of a seq in a publication, numbered 1, 2, 3 and so on.

A publication is for those who may know of the operation, until the coordinator makes it public.
"""

from __future__ import annotations

from msgspec.structs import replace

from service.access.credentials import Credential
from service.domain.deciding.decide import NotCoordinator
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, FiguresPublished, PublicationMadePublic, PublishedPart
from service.domain.model.instants import format_instant
from service.errors import Conflict
from service.eventlog import read
from service.eventlog.head import share_head
from service.projections.totals import MOST, TotalTooLarge
from service.storage.db import Database
from service.usecases.querying.as_of import AsOfSeqOfRollUp, check_in_log, has_parts
from service.usecases.querying.publications import (
    NoSuchPublication,
    Publication,
    figures_hash,
    frozen_figures,
    made_public,
)
from service.usecases.querying.read_context import ReadContext, positions
from service.usecases.querying.visibility import coordinates
from service.usecases.recording.appending import Outcome, append_accepted, draft_of, lock_operation, signature


class AlreadyPublic(Conflict):
    """The publication was made public earlier; `seq` is that of the event that did it."""

    code = "already_public"


def publish_figures(
    database: Database, *, operation: str, sender: Credential, submission: Submission
) -> tuple[Outcome, Publication]:
    """Publish the figures as of a seq; return the outcome and the publication. Idempotent by event id.

    The seq is fixed under the head lock, so that no event can be recorded between the figures and their seq.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not publish its figures.
        AsOfBeyondLog: the log does not have this seq yet.
        AsOfSeqOfRollUp: an operation with parts is published as of now only.
        TotalTooLarge: a figure is too large for JSON.
        ContentDiffers: the id was used for another request.
    """
    with database.writing() as connection:
        head, state = lock_operation(connection, database, operation, sender)
        draft = draft_of(connection, database, head, state, [submission])

        def freeze(event: Event) -> Event:
            assert isinstance(event.data, FiguresPublished)
            return replace(event, data=_frozen(ReadContext(connection, database, sender, head, state), event.data))

        decided = draft.add(submission, signature(sender), complete=freeze)
        (outcome,) = append_accepted(connection, head, state, draft, [decided])
        return outcome, Publication(operation=state, recorded=decided.recorded)


def make_public(
    database: Database, *, operation: str, sender: Credential, number: int, submission: Submission
) -> tuple[Outcome, Publication]:
    """Make publication `number` readable for anyone; return the outcome and the publication. Idempotent by event id.

    A publication under embargo becomes public when its embargo ends.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or may not publish its figures.
        NoSuchPublication: there is no publication of this number.
        AlreadyPublic: it was made public by another event.
        ContentDiffers: the id was used for another request.
    """
    with database.writing() as connection:
        head, state = lock_operation(connection, database, operation, sender)
        if not coordinates(sender, state):
            raise NotCoordinator(f"Only a coordinator of {state.lead_force} may publish figures of {operation}.")
        published = read.nth_of_type(connection, operation, FiguresPublished.wire_type, number)
        if published is None:
            raise NoSuchPublication(f"{operation} has no publication {number}.")
        event = replace(submission.event, data=PublicationMadePublic(publication=published.event.id))
        asked = submission._replace(event=event)
        draft = draft_of(connection, database, head, state, [asked])
        decided = draft.add(asked, signature(sender))
        earlier = made_public(connection, head).get(published.event.id)
        if decided.is_new and earlier is not None:
            raise AlreadyPublic(
                f"Publication {number} was made public on {format_instant(earlier.recorded_at)}, at seq {earlier.seq}. "
                "It stays public.",
                seq=earlier.seq,
            )
        (outcome,) = append_accepted(connection, head, state, draft, [decided])
        return outcome, Publication(operation=state, recorded=published, public_by=earlier or decided.recorded)


def _frozen(context: ReadContext, request: FiguresPublished) -> FiguresPublished:
    """Return the publication of a request. Share-lock the heads of parts, each after that of its whole."""
    connection, database, head = context.connection, context.database, context.head
    seq = head.seq if request.as_of_seq is None else request.as_of_seq
    check_in_log(context, seq)
    if request.as_of_seq is not None and has_parts(context, seq):
        raise AsOfSeqOfRollUp(f"{head.operation} has parts: publish it as of now.", pointer="/as_of_seq")
    seqs = {head.operation: seq} if request.as_of_seq is not None else None
    whole, *parts = found = positions(connection, database, head, seqs=seqs, read_part=share_head)
    figures = frozen_figures(connection, found)
    if any(figure.quantity > MOST for figure in figures):
        raise TotalTooLarge(f"A figure would exceed {MOST:,}, the largest that JSON keeps exactly.")
    return replace(
        request,
        as_of_seq=seq,
        number=read.count_of_type(connection, head.operation, FiguresPublished.wire_type) + 1,
        root=whole.root,
        figures=figures,
        figures_hash=figures_hash(figures),
        parts=tuple(PublishedPart(operation=one.head.operation, seq=one.seq, root=one.root) for one in parts),
    )
