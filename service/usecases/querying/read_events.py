"""Reading the log: a force reads its own events, the coordinator all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.deciding.decide import NotYourForce
from service.domain.model.events import DATA_CLASSES, EventWithdrawn, RecordedEvent
from service.domain.model.operation import UnknownCode
from service.errors import NotFound
from service.eventlog import read
from service.eventlog.head import Head
from service.storage.db import Database
from service.usecases.querying.read_context import ReadContext, read_context
from service.wire.codec import as_json

EVENTS_IN_ONE_PAGE = 1_000


class EventNotFound(NotFound):
    """This operation has no event of this id that the credential may read."""

    code = "event_not_found"


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in the order of the log. `next_after` continues behind them; None at the end."""

    events: list[dict[str, Any]]
    next_after: int | None
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
    """Which events: of these forces and types; none means all that the credential may read."""

    forces: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def read_page(
    database: Database, *, operation: str, credential: Credential, wanted: Filter, after: int, limit: int
) -> Page:
    """Return at most `limit` events with a seq above `after`.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotYourForce, UnknownCode: by what is wanted.
    """
    with read_context(database, operation, credential) as context:
        head = context.head
        rows = read.page(
            context.connection,
            operation,
            after=after,
            up_to=head.seq,
            limit=limit + 1,
            forces=readable_forces(context, wanted.forces),
            types=_known_types(wanted.types),
        )
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([json.loads(text) for _seq, _force, text in rows], rows[-1][0] if more else None, head)


def stream_lines(
    database: Database, *, operation: str, credential: Credential, wanted: Filter, after: int
) -> Iterator[str]:
    """Return the canonical texts of the log, as lines, up to the head at the start; one short transaction a page.

    Raises:
        as `read_page`, before the first line.
    """
    with read_context(database, operation, credential) as context:
        forces, types = readable_forces(context, wanted.forces), _known_types(wanted.types)
    return _lines(database, context.head, forces, types, after)


def _lines(database: Database, head: Head, forces: Sequence[str], types: Sequence[str], after: int) -> Iterator[str]:
    while True:
        with database.reading() as connection:
            rows = read.page(
                connection,
                head.operation,
                after=after,
                up_to=head.seq,
                limit=EVENTS_IN_ONE_PAGE,
                forces=forces,
                types=types,
            )
        yield from (f"{text}\n" for _seq, _force, text in rows)
        if len(rows) < EVENTS_IN_ONE_PAGE:
            return
        after = rows[-1][0]


def read_event(database: Database, *, operation: str, credential: Credential, event_id: UUID) -> History:
    """Return one event with what has become of it.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        EventNotFound: it has no such event, or it is another force's.
    """
    with read_context(database, operation, credential) as context:
        found = read.event_by_id(context.connection, operation, event_id)
        if found is None or not (context.is_coordinator or found.event.force == credential.force):
            raise EventNotFound(f"This operation has no event {event_id} that this credential may read.")
        corrections = list(_corrections(context.connection, operation, event_id))
    last = corrections[-1] if corrections else found
    standing = None if isinstance(last.event.data, EventWithdrawn) else as_json(last)
    return History(as_json(found), [as_json(one) for one in corrections], standing, context.head.imported)


def readable_forces(context: ReadContext, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the forces whose events are meant: those wanted, or all that the credential may read (none: no limit).

    Raises:
        NotYourForce: a force asked for another's events.
        UnknownCode: the operation has no such force.
    """
    credential, operation = context.credential, context.operation
    if context.is_coordinator:
        for force in wanted:
            if force not in operation.participants and force != operation.lead_force:
                raise UnknownCode(f"Wanted a force of this operation, found {force!r}.", pointer="/force")
        return tuple(wanted)
    if set(wanted) - {credential.force}:
        raise NotYourForce(f"This credential reads the events of {credential.force}.", pointer="/force")
    return (credential.force,)


def _known_types(types: Sequence[str]) -> Sequence[str]:
    for one in types:
        if one not in DATA_CLASSES:
            raise UnknownCode(f"Wanted one of {', '.join(DATA_CLASSES)}; found {one!r}.", pointer="/type")
    return types


def _corrections(connection: sa.Connection, operation: str, event_id: UUID) -> Iterator[RecordedEvent]:
    while (correction := read.correction_of(connection, operation, event_id)) is not None:
        yield correction
        event_id = correction.event.id
