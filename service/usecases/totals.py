"""The totals of an operation, now or as of a past moment; each figure says who is outstanding for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.access.credentials import Credential
from service.db import Database
from service.domain.completeness import Declarations, Outstanding, outstanding
from service.domain.figures import display, join_all
from service.domain.operation import Operation
from service.eventlog import read
from service.projections.returns import declarations
from service.projections.sums import Selection, Sum, sums
from service.usecases.as_of import Moment, Standpoint, resolve, stand_at
from service.usecases.check_selection import check_selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `force`, `day` and `category` are None where it is over all of them.

    With `day` among the dimensions asked for, a figure without a day is of activities that cover more than one.
    """

    measure: str
    unit: str
    force: str | None
    day: date | None
    category: str | None
    quantity: int
    qualifier: str
    display: str
    outstanding: tuple[Outstanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The answer: figures in publishing order, the log position they are true at, and who is outstanding for any."""

    operation: Operation
    seq: int
    recorded_at: datetime
    root: str
    log_size: int
    by: tuple[str, ...]
    figures: tuple[Figure, ...]
    outstanding: tuple[Outstanding, ...]


def totals(
    database: Database, *, operation: str, credential: Credential, selection: Selection, moment: Moment
) -> Totals:
    """Return the operation's totals at a moment.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog: by the moment.
        UnknownDimension, NotInOperation, UnknownCode: by the selection.
    """
    as_of_seq = resolve(database, operation, credential, moment)
    with database.snapshot() as connection:
        stand = stand_at(
            connection, database, operation=operation, credential=credential, moment=moment, as_of_seq=as_of_seq
        )
        return totals_at(connection, stand, selection)


def totals_at(connection: sa.Connection, stand: Standpoint, selection: Selection) -> Totals:
    """Return the totals that a standpoint in this snapshot shows.

    Raises:
        UnknownCode: by the selection.
    """
    state, head = stand.operation, stand.head
    check_selection(selection, state)
    rows = sums(connection, head, selection, up_to=stand.seq, by_category=_not_additive(state))
    ledger = _Returns(
        operation=state,
        selection=selection,
        declarations=declarations(connection, head.operation, head.generation, up_to=stand.seq),
        moment=stand.moment,
    )
    return Totals(
        operation=state,
        seq=stand.seq,
        recorded_at=stand.recorded_at,
        root=read.tree_at(connection, head.operation, stand.seq).root().hex(),
        log_size=head.seq,
        by=selection.by,
        figures=tuple(_figures(rows, state, selection, ledger)),
        outstanding=tuple(ledger.owed(selection.measures or tuple(state.measures))),
    )


class _Key(NamedTuple):
    measure: str
    force: str | None
    day: str | None
    category: str | None


@dataclass(slots=True)
class _Returns:
    """Who owes which returns, by measure; each measure is looked through once."""

    operation: Operation
    selection: Selection
    declarations: Declarations
    moment: datetime
    by_measures: dict[tuple[str, ...], list[Outstanding]] = field(default_factory=dict)

    def owed(self, measures: tuple[str, ...]) -> list[Outstanding]:
        if measures not in self.by_measures:
            days = [day for day in self.operation.days.begun_by(self.moment) if self.selection.spans(day)]
            forces = [force for force in _reporting(self.operation) if _selected(force, self.selection)]
            self.by_measures[measures] = outstanding(self.declarations, forces=forces, days=days, measures=measures)
        return self.by_measures[measures]

    def owed_for(self, measure: str, force: str | None, day: date | None) -> tuple[Outstanding, ...]:
        found = self.owed((measure,))
        if force is not None:
            found = [one for one in found if one.force == force]
        if day is not None:
            found = [Outstanding(one.force, (day,)) for one in found if day in one.days]
        return tuple(found)


def _figures(rows: Sequence[Sum], operation: Operation, selection: Selection, returns: _Returns) -> Iterable[Figure]:
    grouped: dict[_Key, list[Sum]] = {}
    for row in rows:
        for category in _shown_under(row, operation, selection):
            grouped.setdefault(_Key(row.measure, row.force, row.day, category), []).append(row)
    for key in sorted(grouped, key=lambda key: _publishing_order(key, operation)):
        yield _figure(key, grouped[key], operation, returns)


def _figure(key: _Key, rows: Sequence[Sum], operation: Operation, returns: _Returns) -> Figure:
    quantity, qualifier = sum(row.quantity for row in rows), join_all(row.qualifier for row in rows)
    unit, day = operation.measures[key.measure].unit, date.fromisoformat(key.day) if key.day else None
    return Figure(
        measure=key.measure,
        unit=unit,
        force=key.force,
        day=day,
        category=key.category or None,
        quantity=quantity,
        qualifier=qualifier,
        display=display(quantity, unit, qualifier),
        outstanding=returns.owed_for(key.measure, key.force, day),
    )


def _shown_under(row: Sum, operation: Operation, selection: Selection) -> Sequence[str | None]:
    """Return the categories under which a sum is shown: a path counts with all under it, unless it is not additive.

    Where categories were asked for, each of those that holds it; else its own path and every path above it.
    """
    if not row.category or not operation.measures[row.measure].additive or "category" not in selection.by:
        return (row.category,)
    steps = row.category.split("/")
    above = ["/".join(steps[:length]) for length in range(1, len(steps) + 1)]
    return [path for path in above if path in selection.categories] if selection.categories else above


def _publishing_order(key: _Key, operation: Operation) -> tuple[object, ...]:
    measure, force, day, category = key
    listed = operation.measures[measure].categories
    return (
        list(operation.measures).index(measure),
        -1 if force is None else list(operation.participants).index(force),
        day or "",
        listed.index(category) if category in listed else len(listed),
        category or "",
    )


def _not_additive(operation: Operation) -> tuple[str, ...]:
    return tuple(measure.measure for measure in operation.measures.values() if not measure.additive)


def _reporting(operation: Operation) -> list[str]:
    return [one.force for one in operation.participants.values() if one.reports != "nothing"]


def _selected(force: str, selection: Selection) -> bool:
    return (not selection.forces or force in selection.forces) and force not in selection.without_forces
