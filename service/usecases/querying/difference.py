"""The changes since a publication: by figure and force, and the events that caused them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.access.credentials import Credential
from service.domain.model.events import PublishedFigure, RecordedEvent
from service.domain.statement.changes import FigureChange, changes_between
from service.eventlog import read
from service.projections.sums import changing_seqs
from service.storage.db import Database
from service.usecases.querying.publications import (
    Publication,
    frozen_figures,
    headline_figures,
    hidden_forces,
    publication_of,
)
from service.usecases.querying.read_context import read_context
from service.usecases.querying.read_events import readable_forces
from service.wire.codec import recorded_from_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationDifference:
    """The changes since a publication. `events` are those that the credential may read, by seq."""

    publication: Publication
    seq: int
    changes: tuple[FigureChange, ...]
    events: tuple[RecordedEvent, ...]
    next_after: int | None


def difference(
    database: Database, *, operation: str, credential: Credential, number: int, after: int, limit: int
) -> PublicationDifference:
    """Return the changes since publication `number`, with at most `limit` of the events after seq `after`.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NoSuchPublication: there is no publication of this number, or it is under embargo.
    """
    with read_context(database, operation, credential) as context:
        publication = publication_of(context, number)
        published_seq = publication.published.as_of_seq
        assert published_seq is not None, "the service sets it"
        connection, head = context.connection, context.head
        published, found = publication.as_recorded.figures, context.positions()
        now = _comparable(frozen_figures(connection, [replace(one, is_hidden=False) for one in found]), published)
        # By force, the figures of both include the parts that the reader may not see.
        hidden = publication.hidden_forces | hidden_forces(found)
        changes = [one for one in changes_between(published, now) if one.figure.force not in hidden]
        forces = readable_forces(context, ())
        seqs = changing_seqs(connection, head, after=max(after, published_seq), forces=forces, limit=limit + 1)
        texts = read.texts(connection, operation, seqs[:limit])
    return PublicationDifference(
        publication=publication,
        seq=head.seq,
        changes=tuple(changes),
        events=tuple(one for one in map(recorded_from_text, texts) if not forces or one.event.force in forces),
        next_after=seqs[limit - 1] if len(seqs) > limit else None,
    )


def _comparable(now: Sequence[PublishedFigure], published: Sequence[PublishedFigure]) -> Sequence[PublishedFigure]:
    """Return today's figures that can be compared with a publication.

    Former versions froze no categories of additive measures; that such a publication lacks them is no change.
    """
    if len(headline_figures(published)) < len(published):
        return now
    headline, measures = set(headline_figures(now)), {figure.measure for figure in published}
    return [figure for figure in now if figure in headline or figure.measure not in measures]
