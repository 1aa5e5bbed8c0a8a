"""What speaks for and against publishing now: the statement, what came in since, and what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.access.credentials import Credential
from service.domain.model.events import FACTS, Event, EventWithdrawn, RecordedEvent
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import PublicationLabel
from service.eventlog import read
from service.storage.db import Database
from service.usecases.querying.difference import PublicationDifference, difference
from service.usecases.querying.possible_duplicates import possible_duplicates
from service.usecases.querying.publications import Publication, readable_publications
from service.usecases.querying.read_context import Position, read_context
from service.usecases.querying.statement import StatementAnswer, preview_statement
from service.wire.codec import recorded_from_text

# A coordinator reads some of what came in, and decides some pairs; more than that is only counted.
MOST_SHOWN = 20
MOST_PAIRS = 100
# Looking for unusual values compares all facts with each other.
MOST_FACTS = 20_000
FACTS_AND_CORRECTIONS = (*(cls.wire_type for cls in FACTS), EventWithdrawn.wire_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationPreview:
    """A publication before it is made.

    `seq` is the event that it would be as of. `since` are the first 20 of the `came_in` events after it. `pairs` counts
    the possible duplicates, at most 100 of them. `facts` are the standing versions of all facts by then, with their
    seqs; None if there are too many to compare.
    """

    operation: Operation
    answer: StatementAnswer
    seq: int
    now: datetime
    came_in: int
    since: tuple[RecordedEvent, ...]
    pairs: int
    facts: tuple[RecordedEvent, ...] | None

    @property
    def events(self) -> list[Event]:
        """The facts as events."""
        return [one.event for one in self.facts or ()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The publications that a credential may read, newest first. `since` has what changed, for the newest of them."""

    operation: Operation
    position: Position
    now: datetime
    is_coordinator: bool
    publications: tuple[Publication, ...]
    since: dict[int, PublicationDifference]


def read_preview(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    as_of_seq: int,
    label: PublicationLabel | None = None,
) -> PublicationPreview:
    """Return the publication that the coordinator would make as of a seq, and what to look at before.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotCoordinator: the credential may not publish.
        AsOfBeyondLog: the log does not have this seq yet.
    """
    answer = preview_statement(database, operation=operation, credential=credential, as_of_seq=as_of_seq, label=label)
    pairs = possible_duplicates(
        database, operation=operation, credential=credential, window_minutes=None, after=None, limit=MOST_PAIRS
    )
    seq = answer.positions[0].seq
    with read_context(database, operation, credential) as context:
        connection, head = context.connection, context.head
        rows = read.page(connection, operation, after=seq, up_to=head.seq, limit=MOST_SHOWN)
        found = read.page(connection, operation, after=0, up_to=seq, limit=MOST_FACTS + 1, types=FACTS_AND_CORRECTIONS)
        now = database.now(connection)
    return PublicationPreview(
        operation=context.operation,
        answer=answer,
        seq=seq,
        now=now,
        came_in=head.seq - seq,
        since=tuple(recorded_from_text(text) for _seq, _force, text in rows),
        pairs=len(pairs.found),
        facts=_standing([text for _seq, _force, text in found]) if len(found) <= MOST_FACTS else None,
    )


def list_published(database: Database, *, operation: str, credential: Credential, most: int) -> Published:
    """Return the publications that the credential may read, newest first, with what changed since the newest `most`.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        found = tuple(reversed(readable_publications(context)))
        now, position = database.now(context.connection), context.positions()[0]
    since = {}
    for one in found[:most]:
        number = one.published.number or 0
        since[number] = difference(
            database, operation=operation, credential=credential, number=number, after=0, limit=1
        )
    return Published(
        operation=context.operation,
        position=position,
        now=now,
        is_coordinator=context.is_coordinator,
        publications=found,
        since=since,
    )


def _standing(texts: Sequence[str]) -> tuple[RecordedEvent, ...]:
    """Return the standing versions of facts, in the order of the log."""
    standing: dict[UUID, RecordedEvent] = {}
    for recorded in map(recorded_from_text, texts):
        if recorded.event.corrects is not None:
            standing.pop(recorded.event.corrects, None)
        if isinstance(recorded.event.data, FACTS):
            standing[recorded.event.id] = recorded
    return tuple(standing.values())
