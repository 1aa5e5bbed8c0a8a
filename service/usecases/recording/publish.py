"""Publishing: the coordinator freezes the figures as of a seq in a publication, numbered 1, 2, 3 and so on."""

from __future__ import annotations

import sqlalchemy as sa
from msgspec.structs import replace

from service.access.credentials import Credential
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, FiguresPublished, PublishedPart
from service.domain.model.operation import Operation
from service.eventlog import read
from service.eventlog.head import Head, share_head
from service.projections.totals import MOST, TotalTooLarge
from service.storage.db import Database
from service.usecases.querying.as_of import AsOfBeyondLog, AsOfSeqOfRollUp
from service.usecases.querying.publications import Publication, figures_hash, frozen_figures
from service.usecases.querying.read_context import positions
from service.usecases.recording.appending import Outcome, append_accepted, draft_of, lock_operation, signature


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
        draft = draft_of(connection, database.now(connection), head, state, [submission])

        def freeze(event: Event) -> Event:
            assert isinstance(event.data, FiguresPublished)
            return replace(event, data=_frozen(connection, database, head, state, event.data))

        decided = draft.add(submission, signature(sender), complete=freeze)
        (outcome,) = append_accepted(connection, head, state, draft, [decided])
        return outcome, Publication(operation=state, recorded=decided.recorded)


def _frozen(
    connection: sa.Connection, database: Database, head: Head, operation: Operation, request: FiguresPublished
) -> FiguresPublished:
    """Return the publication of a request. Share-lock the heads of parts, each after that of its whole."""
    seq = head.seq if request.as_of_seq is None else request.as_of_seq
    if seq > head.seq:
        raise AsOfBeyondLog(f"Expected a seq from 1 to {head.seq}; found {seq}.", pointer="/as_of_seq")
    if operation.parts and request.as_of_seq is not None:
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
