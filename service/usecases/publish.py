"""Publishing: the coordinator puts its name to the figures as of a seq, numbered 1, 2, 3, ... and for ever the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from msgspec.structs import replace

from service.access.credentials import Credential
from service.db import Database
from service.domain.draft import Submission
from service.domain.events import Event, FiguresPublished, PublishedFigure, PublishedPart, RecordedEvent
from service.domain.operation import Operation
from service.domain.selection import Selection
from service.errors import NotFound
from service.eventlog import read
from service.eventlog.head import Head, share_head
from service.projections.totals import MOST, TotalTooLarge
from service.usecases.appending import Outcome, draft_of, locked, settle, signature
from service.usecases.as_of import AsOfBeyondLog, AsOfSeqOfRollUp
from service.usecases.read_context import Position, ReadContext, positions, read_context
from service.usecases.totals import Figure, totals_at
from service.wire.codec import canonical, recorded_from_text


class NoSuchPublication(NotFound):
    """The operation has no publication of this number that this credential may read yet."""

    code = "no_such_publication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A publication: what was published, as of which seq, and when it was recorded."""

    operation: Operation
    published: FiguresPublished
    seq: int
    recorded_at: datetime


def publish_figures(
    database: Database, *, operation: str, sender: Credential, submission: Submission
) -> tuple[Outcome, Publication]:
    """Publish the figures as of a seq; return the receipt and the publication. Publishing an id again gives the same.

    The seq is fixed under the head's lock, so that no event can slip in between the figures and their number.

    Raises:
        UnknownOperation, NotCoordinator: the sender may not know of the operation, or not publish its figures.
        AsOfBeyondLog: the log is not that long yet.
        TotalTooLarge: a figure is too large for JSON.
        ContentDiffers: the id was used for another request.
    """
    with database.writing() as connection:
        head, state = locked(connection, database, operation, sender)
        draft = draft_of(connection, database.now(connection), head, state, [submission])

        def freeze(event: Event) -> Event:
            assert isinstance(event.data, FiguresPublished)
            return replace(event, data=_frozen(connection, database, head, state, event.data))

        decided = draft.add(submission, signature(sender), complete=freeze)
        (outcome,) = settle(connection, head, state, draft, [decided])
        return outcome, _publication(state, decided.recorded)


def list_publications(database: Database, *, operation: str, credential: Credential) -> list[Publication]:
    """Return the publications that the credential may read, by number: all but the coordinator wait for the embargo.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        return _readable(context)


def read_publication(database: Database, *, operation: str, credential: Credential, number: int) -> Publication:
    """Return one publication.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NoSuchPublication: there is none of this number, or it is under embargo.
    """
    with read_context(database, operation, credential) as context:
        return publication_of(context, number)


def publication_of(context: ReadContext, number: int) -> Publication:
    """Return one publication of an operation that is being read.

    Raises:
        NoSuchPublication: there is none of this number, or it is under embargo.
    """
    for publication in _readable(context):
        if publication.published.number == number:
            return publication
    name = context.head.operation
    raise NoSuchPublication(f"{name} has no publication {number} that this credential may read.")


def figures_hash(figures: Sequence[PublishedFigure]) -> str:
    """Return the SHA-256, in hex, over the canonical text (RFC 8785) of the list of figures."""
    return sha256(canonical(figures)).hexdigest()


def frozen_figures(connection: sa.Connection, found: Sequence[Position]) -> tuple[PublishedFigure, ...]:
    """Return the figures that a publication at these positions holds: over all forces, then by force."""
    asked = (Selection(), Selection(by=("force",)))
    return tuple(
        _published_figure(figure) for selection in asked for figure in totals_at(connection, found, selection).figures
    )


def _frozen(
    connection: sa.Connection, database: Database, head: Head, operation: Operation, request: FiguresPublished
) -> FiguresPublished:
    """Return the publication of a request. The heads of parts are held still, each part's after that of its whole."""
    seq = head.seq if request.as_of_seq is None else request.as_of_seq
    if seq > head.seq:
        raise AsOfBeyondLog(f"Wanted a seq from 1 to {head.seq}; found {seq}.", pointer="/as_of_seq")
    if operation.parts and request.as_of_seq is not None:
        raise AsOfSeqOfRollUp(f"{head.operation} has parts: publish it as of now.", pointer="/as_of_seq")
    seqs = {head.operation: seq} if request.as_of_seq is not None else None
    own, *parts = found = positions(connection, database, head, seqs=seqs, read_part=share_head)
    figures = frozen_figures(connection, found)
    if any(figure.quantity > MOST for figure in figures):
        raise TotalTooLarge(f"A figure would exceed {MOST:,}, the largest that JSON keeps exactly.")
    return replace(
        request,
        as_of_seq=seq,
        number=read.count_of_type(connection, head.operation, FiguresPublished.wire_type) + 1,
        root=own.root,
        figures=figures,
        figures_hash=figures_hash(figures),
        parts=tuple(PublishedPart(operation=one.head.operation, seq=one.seq, root=one.root) for one in parts),
    )


def _published_figure(figure: Figure) -> PublishedFigure:
    return PublishedFigure(
        measure=figure.measure,
        unit=figure.unit,
        quantity=figure.quantity,
        qualifier=figure.qualifier,
        force=figure.force,
        category=figure.category,
    )


def _readable(context: ReadContext) -> list[Publication]:
    head, types = context.head, (FiguresPublished.wire_type,)
    rows = read.page(context.connection, head.operation, after=0, up_to=head.seq, limit=head.seq, types=types)
    now = context.database.now(context.connection)
    found = [_publication(context.operation, recorded_from_text(text)) for _seq, _force, text in rows]
    return [one for one in found if context.is_coordinator or _is_out(one.published, now)]


def _publication(operation: Operation, recorded: RecordedEvent) -> Publication:
    assert isinstance(recorded.event.data, FiguresPublished)
    return Publication(
        operation=operation, published=recorded.event.data, seq=recorded.seq, recorded_at=recorded.recorded_at
    )


def _is_out(published: FiguresPublished, now: datetime) -> bool:
    return published.embargo_until is None or published.embargo_until <= now
