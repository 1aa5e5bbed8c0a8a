"""Reading the log: which events a credential may read, and the ways to read them.

A force reads its own events, the coordinator all events. A publication under embargo is read by the coordinator alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential, require_still_valid
from service.domain.deciding.decide import NotYourForce
from service.domain.model.events import DATA_CLASSES, EventWithdrawn, FiguresPublished, RecordedEvent
from service.domain.model.operation import UnknownCode
from service.errors import NotFound
from service.eventlog import read
from service.eventlog.cursors import Cursor, checked_cursor, require_unchanged
from service.eventlog.head import Head
from service.storage.db import Database
from service.usecases.querying.read_context import ReadContext, read_context
from service.usecases.querying.visibility import is_embargoed
from service.wire.codec import as_json

PAGE_SIZE = 1_000
# seq, force and canonical text of the events after a seq
ReadPage = Callable[..., list[tuple[int, str, str]]]


class EventNotFound(NotFound):
    """This operation has no event of this id that the credential may read."""

    code = "event_not_found"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of events in the order of the log. `next_after` is the seq after which the next begins; None at the end.

    `cursor` is of the same seq; at the end, of the head.
    """

    events: list[dict[str, Any]]
    next_after: int | None
    cursor: str
    head: Head


@dataclass(frozen=True, slots=True)
class History:
    """An event, its corrections in order, and its standing version; None if it was withdrawn."""

    event: dict[str, Any]
    corrections: list[dict[str, Any]]
    standing: dict[str, Any] | None
    imported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter of events by forces and types; empty means all that the credential may read."""

    forces: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def read_page(
    database: Database, *, operation: str, credential: Credential, wanted: Filter, after: Cursor, limit: int
) -> Page:
    """Return at most `limit` events with a seq above that of `after`.

    Raises:
        CursorOfAnotherHistory: the log does not have the events before the cursor.
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotYourForce, UnknownCode: the filter is invalid.
    """
    with read_context(database, operation, credential) as context:
        head = context.head
        if after.root:
            checked_cursor(context.connection, head, after, pointer="/after")
        rows = read.page(
            context.connection,
            operation,
            after=after.seq,
            up_to=head.seq,
            limit=limit + 1,
            forces=readable_forces(context, wanted.forces),
            types=_known_types(wanted.types),
        )
        hidden = under_embargo(context)
        more = len(rows) > limit
        rows = rows[:limit]
        reached = Cursor(rows[-1][0] if more else head.seq)
        cursor = checked_cursor(context.connection, head, reached, pointer="/after")
    events = [json.loads(text) for seq, _force, text in rows if seq not in hidden]
    return Page(events, reached.seq if more else None, cursor.text, head)


def stream_lines(
    database: Database, *, operation: str, credential: Credential, wanted: Filter, after: Cursor
) -> Iterator[str]:
    """Return the canonical texts of the log, as lines, up to the initial head; one short transaction per page.

    Raises:
        as `read_page`, before the first line; CredentialRevoked, CredentialExpired before any page; HistoryChanged
        before a page if the log has lost events that were to be read.
    """
    with read_context(database, operation, credential) as context:
        if after.root:
            checked_cursor(context.connection, context.head, after, pointer="/after")
        up_to = checked_cursor(context.connection, context.head, Cursor(context.head.seq), pointer="/after")
        hidden = under_embargo(context)
        page = partial(
            read.page,
            operation=operation,
            up_to=context.head.seq,
            limit=PAGE_SIZE,
            forces=readable_forces(context, wanted.forces),
            types=_known_types(wanted.types),
        )

    def checked_page(connection: sa.Connection, after: int) -> list[tuple[int, str, str]]:
        require_unchanged(connection, operation, up_to)
        return page(connection, after=after)

    return _lines(database, credential, checked_page, hidden, after.seq)


def _lines(
    database: Database, credential: Credential, page: ReadPage, hidden: Collection[int], after: int
) -> Iterator[str]:
    while True:
        with database.reading() as connection:
            require_still_valid(connection, credential)
            rows = page(connection, after=after)
        yield from (f"{text}\n" for seq, _force, text in rows if seq not in hidden)
        if len(rows) < PAGE_SIZE:
            return
        after = rows[-1][0]


def read_event(database: Database, *, operation: str, credential: Credential, event_id: UUID) -> History:
    """Return one event with its corrections and its standing version.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        EventNotFound: there is no such event, it belongs to another force, or it is under embargo.
    """
    with read_context(database, operation, credential) as context:
        found = read.event_by_id(context.connection, operation, event_id)
        if found is None or not may_read(context, found):
            raise EventNotFound(f"This operation has no event {event_id} that this credential may read.")
        corrections = list(read.corrections(context.connection, operation, event_id))
    last = corrections[-1] if corrections else found
    standing = None if isinstance(last.event.data, EventWithdrawn) else as_json(last)
    return History(as_json(found), [as_json(one) for one in corrections], standing, context.head.imported)


def readable_forces(context: ReadContext, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the forces whose events to read: those given, or all that the credential may read (empty: no limit).

    Raises:
        NotYourForce: a force asked for another's events.
        UnknownCode: the operation has no such force.
    """
    credential, operation = context.credential, context.operation
    if context.is_coordinator:
        for force in wanted:
            if force not in operation.participants and force != operation.lead_force:
                raise UnknownCode(f"Expected a force of this operation; found {force!r}.", pointer="/force")
        return tuple(wanted)
    if set(wanted) - {credential.force}:
        raise NotYourForce(f"This credential can read only the events of {credential.force}.", pointer="/force")
    return (credential.force,)


def under_embargo(context: ReadContext) -> frozenset[int]:
    """Return the seqs of the publications that the credential may not read yet.

    An embargo holds wherever an event can be read, and does not apply to the coordinator.
    """
    if context.is_coordinator or context.credential.force != context.operation.lead_force:
        # Publications are events of the lead force, which no other force reads.
        return frozenset()
    now = context.database.now(context.connection)
    found = read.events_of_type(context.connection, context.head.operation, FiguresPublished.wire_type)
    return frozenset(one.seq for one in found if _is_embargoed(one, now))


def may_read(context: ReadContext, found: RecordedEvent) -> bool:
    """Return whether the credential may read this event: it is its force's, and not under embargo."""
    if context.is_coordinator:
        return True
    if found.event.force != context.credential.force:
        return False
    published = isinstance(found.event.data, FiguresPublished)
    return not (published and _is_embargoed(found, context.database.now(context.connection)))


def _is_embargoed(recorded: RecordedEvent, now: datetime) -> bool:
    data = recorded.event.data
    return isinstance(data, FiguresPublished) and is_embargoed(data, now)


def _known_types(types: Sequence[str]) -> Sequence[str]:
    for one in types:
        if one not in DATA_CLASSES:
            raise UnknownCode(f"Expected one of {', '.join(DATA_CLASSES)}; found {one!r}.", pointer="/type")
    return types
