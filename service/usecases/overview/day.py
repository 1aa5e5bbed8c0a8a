"""One day of one force: what it has sent, the figures of that, and its return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from service.access.credentials import Credential
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation
from service.errors import NotFound
from service.projections import versions
from service.projections.returns import declarations
from service.storage.db import Database
from service.usecases.overview.events import EventList, PageStart, list_events
from service.usecases.overview.returns import main_measures, measures_missing
from service.usecases.querying.as_of import Moment
from service.usecases.querying.read_context import Position, read_context
from service.usecases.querying.returns import Return, WhichReturns, returns_at
from service.usecases.querying.totals import Figure, figures_at

ONE_DAY = timedelta(days=1)
LATEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A force's own day. `days` are those that have begun; `day` is None if none has.

    `standing` counts the events of the day that count; `returns` are the force's, by day. `missing` has the
    measures that the return of the day leaves out, where it covers some.
    """

    operation: Operation
    position: Position
    moment: datetime
    days: tuple[date, ...]
    ended_days: tuple[date, ...]
    day: date | None
    figures: tuple[Figure, ...]
    standing: int
    returns: dict[date, Return]
    missing: tuple[str, ...]
    latest: EventList


class NoSuchDay(NotFound):
    """The operation has no such day, or it has not begun."""

    code = "no_such_day"


def read_day(database: Database, *, operation: str, credential: Credential, day: date | None) -> Day:
    """Return a day of the credential's own force: the one given, or else the last that has begun.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NoSuchDay: the operation has no such day, or it has not begun.
    """
    with read_context(database, operation, credential) as context:
        moment = database.now(context.connection)
        own = context.positions(begun_by=moment)[0]
        days = tuple(own.operation.days_begun_by(moment))
        if day is not None and day not in days:
            raise NoSuchDay(f"Expected a day of {operation} that has begun; found {day}.")
        day = day or (days[-1] if days else None)
        selection = _of_day(credential.force, day)
        is_known = credential.force in own.operation.participants and day is not None
        figures = tuple(figures_at(context.connection, [own], selection)) if is_known else ()
        numbers = versions.numbers(context.connection, own.head, selection, up_to=own.seq)
        declared = declarations(context.connection, own.head, up_to=own.seq, force=credential.force)
    missing = measures_missing(own.operation, declared)
    latest = list_events(
        database,
        operation=operation,
        credential=replace(credential, role="force"),
        selection=Selection(day_from=selection.day_from, day_before=selection.day_before),
        moment=Moment(),
        cursor=PageStart(),
        limit=LATEST,
    )
    return Day(
        operation=own.operation,
        position=own,
        moment=moment,
        days=days,
        ended_days=tuple(own.operation.days_ended_by(moment)),
        day=day,
        figures=_sums(own.operation, figures),
        standing=numbers.versions - numbers.replaced if day is not None else 0,
        returns={one.day: one for one in returns_at(own, declared, WhichReturns(forces=(credential.force,)))},
        missing=missing.get((credential.force, day), ()) if day else (),
        latest=latest,
    )


def _sums(operation: Operation, figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Return the figures that are sums, without second views of others."""
    shown = main_measures(operation, {one.measure for one in figures})
    return tuple(one for one in figures if one.measure in shown and operation.measures[one.measure].additive)


def _of_day(force: str, day: date | None) -> Selection:
    day_before = None if day is None else day + ONE_DAY
    return Selection(forces=(force,), day_from=day, day_before=day_before)
