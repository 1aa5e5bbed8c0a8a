"""An operation at two moments: its headline figures, over all forces and of each, and how much they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.access.credentials import Credential
from service.domain.model.operation import Participant
from service.domain.model.reference_data import Measure
from service.storage.db import Database
from service.usecases.overview.results import Cell, OperationResults, read_results
from service.usecases.querying.as_of import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureThenAndNow:
    """One figure at both moments; None at a moment at which the operation did not count it, or not for this force."""

    measure: Measure
    then: Cell | None
    now: Cell | None

    @property
    def more(self) -> int:
        """How much larger the figure is at the later moment, in the measure's unit; negative if it is smaller."""
        return (0 if self.now is None else self.now.quantity) - (0 if self.then is None else self.then.quantity)

    @property
    def is_only_of_end(self) -> bool:
        """Whether both are ranges, of which only the upper end differs."""
        then, now = ((one.figure if one and one.is_range else None) for one in (self.then, self.now))
        return then is not None and now is not None and then.quantity == now.quantity and then.most != now.most


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRow:
    """The headline figures of a force at both moments, in the order of the headlines."""

    force: Participant
    changes: tuple[FigureThenAndNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThenAndNow:
    """An operation at two moments, the earlier first. The rows are those of both, in the later one's order."""

    then: OperationResults
    now: OperationResults
    headlines: tuple[FigureThenAndNow, ...]
    rows: tuple[ChangedRow, ...]


def read_then_and_now(
    database: Database, *, operation: str, credential: Credential, moments: tuple[Moment, Moment]
) -> ThenAndNow:
    """Return an operation at two moments, in whichever order they are given.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: a moment is invalid.
    """
    found = [read_results(database, operation=operation, credential=credential, moment=one) for one in moments]
    then, now = sorted(found, key=lambda one: (one.position.seq, one.moment))
    measures = {
        cell.measure: one.operation.measures[cell.measure] for one in (then, now) for cell in one.headlines
    }.values()
    then_all, now_all = _by_measure(then.headlines), _by_measure(now.headlines)
    return ThenAndNow(
        then=then,
        now=now,
        headlines=tuple(
            FigureThenAndNow(measure=one, then=then_all.get(one.measure), now=now_all.get(one.measure))
            for one in measures
        ),
        rows=tuple(_rows(then, now, tuple(measures))),
    )


def _rows(then: OperationResults, now: OperationResults, measures: tuple[Measure, ...]) -> Iterator[ChangedRow]:
    before = {row.force.force: row for row in then.rows}
    after = {row.force.force: row for row in now.rows}
    for force in [*after, *(one for one in before if one not in after)]:
        sides = [_by_measure(rows[force].cells) if force in rows else {} for rows in (before, after)]
        changes = (
            FigureThenAndNow(measure=one, then=sides[0].get(one.measure), now=sides[1].get(one.measure))
            for one in measures
        )
        yield ChangedRow(force=(after.get(force) or before[force]).force, changes=tuple(changes))


def _by_measure(cells: tuple[Cell, ...]) -> dict[str, Cell]:
    return {one.measure: one for one in cells}
