"""Publications: figures frozen at a seq, who may read them under embargo, and which of them are public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import replace

from service.access.credentials import Credential
from service.domain.counting.selection import Selection
from service.domain.model.events import (
    FiguresPublished,
    PublicationMadePublic,
    PublishedFigure,
    PublishedPart,
    RecordedEvent,
)
from service.domain.model.operation import Operation
from service.errors import Conflict, NotFound
from service.eventlog import read
from service.eventlog.head import Head, read_head
from service.eventlog.known_logs import known_logs
from service.storage.db import Database
from service.usecases.querying.read_context import (
    PartNotHere,
    Position,
    ReadContext,
    has_hidden,
    positions,
    read_context,
    visible,
)
from service.usecases.querying.totals import Figure, figures_at
from service.usecases.querying.visibility import is_embargoed, leads
from service.wire.codec import canonical

WIRE_TYPE = FiguresPublished.wire_type


class PublicationDiffers(Conflict):
    """A publication in the log is not what the log before it adds up to. The service did not make it."""

    code = "publication_differs"


class NoSuchPublication(NotFound):
    """The operation has no publication of this number, or it is under embargo for this credential."""

    code = "no_such_publication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A publication: the operation now, the event of its publication as recorded, and the one that made it public.

    `parts`, if not None, are those that the reader may see. Then the figures of `hidden_forces`, which are in other
    parts, are left out.
    """

    operation: Operation
    recorded: RecordedEvent
    public_by: RecordedEvent | None = None
    parts: frozenset[str] | None = None
    hidden_forces: frozenset[str] = field(default_factory=frozenset)

    @property
    def as_recorded(self) -> FiguresPublished:
        """The published figures as recorded, whoever reads them."""
        assert isinstance(self.recorded.event.data, FiguresPublished)
        return self.recorded.event.data

    @property
    def has_other_parts(self) -> bool:
        """Whether its sums include parts that the reader may not see."""
        return self.parts is not None

    @property
    def published(self) -> FiguresPublished:
        """The published figures that the reader may see."""
        whole = self.as_recorded
        if self.parts is None:
            return whole
        return replace(
            whole,
            parts=tuple(part for part in whole.parts if part.operation in self.parts),
            figures=tuple(figure for figure in whole.figures if figure.force not in self.hidden_forces),
        )

    @property
    def seq(self) -> int:
        """The seq at which it was recorded."""
        return self.recorded.seq

    @property
    def recorded_at(self) -> datetime:
        """The moment at which it was recorded."""
        return self.recorded.recorded_at

    @property
    def available_since(self) -> datetime:
        """The moment from which those who may see the operation may read it; an embargo puts it off."""
        return max(self.recorded_at, self.as_recorded.embargo_until or self.recorded_at)

    @property
    def public_since(self) -> datetime | None:
        """The moment from which anyone may read it, which its embargo can put in the future; None: not public."""
        if self.public_by is None:
            return None
        return max(self.public_by.recorded_at, self.as_recorded.embargo_until or self.recorded_at)

    def is_public(self, now: datetime) -> bool:
        """Return whether anyone may read it at this moment."""
        return self.public_since is not None and self.public_since <= now


def list_publications(database: Database, *, operation: str, credential: Credential) -> list[Publication]:
    """Return the publications that the credential may read, by number. An embargo does not apply to the coordinator.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        return readable_publications(context)


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
    for publication in readable_publications(context):
        if publication.published.number == number:
            return publication
    name = context.head.operation
    raise NoSuchPublication(f"{name} has no publication {number} that this credential may read.")


def newest_publication(
    context: ReadContext, *, before: int, available_by: datetime, public: bool = False
) -> Publication | None:
    """Return the newest publication before a seq that could be read by a moment; None if there is none.

    Its embargo had ended by then, or with `public`, anyone could read it. Whoever asks, the answer is the same, as
    recorded: what of it the credential may see is for the caller to decide.
    """
    connection, head = context.connection, context.head
    made = made_public(connection, head)
    for number in range(read.count_of_type(connection, head.operation, WIRE_TYPE, up_to=before - 1), 0, -1):
        recorded = read.nth_of_type(connection, head.operation, WIRE_TYPE, number)
        assert recorded is not None, "it was counted"
        found = Publication(operation=context.operation, recorded=recorded, public_by=made.get(recorded.event.id))
        available_since = found.public_since if public else found.available_since
        if available_since is not None and available_since <= available_by:
            return found
    return None


def hidden_forces(found: Sequence[Position]) -> frozenset[str]:
    """Return the forces in the parts that are hidden from the reader. Their published figures include these parts."""
    return frozenset(force for one in found if one.is_hidden for force in one.operation.participants)


def published_seqs(published: FiguresPublished, operation: str) -> dict[str, int]:
    """Return the seqs that figures were published as of, by operation: of its own log, and of its parts'."""
    assert published.as_of_seq is not None, "the service sets it"
    return {operation: published.as_of_seq, **{part.operation: part.seq for part in published.parts}}


def _as_shown(context: ReadContext, whole: Publication) -> Publication:
    """Return a publication as the credential may see it.

    Raises:
        PartNotHere: a part that may have to be hidden is not in this database.
    """
    published = whole.as_recorded
    if not published.parts or published.as_of_seq is None or leads(context.credential, context.operation):
        return whole
    found = context.positions(seqs=published_seqs(published, context.head.operation))
    if not has_hidden(found):
        return whole
    seen = frozenset(one.operation.operation for one in visible(found))
    return Publication(
        operation=whole.operation,
        recorded=whole.recorded,
        public_by=whole.public_by,
        parts=seen,
        hidden_forces=hidden_forces(found),
    )


def require_proved(context: ReadContext, publication: Publication) -> None:
    """Recompute a publication from the log before it.

    Raises:
        PublicationDiffers: the log before it does not add up to it.
    """
    recorded = publication.recorded
    place = read.count_of_type(context.connection, context.head.operation, WIRE_TYPE, up_to=recorded.seq)
    if detail := publication_fault(context.connection, context.database, context.head, recorded, place):
        raise PublicationDiffers(
            f"Publication {publication.published.number} is not what the log adds up to: {detail}. Run oprecord "
            "verify. If projections are damaged, rebuild them; otherwise the publication is forged."
        )


def figures_hash(figures: Sequence[PublishedFigure]) -> str:
    """Return the SHA-256, in hex, over the canonical text (RFC 8785) of the list of figures."""
    return sha256(canonical(figures)).hexdigest()


def frozen_figures(connection: sa.Connection, found: Sequence[Position]) -> tuple[PublishedFigure, ...]:
    """Return the figures of a publication at these positions: over all forces, by force, and both by category.

    Measures that are not additive are by category in the first two already; no figure is in it twice. What belongs to
    no force is left out: it is what the figures of all forces have more than those of each.
    """
    asked = (Selection(), Selection(by=("force",)), Selection(by=("category",)), Selection(by=("force", "category")))
    figures = (
        _published_figure(figure)
        for selection in asked
        for figure in figures_at(connection, found, selection)
        if figure.force is not None or "force" not in selection.by
    )
    return tuple({(figure.measure, figure.force, figure.category): figure for figure in figures}.values())


def headline_figures(figures: Sequence[PublishedFigure]) -> Sequence[PublishedFigure]:
    """Return the figures of a publication over all forces and by force, without the categories of additive measures.

    They come first, and are all that publications had before they were frozen by category too. The categories begin
    with one over all forces, of a measure that has a figure over all forces and categories.
    """
    wholes: set[str] = set()
    for index, figure in enumerate(figures):
        if figure.force is None and figure.category is not None and figure.measure in wholes:
            return figures[:index]
        if figure.force is None and figure.category is None:
            wholes.add(figure.measure)
    return figures


def publication_fault(
    connection: sa.Connection, database: Database, head: Head, recorded: RecordedEvent, number: int
) -> str:
    """Return what is wrong with a publication, the one of this number; empty if the log before it adds up to it.

    Everything that the service filled in is recomputed: number, root, parts, figures and their hash. If a part is not
    in this database, the parts and figures cannot be.
    """
    published = recorded.event.data
    assert isinstance(published, FiguresPublished)
    seq = published.as_of_seq
    if seq is None or not 0 < seq < recorded.seq:
        return f"as_of_seq is {seq}, which is not before the publication"
    try:
        seqs = published_seqs(published, head.operation)
        if too_late := _beyond(connection, published):
            return f"its part {too_late.operation} has no seq {too_late.seq}"
        whole, *others = found = positions(connection, database, head, seqs=seqs)
    except PartNotHere:
        others = found = []
        root = known_logs(database).root_at(connection, head, seq)
    else:
        root = whole.root
    wrong: dict[str, tuple[object, object]] = {
        "number": (published.number, number),
        "root": (published.root, root),
        "figures_hash": (published.figures_hash, figures_hash(published.figures)),
    }
    if left_out := next((part for one in found for part in one.operation.parts if part not in seqs), None):
        return f"its parts should include {left_out}"
    if found:
        recomputed = tuple(PublishedPart(operation=one.head.operation, seq=one.seq, root=one.root) for one in others)
        wrong["parts"] = (published.parts, recomputed)
        figures = frozen_figures(connection, found)
        if published.figures != headline_figures(figures):
            wrong["figures"] = (published.figures, figures)
    return next((f"its {name} should be {_shown(right)}" for name, (said, right) in wrong.items() if said != right), "")


def _beyond(connection: sa.Connection, published: FiguresPublished) -> PublishedPart | None:
    """Return the first part whose log, here, does not have the seq that it was published at; None if there is none."""
    heads = ((part, read_head(connection, part.operation)) for part in published.parts)
    return next((part for part, head in heads if head is not None and part.seq > head.seq), None)


def made_public(connection: sa.Connection, head: Head) -> dict[UUID, RecordedEvent]:
    """Return the first event that made each publication public, by the id of the `figures.published`."""
    found: dict[UUID, RecordedEvent] = {}
    for recorded in read.events_of_type(connection, head.operation, PublicationMadePublic.wire_type):
        assert isinstance(recorded.event.data, PublicationMadePublic)
        assert recorded.event.data.publication is not None, "the service fills it in"
        found.setdefault(recorded.event.data.publication, recorded)
    return found


def _shown(value: object) -> str:
    return f"others: {len(value)} in all" if isinstance(value, tuple) else str(value)


def _published_figure(figure: Figure) -> PublishedFigure:
    return PublishedFigure(
        measure=figure.measure,
        unit=figure.unit,
        quantity=figure.quantity,
        qualifier=figure.qualifier,
        force=figure.force,
        category=figure.category,
        least=figure.least,
        most=figure.most,
    )


def readable_publications(context: ReadContext) -> list[Publication]:
    """Return the publications that the credential of a context may read, by number."""
    found = read.events_of_type(context.connection, context.head.operation, WIRE_TYPE)
    now, public = context.database.now(context.connection), made_public(context.connection, context.head)
    publications = [
        Publication(operation=context.operation, recorded=one, public_by=public.get(one.event.id)) for one in found
    ]
    readable = [one for one in publications if context.is_coordinator or not is_embargoed(one.as_recorded, now)]
    return [_as_shown(context, one) for one in readable]
