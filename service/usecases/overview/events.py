"""The events of an operation, or those that a figure is made of, newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.access.credentials import Credential, require_still_valid
from service.domain.counting.figures import display
from service.domain.counting.selection import Selection, check_selection
from service.domain.counting.stated import Known
from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation
from service.eventlog import read
from service.projections import versions
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.read_context import Position, ReadContext
from service.usecases.querying.read_events import readable_forces, under_embargo
from service.usecases.querying.totals import Figure, figures_at

PAGE_SIZE = 50
FILE_PAGE_SIZE = 1_000
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An event in a list. `replaced_by` corrects or withdraws it; `adds` is what it adds to the figure, in words."""

    recorded: RecordedEvent
    replaced_by: RecordedEvent | None
    adds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """A page of events, newest first. `newer` and `older` are the cursors of the pages beside it, None at an end.

    `figure` is the figure that the selection asks for, if it is a single one, of this operation without its parts:
    `standing` events make it up, and `replaced` ones no longer count. Both are None without a selection.
    """

    operation: Operation
    position: Position
    is_coordinator: bool
    events: tuple[Listed, ...]
    newer: int | None
    older: int | None
    figure: Figure | None
    standing: int | None
    replaced: int | None


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page begins: after the newest event, before a seq, or, read backwards, after a seq."""

    before: int | None = None
    after: int | None = None


def list_events(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    selection: Selection,
    moment: Moment,
    cursor: PageStart,
    limit: int = PAGE_SIZE,
) -> EventList:
    """Return a page of the events that the credential may read: those of a figure, or all.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotYourForce: a force asked for another's events.
        UnknownCode: the selection names a code that the operation does not have.
        AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        own = found[0]
        wanted = _readable(context, selection)
        check_selection(selection, own.operation)
        is_figure = _is_of_a_figure(selection)
        seqs = _seqs(context, own, wanted, cursor=cursor, limit=limit)
        shown = seqs[:limit] if cursor.after is None else seqs[-limit:]
        hidden = _hidden(context, shown)
        numbers = versions.numbers(context.connection, own.head, wanted, up_to=own.seq) if is_figure else None
        return EventList(
            operation=own.operation,
            position=own,
            is_coordinator=context.is_coordinator,
            events=tuple(_listed(context, own, wanted, [seq for seq in shown if seq not in hidden])),
            newer=_newer(seqs, shown, cursor),
            older=shown[-1] if shown and (len(seqs) > limit or cursor.after is not None) else None,
            figure=_figure(context, own, wanted) if selection.measures else None,
            standing=None if numbers is None else numbers.versions - numbers.replaced,
            replaced=None if numbers is None else numbers.replaced,
        )


def event_lines(
    database: Database, *, operation: str, credential: Credential, selection: Selection, moment: Moment
) -> Iterator[str]:
    """Yield the canonical texts of the same events as all pages of `list_events`; one short transaction per page.

    Raises:
        as `list_events`; CredentialRevoked, CredentialExpired before any page.
    """
    cursor = PageStart()
    while True:
        with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
            require_still_valid(context.connection, credential)
            wanted = _readable(context, selection)
            seqs = _seqs(context, found[0], wanted, cursor=cursor, limit=FILE_PAGE_SIZE)
            hidden = _hidden(context, seqs[:FILE_PAGE_SIZE])
            shown = [seq for seq in seqs[:FILE_PAGE_SIZE] if seq not in hidden]
            texts = read.texts(context.connection, operation, shown)
        yield from reversed(texts)
        if len(seqs) <= FILE_PAGE_SIZE:
            return
        # What is recorded in the meantime comes before this page.
        cursor = PageStart(before=seqs[FILE_PAGE_SIZE - 1])


def _readable(context: ReadContext, selection: Selection) -> Selection:
    """Return the selection within what the credential may read."""
    return Selection(
        measures=selection.measures,
        forces=readable_forces(context, selection.forces),
        categories=selection.categories,
        day_from=selection.day_from,
        day_before=selection.day_before,
    )


def _hidden(context: ReadContext, seqs: Sequence[int]) -> frozenset[int]:
    """Return which of these events the credential may not read: under embargo, or wholes that count for its force."""
    hidden = under_embargo(context)
    if context.is_coordinator:
        return hidden
    found = read.events_at(context.connection, context.head.operation, seqs)
    return hidden | {seq for seq, one in found.items() if one.event.force != context.credential.force}


def _is_of_a_figure(selection: Selection) -> bool:
    return bool(selection.measures or selection.categories or selection.day_from)


def _seqs(context: ReadContext, own: Position, selection: Selection, *, cursor: PageStart, limit: int) -> Sequence[int]:
    """Return the seqs of a page and one more, if there is one; publications under embargo are among them."""
    connection, name = context.connection, own.head.operation
    if _is_of_a_figure(selection):
        before = cursor.before or own.seq + 1
        return versions.version_seqs(
            connection, own.head, selection, up_to=own.seq, after=cursor.after or 0, before=before, limit=limit + 1
        )
    if cursor.after is not None:
        forces = selection.forces
        rows = read.page(connection, name, after=cursor.after, up_to=own.seq, limit=limit + 1, forces=forces)
        return [seq for seq, _force, _text in reversed(rows)]
    up_to = own.seq if cursor.before is None else min(own.seq, cursor.before - 1)
    return read.latest_seqs(connection, name, up_to=up_to, limit=limit + 1, forces=selection.forces)


def _newer(seqs: Sequence[int], shown: Sequence[int], cursor: PageStart) -> int | None:
    if cursor.after is not None:
        return shown[0] if len(seqs) > len(shown) else None
    return shown[0] if shown and cursor.before is not None else None


def _listed(context: ReadContext, own: Position, selection: Selection, seqs: Sequence[int]) -> Iterator[Listed]:
    found = read.events_at(context.connection, own.head.operation, seqs)
    ids = [one.event.id for one in found.values()]
    replaced = read.history(context.connection, own.head.operation, ids).corrected_by if ids else {}
    adds = versions.counted(context.connection, own.head, selection, list(seqs)) if selection.measures else {}
    for seq in seqs:
        by = replaced.get(found[seq].event.id)
        yield Listed(
            recorded=found[seq],
            replaced_by=by if by is not None and by.seq <= own.seq else None,
            adds=_in_words(adds[seq], own.operation, selection) if seq in adds else "",
        )


def _in_words(adds: Known, operation: Operation, selection: Selection) -> str:
    category = selection.categories[0] if selection.categories else None
    unit = operation.measures[selection.measures[0]].unit
    return display(adds.quantity, unit, adds.qualifier, category, most=adds.most)


def _figure(context: ReadContext, own: Position, selection: Selection) -> Figure | None:
    found = figures_at(context.connection, [own], selection)
    return found[0] if len(found) == 1 else None
