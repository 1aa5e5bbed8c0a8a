"""Possible duplicates: events that may record the same fact.

A pair has events of two forces, or of one that sent the same twice, or, in an operation with parts, of two operations.
The latter may have one force: an arrest that a force posts into two operations counts correctly in the totals of each,
but twice in those of the whole, which only the coordinator of the whole can see. Two events of one part are in that
part's list: its coordinator, who knows both forces, resolves them for all operations.

A force sees only pairs of its own events, in operations in which it takes part. Its answer depends on nothing that
others recorded: a force that learned of a pair with another's event could search for where and when that was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.deciding.decide import NotCoordinator
from service.domain.duplicates.evidence import Evidence, evidence_of
from service.domain.model.days import OperatingDays
from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation
from service.errors import Forbidden
from service.eventlog import read
from service.eventlog.head import Head
from service.projections.duplicates.ruled_out import pairs_ruled_out, rulings
from service.projections.duplicates.standing_candidates import StandingCandidates
from service.storage.db import Database
from service.usecases.querying.read_context import ReadContext, read_context
from service.usecases.querying.search_duplicates import DuplicateKey, DuplicateSearch, Version
from service.usecases.querying.visibility import knows_of

DEFAULT_WINDOW_MINUTES = 30


class WindowNotYours(Forbidden):
    """Only the coordinator chooses the window within which events are compared."""

    code = "window_not_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """A pair, and the evidence for it. `events` are its two events, the one recorded first before the other."""

    certainty: str
    evidence: Evidence
    events: tuple[RecordedEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicates:
    """A page of possible duplicates, certain ones first. `next_after` is the cursor of the next page; None at the end.

    `heads` are the heads of the logs searched: the operation's, then those of its parts.
    """

    operation: Operation
    heads: tuple[Head, ...]
    window_minutes: int
    found: tuple[PossibleDuplicate, ...]
    next_after: DuplicateKey | None


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A page of events that rule pairs out, by seq. `next_after` is the cursor of the next page; None at the end."""

    head: Head
    events: list[RecordedEvent]
    next_after: int | None


def possible_duplicates(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    window_minutes: int | None,
    after: DuplicateKey | None,
    limit: int,
) -> PossibleDuplicates:
    """Return at most `limit` unresolved possible duplicates. A force gets those of its own events alone.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        WindowNotYours: a force gave a window.
        NoSuchPosition: `after` is not a cursor of this list.
    """
    with read_context(database, operation, credential) as context:
        return duplicates_in(context, window_minutes=window_minutes, after=after, limit=limit)


def duplicates_in(
    context: ReadContext, *, window_minutes: int | None = None, after: DuplicateKey | None = None, limit: int
) -> PossibleDuplicates:
    """Return possible duplicates as `possible_duplicates` does, in an open transaction.

    Raises:
        WindowNotYours: a force gave a window.
        NoSuchPosition: `after` is not a cursor of this list.
    """
    connection, only_force = context.connection, None if context.is_coordinator else context.credential.force
    if only_force is not None and window_minutes is not None:
        raise WindowNotYours("Only the coordinator chooses the window.", pointer="/window_minutes")
    minutes = DEFAULT_WINDOW_MINUTES if window_minutes is None else window_minutes
    counted = context.positions()
    searched = [one for one in counted if only_force is None or knows_of(context.credential, one.operation)]
    days = {one.head.operation: one.operation.days for one in searched}
    ruled_out = pairs_ruled_out(connection, [one.head for one in counted])
    standing = StandingCandidates(connection, [(one.head, one.operation.days) for one in searched], force=only_force)
    search = DuplicateSearch(standing, minutes * 60, ruled_out)
    some = list(islice(search.pairs(after), limit + 1))
    return PossibleDuplicates(
        operation=context.operation,
        heads=tuple(one.head for one in searched),
        window_minutes=minutes,
        found=tuple(_shown(connection, some[:limit], days=days, window_seconds=minutes * 60)),
        next_after=some[limit - 1] if len(some) > limit else None,
    )


def list_ruled_out(database: Database, *, operation: str, credential: Credential, after: int, limit: int) -> RuledOut:
    """Return at most `limit` events with a seq above `after` that rule out a pair which is still ruled out.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotCoordinator: the credential is not one of the operation's coordinator.
    """
    with read_context(database, operation, credential) as context:
        return ruled_out_in(context, after=after, limit=limit)


def ruled_out_in(context: ReadContext, *, after: int = 0, limit: int) -> RuledOut:
    """Return the pairs ruled out as `list_ruled_out` does, in an open transaction.

    Raises:
        NotCoordinator: the credential is not one of the operation's coordinator.
    """
    if not context.is_coordinator:
        raise NotCoordinator(f"Only a coordinator of {context.operation.lead_force} sees the pairs ruled out.")
    head = context.head
    seqs = [seq for seq in sorted(rulings(context.connection, head).values()) if seq > after]
    found = read.events_at(context.connection, head.operation, seqs[:limit])
    return RuledOut(head, list(found.values()), seqs[limit - 1] if len(seqs) > limit else None)


def _shown(
    connection: sa.Connection,
    keys: Sequence[DuplicateKey],
    *,
    days: Mapping[str, OperatingDays],
    window_seconds: int,
) -> Iterator[PossibleDuplicate]:
    """Yield the possible duplicates with these keys, the event recorded first before the other."""
    recorded = _recorded(connection, {version for key in keys for version in key.versions})
    for key in keys:
        events = sorted((recorded[version] for version in key.versions), key=_by_moment)
        evidence = evidence_of(*events, days=days, window_seconds=window_seconds)
        yield PossibleDuplicate(certainty=key.certainty, evidence=evidence, events=tuple(events))


def _recorded(connection: sa.Connection, versions: set[Version]) -> dict[Version, RecordedEvent]:
    found = {}
    for operation in {operation for operation, _seq in versions}:
        seqs = {seq for name, seq in versions if name == operation}
        events = read.events_at(connection, operation, seqs)
        found.update({(operation, seq): event for seq, event in events.items()})
    return found


def _by_moment(recorded: RecordedEvent) -> tuple[datetime, str, int]:
    return recorded.recorded_at, recorded.operation, recorded.seq
