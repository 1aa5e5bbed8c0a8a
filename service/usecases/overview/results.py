"""The headline figures of an operation at a position, over all forces and of each, and the returns owed for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.access.credentials import Credential
from service.domain.counting.completeness import Declarations, Outstanding, days_by_said, outstanding
from service.domain.counting.figures import WORDS, display, is_range, join
from service.domain.counting.rules import NOBODY
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import Qualifier
from service.domain.statement.breakdown import NOT_ATTRIBUTED, RESIDUAL
from service.storage.db import Database
from service.usecases.overview.returns import planned_days
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.owed import Owed
from service.usecases.querying.read_context import Position, ReadContext, combined_at
from service.usecases.querying.totals import Figure, figures_at

# What a coordinator is asked for first, in this order.
HEADLINES = ("arrests", "weapons", "drug_seizures", "vehicles", "cash")
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
    """The headline figures of a force, and the days that have ended for which it owes a return."""

    force: Participant
    cells: tuple[Cell, ...]
    owed: tuple[date, ...]


@dataclass(frozen=True, kw_only=True)
class OperationResults:
    """The results of an operation at a position.

    `operation` has the forces and measures of its parts as well. `moment` is the one that it is shown at: `days` have
    begun by then, `ended_days` have ended, and `planned_days` are all as far as they are known. `others` are the
    figures over all forces that are no headlines. `owed` are the returns for days that have ended. Only the headlines
    state which returns are outstanding for them. `declarations` are those of the operation itself, without its parts.
    """

    operation: Operation
    position: Position
    log_size: int
    moment: datetime
    is_coordinator: bool
    headlines: tuple[Cell, ...]
    others: tuple[Figure, ...]
    rows: tuple[ForceRow, ...]
    days: tuple[date, ...]
    planned_days: tuple[date, ...]
    ended_days: tuple[date, ...]
    owed: tuple[Outstanding, ...]
    declarations: Declarations

    @property
    def is_running(self) -> bool:
        """Whether one of its days is not over yet, so that every figure may still grow."""
        return not self.operation.closed and self.operation.days.is_running_at(self.moment)

    @property
    def is_complete(self) -> bool:
        """Whether no force owes a return for a day that has begun."""
        return not any(cell.figure and cell.figure.outstanding for cell in self.headlines) and not self.owed


def read_results(database: Database, *, operation: str, credential: Credential, moment: Moment) -> OperationResults:
    """Return the results of an operation, read in one transaction.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        return results_at(context, found)


def results_at(context: ReadContext, found: Sequence[Position]) -> OperationResults:
    """Return the results of an operation at its position and those of its parts, its own first."""
    connection, own = context.connection, found[0]
    combined = combined_at(found)
    owed = Owed.at(connection, combined, found, Selection())
    overall = figures_at(connection, found, Selection(), owed=owed)
    headlines = tuple(one for one in HEADLINES if one in combined.measures)
    by_force = figures_at(connection, found, Selection(by=("force",), measures=headlines))
    declared = owed.declarations[0]
    ended = tuple(own.operation.days_ended_by(own.begun_by))
    owing = tuple(_owed(own, declared, ended))
    return OperationResults(
        operation=combined,
        position=own,
        log_size=own.head.seq,
        moment=own.begun_by,
        is_coordinator=context.is_coordinator,
        headlines=tuple(_headline(overall, owed, combined.measures[one]) for one in headlines),
        others=tuple(one for one in overall if one.measure not in headlines),
        rows=tuple(_rows(combined, by_force, owed, headlines, {one.force: one.days for one in owing})),
        days=tuple(own.operation.days_begun_by(own.begun_by)),
        planned_days=planned_days(own),
        ended_days=ended,
        owed=owing,
        declarations=declared,
    )


def _headline(figures: Sequence[Figure], owed: Owed, measure: Measure) -> Cell:
    figure = next((one for one in figures if one.measure == measure.measure), None)
    return _cell(measure, figure, owed.of_figure(measure.measure, None, None))


def _rows(
    operation: Operation,
    by_force: Sequence[Figure],
    owed: Owed,
    measures: Sequence[str],
    owing: Mapping[str, tuple[date, ...]],
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
        rows.append(ForceRow(force=one, cells=tuple(cells), owed=owing.get(one.force, ())))
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


def _owed(own: Position, declared: Declarations, ended: Sequence[date]) -> list[Outstanding]:
    """Return who owes a return for a day that has ended."""
    forces = [one.force for one in own.operation.reporting]
    by_said = days_by_said(declared, forces=forces, days=ended)
    return outstanding(by_said, days=ended, measures=tuple(own.operation.measures))
