"""An operation at a glance, now or at a past moment: its results so far, who is outstanding, what came in last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.access.credentials import Credential
from service.access.roles import OBSERVER
from service.domain.counting.completeness import Declarations, Outstanding, days_by_said, outstanding
from service.domain.counting.figures import WORDS, display, is_range, join
from service.domain.counting.rules import NOBODY
from service.domain.counting.selection import Selection
from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import Qualifier
from service.domain.statement.breakdown import NOT_ATTRIBUTED, RESIDUAL
from service.eventlog import read
from service.storage.db import Database
from service.usecases.overview.returns import measures_missing, planned_days
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.owed import Owed
from service.usecases.querying.publications import Publication, readable_publications
from service.usecases.querying.read_context import Position, ReadContext, combined_at
from service.usecases.querying.read_events import readable_forces, under_embargo
from service.usecases.querying.returns import Return, returns_at
from service.usecases.querying.totals import Figure, figures_at
from service.usecases.querying.visibility import leads

# What a coordinator is asked for first, in this order.
HEADLINES = ("arrests", "weapons", "drug_seizures", "vehicles", "cash")
BY_REASON = BY_DAY = "arrests"
LATEST = 5
# By hour, for operations of a few days. Those figures read the whole log, so a long one is asked for by itself.
MOST_DAYS_BY_HOUR = 7
MOST_EVENTS_BY_HOUR = 5_000
# The row of what was stated of all forces, and belongs to none.
NO_FORCE = Participant(force=NOBODY, name=NOT_ATTRIBUTED, kind=RESIDUAL, reports="nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of one force, or of all, in a table.

    Without a figure, `is_declared` states whether the returns make it a nought; otherwise nobody has spoken of it.
    `qualifier` takes into account that a return is outstanding: then more may come. `is_of_nobody`: it was stated of
    all forces and belongs to none, so nobody is to speak of it.
    """

    measure: str
    unit: str
    figure: Figure | None
    is_declared: bool
    qualifier: Qualifier
    is_of_nobody: bool = False

    @property
    def is_range(self) -> bool:
        """Whether both ends are known, and no return is outstanding."""
        return self.figure is not None and self.is_declared and is_range(self.qualifier, self.figure.most)

    @property
    def quantity(self) -> int:
        """The number, 0 without a figure."""
        return 0 if self.figure is None else self.figure.quantity

    @property
    def number(self) -> str:
        """The number with its unit but without its qualifier: `142`, `£6,210`, `30 to 40`, and `0` if that is declared.

        Empty if nobody has spoken of it.
        """
        if self.figure is not None and self.is_range:
            return display(self.quantity, self.unit, self.qualifier, most=self.figure.most)
        has_number = self.figure is not None or (self.is_declared and not self.is_of_nobody)
        return display(self.quantity, self.unit, "exact") if has_number else ""

    @property
    def words(self) -> str:
        """The qualifier in words, such as `at least`; empty if the figure is exact or a range."""
        return "" if self.is_range else WORDS[self.qualifier].format("").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceRow:
    """The headline figures of a force, and the returns that it owes for days that have ended."""

    force: Participant
    cells: tuple[Cell, ...]
    owed: tuple[Return, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """An operation at a position.

    `operation` has the forces and measures of its parts as well. `moment` is the one that it is shown at: `days` have
    begun by then, `ended_days` have ended, and `planned_days` are all as far as they are known. `returns` and `latest`
    are None for an observer; a force gets only its own events. `missing` has the measures that a return leaves out.
    Only the headlines state which returns are outstanding for them. `by_hour` is None for operations of more than a few
    days or of unknown dates, for a long log unless it was asked for, and for forces that do not lead: `has_hours` says
    whether there is something to ask for.
    """

    operation: Operation
    position: Position
    log_size: int
    moment: datetime
    is_coordinator: bool
    headlines: tuple[Cell, ...]
    others: tuple[Figure, ...]
    rows: tuple[ForceRow, ...]
    by_reason: tuple[Figure, ...]
    by_day: tuple[Figure, ...]
    by_hour: tuple[Figure, ...] | None
    has_hours: bool
    days: tuple[date, ...]
    planned_days: tuple[date, ...]
    ended_days: tuple[date, ...]
    owed: tuple[Outstanding, ...]
    returns: tuple[Return, ...] | None
    missing: Mapping[tuple[str, date], tuple[str, ...]]
    latest: tuple[RecordedEvent, ...] | None
    last_publication: Publication | None

    @property
    def is_running(self) -> bool:
        """Whether one of its days is not over yet, so that every figure may still grow."""
        return not self.operation.closed and self.operation.days.is_running_at(self.moment)

    @property
    def is_complete(self) -> bool:
        """Whether no force owes a return for a day that has begun."""
        return not any(cell.figure and cell.figure.outstanding for cell in self.headlines) and not self.owed


def read_overview(
    database: Database, *, operation: str, credential: Credential, moment: Moment, by_hour: bool = False
) -> Overview:
    """Return the overview of an operation, read in one transaction; `by_hour` asks for those figures of a long log too.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        connection, own = context.connection, found[0]
        combined = combined_at(found)
        owed = Owed.at(connection, combined, found, Selection())
        overall = figures_at(connection, found, Selection(), owed=owed)
        headlines = tuple(one for one in HEADLINES if one in combined.measures)
        by_force = figures_at(connection, found, Selection(by=("force",), measures=headlines))
        declared = owed.declarations[0]
        returns = returns_at(own, declared)
        days = tuple(own.operation.days_begun_by(own.begun_by))
        ended = tuple(own.operation.days_ended_by(own.begun_by))
        has_ended = frozenset(ended)
        is_observer = credential.role == OBSERVER
        return Overview(
            operation=combined,
            position=own,
            log_size=own.head.seq,
            moment=own.begun_by,
            is_coordinator=context.is_coordinator,
            headlines=tuple(_headline(overall, owed, combined.measures[one]) for one in headlines),
            others=tuple(one for one in overall if one.measure not in headlines),
            rows=tuple(_rows(combined, by_force, owed, headlines, [one for one in returns if one.day in has_ended])),
            by_reason=_figures(context, found, Selection(by=("category",), measures=(BY_REASON,))),
            by_day=_figures(context, found, Selection(by=("day",), measures=(BY_DAY,))),
            by_hour=_by_hour(context, found, asked=by_hour) if _has_hours(context, own, len(days)) else None,
            has_hours=_has_hours(context, own, len(days)),
            days=days,
            planned_days=planned_days(own),
            ended_days=ended,
            owed=tuple(_owed(own, declared, ended)),
            returns=None if is_observer else returns,
            missing=measures_missing(own.operation, declared),
            latest=None if is_observer else _latest(context, own),
            last_publication=_last_publication(context, own),
        )


def _headline(figures: Sequence[Figure], owed: Owed, measure: Measure) -> Cell:
    figure = next((one for one in figures if one.measure == measure.measure), None)
    return _cell(measure, figure, owed.of_figure(measure.measure, None, None))


def _rows(
    operation: Operation, by_force: Sequence[Figure], owed: Owed, measures: Sequence[str], ended: Sequence[Return]
) -> list[ForceRow]:
    figures = {(one.force, one.measure): one for one in by_force}
    rows = []
    for one in operation.participants.values():
        found = [figures.get((one.force, measure)) for measure in measures]
        if one.reports == "nothing" and not any(found):
            continue
        cells = (
            _cell(operation.measures[measure], figure, owed.of_figure(measure, one.force, None))
            for measure, figure in zip(measures, found, strict=True)
        )
        owing = tuple(cell for cell in ended if cell.force == one.force and not cell.is_done)
        rows.append(ForceRow(force=one, cells=tuple(cells), owed=owing))
    rest = [figures.get((None, measure)) for measure in measures]
    if any(rest):
        cells = (
            replace(_cell(operation.measures[measure], figure, ()), is_of_nobody=True)
            for measure, figure in zip(measures, rest, strict=True)
        )
        rows.append(ForceRow(force=NO_FORCE, cells=tuple(cells), owed=()))
    return rows


def _cell(measure: Measure, figure: Figure | None, waiting: Sequence[Outstanding]) -> Cell:
    qualifier: Qualifier = "exact" if figure is None else figure.qualifier
    return Cell(
        measure=measure.measure,
        unit=measure.unit,
        figure=figure,
        is_declared=not waiting,
        qualifier=join(qualifier, "at_least") if waiting else qualifier,
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


def _owed(own: Position, declared: Declarations, ended: Sequence[date]) -> list[Outstanding]:
    """Return who owes a return for a day that has ended."""
    forces = [one.force for one in own.operation.participants.values() if one.reports != "nothing"]
    by_said = days_by_said(declared, forces=forces, days=ended)
    return outstanding(by_said, days=ended, measures=tuple(own.operation.measures))


def _latest(context: ReadContext, own: Position) -> tuple[RecordedEvent, ...]:
    forces, hidden = readable_forces(context, ()), under_embargo(context)
    found = read.latest(
        context.connection, own.head.operation, up_to=own.seq, limit=LATEST + len(hidden), forces=forces
    )
    return tuple([one for one in found if one.seq not in hidden][:LATEST])


def _last_publication(context: ReadContext, own: Position) -> Publication | None:
    found = [one for one in readable_publications(context) if one.seq <= own.seq]
    return found[-1] if found else None
