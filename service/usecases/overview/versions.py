"""One event with everything that became of it: its versions in order, each with its receipt and text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.model.events import FACTS, EventWithdrawn, RecordedEvent
from service.domain.model.operation import Operation
from service.eventlog import read
from service.eventlog.receipts import Receipt, receipts_of
from service.storage.db import Database
from service.usecases.querying.read_context import Position, read_context
from service.usecases.querying.read_events import EventNotFound, may_read
from service.wire.codec import text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an event, with the receipt that its sender got and its text as it was hashed."""

    recorded: RecordedEvent
    receipt: Receipt
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """An event from its first version to its last, which may be a withdrawal. `asked` is the one that was asked for."""

    operation: Operation
    position: Position
    moment: datetime
    is_coordinator: bool
    asked: Version
    versions: tuple[Version, ...]

    @property
    def last(self) -> Version:
        """The newest version; a withdrawal if the event was withdrawn."""
        return self.versions[-1]

    @property
    def is_withdrawn(self) -> bool:
        """Whether the event no longer counts."""
        return isinstance(self.last.recorded.event.data, EventWithdrawn)

    @property
    def is_correctable(self) -> bool:
        """Whether the last version can be corrected or withdrawn."""
        return isinstance(self.last.recorded.event.data, FACTS)


def read_versions(database: Database, *, operation: str, credential: Credential, event_id: UUID) -> Versions:
    """Return an event with all its versions, whichever of them has this id.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        EventNotFound: there is no such event, it belongs to another force, or it is under embargo.
    """
    with read_context(database, operation, credential) as context:
        connection = context.connection
        asked = read.event_by_id(connection, operation, event_id)
        if asked is None or not may_read(context, asked):
            raise EventNotFound(f"This operation has no event {event_id} that this credential may read.")
        found = [*reversed(list(_before(connection, asked))), asked, *read.corrections(connection, operation, event_id)]
        versions = tuple(
            Version(recorded=one, receipt=receipt, text=text_of(one))
            for one, receipt in zip(found, receipts_of(connection, context.head, found), strict=True)
        )
        return Versions(
            operation=context.operation,
            position=context.positions()[0],
            moment=database.now(connection),
            is_coordinator=context.is_coordinator,
            asked=next(one for one in versions if one.recorded is asked),
            versions=versions,
        )


def _before(connection: sa.Connection, recorded: RecordedEvent) -> Iterator[RecordedEvent]:
    """Yield the versions before this one, newest first."""
    while recorded.event.corrects is not None:
        found = read.event_by_id(connection, recorded.operation, recorded.event.corrects)
        assert found is not None, "a correction names an event of its log"
        yield found
        recorded = found
