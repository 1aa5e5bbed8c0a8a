"""An operation at a glance, now or at a past moment: its results so far, who is outstanding, what came in last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.access.credentials import Credential
from service.access.roles import OBSERVER
from service.domain.counting.selection import Selection
from service.domain.model.days import ONE_DAY
from service.domain.model.events import RecordedEvent
from service.eventlog import read
from service.storage.db import Database
from service.usecases.overview.results import OperationResults, results_at
from service.usecases.overview.returns import measures_missing
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.publications import Publication, readable_publications
from service.usecases.querying.read_context import Position, ReadContext
from service.usecases.querying.read_events import readable_forces, under_embargo
from service.usecases.querying.returns import Return, WhichReturns, returns_at
from service.usecases.querying.totals import Figure, figures_at
from service.usecases.querying.visibility import leads

BY_REASON = BY_DAY = "arrests"
LATEST = 5
# By hour, for operations of a few days. Those figures read the whole log, so a long one is asked for by itself.
MOST_DAYS_BY_HOUR = 7
MOST_EVENTS_BY_HOUR = 5_000


@dataclass(frozen=True, kw_only=True)
class Overview(OperationResults):
    """The results of an operation at a position, and what a person wants to know beside them.

    `latest` is None for an observer, who is not shown returns either; a force gets only its own events. `missing` has
    the measures that a return leaves out. `by_hour` is None for operations of more than a few days or of unknown dates,
    for a long log unless it was asked for, and for forces that do not lead: `has_hours` says whether there is something
    to ask for.
    """

    by_reason: tuple[Figure, ...]
    by_day: tuple[Figure, ...]
    by_hour: tuple[Figure, ...] | None
    has_hours: bool
    shows_returns: bool
    missing: Mapping[tuple[str, date], tuple[str, ...]]
    latest: tuple[RecordedEvent, ...] | None
    last_publication: Publication | None

    def returns_for(self, days: Collection[date]) -> dict[tuple[str, date], Return]:
        """Return the returns of the forces for these days, as far as they have begun; none if they are not shown."""
        if not days or not self.shows_returns:
            return {}
        which = WhichReturns(day_from=min(days), day_before=max(days) + ONE_DAY)
        return {(one.force, one.day): one for one in returns_at(self.position, self.declarations, which)}


def read_overview(
    database: Database, *, operation: str, credential: Credential, moment: Moment, by_hour: bool = False
) -> Overview:
    """Return the overview of an operation, read in one transaction; `by_hour` asks for those figures of a long log too.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        own, results = found[0], results_at(context, found)
        is_observer = credential.role == OBSERVER
        has_hours = _has_hours(context, own, len(results.days))
        return Overview(
            **vars(results),
            by_reason=_figures(context, found, Selection(by=("category",), measures=(BY_REASON,))),
            by_day=_figures(context, found, Selection(by=("day",), measures=(BY_DAY,))),
            by_hour=_by_hour(context, found, asked=by_hour) if has_hours else None,
            has_hours=has_hours,
            shows_returns=not is_observer,
            missing=measures_missing(own.operation, results.declarations),
            latest=None if is_observer else _latest(context, own),
            last_publication=_last_publication(context, own),
        )


def _figures(context: ReadContext, found: Sequence[Position], selection: Selection) -> tuple[Figure, ...]:
    if not set(selection.measures) <= set(found[0].operation.measures):
        return ()
    return tuple(figures_at(context.connection, found, selection))


def _has_hours(context: ReadContext, own: Position, days: int) -> bool:
    """Return whether there are figures by hour: for few days, and for the lead force; others could time an event."""
    return own.operation.dates_known and 0 < days <= MOST_DAYS_BY_HOUR and leads(context.credential, own.operation)


def _by_hour(context: ReadContext, found: Sequence[Position], *, asked: bool) -> tuple[Figure, ...] | None:
    if sum(position.seq for position in found) > MOST_EVENTS_BY_HOUR and not asked:
        return None
    return _figures(context, found, Selection(by=("hour",), measures=(BY_DAY,)))


def _latest(context: ReadContext, own: Position) -> tuple[RecordedEvent, ...]:
    forces, hidden = readable_forces(context, ()), under_embargo(context)
    found = read.latest(
        context.connection, own.head.operation, up_to=own.seq, limit=LATEST + len(hidden), forces=forces
    )
    return tuple([one for one in found if one.seq not in hidden][:LATEST])


def _last_publication(context: ReadContext, own: Position) -> Publication | None:
    found = [one for one in readable_publications(context) if one.seq <= own.seq]
    return found[-1] if found else None
