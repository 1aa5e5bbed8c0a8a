"""Publications: figures frozen at a seq, and who may read them under embargo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.counting.selection import Selection
from service.domain.model.events import FiguresPublished, PublishedFigure, RecordedEvent
from service.domain.model.operation import Operation
from service.errors import NotFound
from service.eventlog import read
from service.storage.db import Database
from service.usecases.querying.read_context import Position, ReadContext, read_context
from service.usecases.querying.totals import Figure, totals_at
from service.usecases.querying.visibility import is_embargoed
from service.wire.codec import canonical


class NoSuchPublication(NotFound):
    """The operation has no publication of this number, or it is under embargo for this credential."""

    code = "no_such_publication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A publication: the published figures, and the seq and moment at which it was recorded."""

    operation: Operation
    published: FiguresPublished
    seq: int
    recorded_at: datetime


def list_publications(database: Database, *, operation: str, credential: Credential) -> list[Publication]:
    """Return the publications that the credential may read, by number. An embargo does not apply to the coordinator.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        return _readable(context)


def read_publication(database: Database, *, operation: str, credential: Credential, number: int) -> Publication:
    """Return one publication.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NoSuchPublication: there is no publication of this number, or it is under embargo.
    """
    with read_context(database, operation, credential) as context:
        return publication_of(context, number)


def publication_of(context: ReadContext, number: int) -> Publication:
    """Return one publication of the operation of a context.

    Raises:
        NoSuchPublication: there is no publication of this number, or it is under embargo.
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
    """Return the figures of a publication at these positions: over all forces, then by force."""
    asked = (Selection(), Selection(by=("force",)))
    return tuple(
        _published_figure(figure) for selection in asked for figure in totals_at(connection, found, selection).figures
    )


def publication_from(operation: Operation, recorded: RecordedEvent) -> Publication:
    """Return the publication in a recorded `figures.published`."""
    assert isinstance(recorded.event.data, FiguresPublished)
    return Publication(
        operation=operation, published=recorded.event.data, seq=recorded.seq, recorded_at=recorded.recorded_at
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
    found = read.events_of_type(context.connection, context.head.operation, FiguresPublished.wire_type)
    now = context.database.now(context.connection)
    publications = [publication_from(context.operation, one) for one in found]
    return [one for one in publications if context.is_coordinator or not is_embargoed(one.published, now)]
