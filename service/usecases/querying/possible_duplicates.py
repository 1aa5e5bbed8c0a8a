"""Possible duplicates: events that may be one. The coordinator sees pairs, a force its own events.

A pair is of two forces; or of two operations, where an operation has parts. Then it may even be of one force: an
arrest that a force posts into two operations is in the totals of each as it should be, and twice in those of the
whole, which nobody but the coordinator of the whole could see. Two events of one part are in that part's own list,
where its coordinator, who knows both forces, settles them for all.

Of a part a force learns only where it takes part itself: a pair with an event elsewhere is not shown to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.duplicates.evidence import GROUNDS, Evidence, evidence_of
from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation
from service.errors import Forbidden
from service.eventlog import read
from service.eventlog.head import Head
from service.projections.duplicates.ruled_out import pairs_ruled_out
from service.projections.duplicates.standing_candidates import StandingCandidates
from service.storage.db import Database
from service.usecases.querying.read_context import read_context
from service.usecases.querying.search_duplicates import Place, Search, Version
from service.usecases.querying.visibility import knows_of

DEFAULT_WINDOW_MINUTES = 30


class WindowNotYours(Forbidden):
    """Only the coordinator chooses the window: by trying several, a force could find out when another's event was."""

    code = "window_not_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """A pair, and what speaks for it. `events` are those of the two that the caller may read."""

    certainty: str
    evidence: Evidence
    events: tuple[RecordedEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicates:
    """Some possible duplicates, certain ones first; `next_after` continues behind them, None at the end.

    `heads` are those of the logs that were looked through: the operation's own, then those of its parts.
    """

    operation: Operation
    heads: tuple[Head, ...]
    window_minutes: int
    found: tuple[PossibleDuplicate, ...]
    next_after: Place | None


def possible_duplicates(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    window_minutes: int | None,
    after: Place | None,
    limit: int,
) -> PossibleDuplicates:
    """Return at most `limit` possible duplicates that nothing has settled; a force's own events are each shown once.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        WindowNotYours, NoSuchPosition: by what is asked.
    """
    with read_context(database, operation, credential) as context:
        connection, own = context.connection, None if context.is_coordinator else credential.force
        if own is not None and window_minutes is not None:
            raise WindowNotYours("Only the coordinator chooses the window.", pointer="/window_minutes")
        minutes = DEFAULT_WINDOW_MINUTES if window_minutes is None else window_minutes
        counted = context.positions()
        heads = [one.head for one in counted if own is None or knows_of(credential, one.operation)]
        ruled_out = pairs_ruled_out(connection, [one.head for one in counted])
        search = Search(StandingCandidates(connection, heads), minutes * 60, ruled_out)
        places = search.pairs(after) if own is None else search.own_events(own, after)
        some = list(islice(places, limit + 1))
        return PossibleDuplicates(
            operation=context.operation,
            heads=tuple(heads),
            window_minutes=minutes,
            found=tuple(_shown(connection, some[:limit], window_seconds=minutes * 60)),
            next_after=some[limit - 1] if len(some) > limit else None,
        )


def _shown(connection: sa.Connection, places: Sequence[Place], *, window_seconds: int) -> Iterator[PossibleDuplicate]:
    """Yield what stands at these places, the event recorded first ahead of the other."""
    recorded = _recorded(connection, {version for place in places for version in place.versions})
    for place in places:
        events = sorted((recorded[version] for version in place.versions), key=_by_moment)
        evidence = (
            evidence_of(events[0].event, events[1].event, window_seconds=window_seconds)
            if len(events) > 1
            else Evidence(same=GROUNDS[place.certainty])
        )
        yield PossibleDuplicate(certainty=place.certainty, evidence=evidence, events=tuple(events))


def _recorded(connection: sa.Connection, versions: set[Version]) -> dict[Version, RecordedEvent]:
    found = {}
    for operation in {operation for operation, _seq in versions}:
        seqs = {seq for name, seq in versions if name == operation}
        events = read.events_at(connection, operation, seqs)
        found.update({(operation, seq): event for seq, event in events.items()})
    return found


def _by_moment(recorded: RecordedEvent) -> tuple[datetime, str, int]:
    return recorded.recorded_at, recorded.operation, recorded.seq
