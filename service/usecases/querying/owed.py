"""The returns that forces owe in an operation and its parts, for one figure or for all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from service.domain.counting.completeness import (
    OTHER_PARTS,
    DaysBySaid,
    Declarations,
    Outstanding,
    Overdue,
    days_by_said,
    outstanding,
    overdue,
)
from service.domain.counting.rules import NOBODY
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation
from service.projections.returns import declarations
from service.usecases.querying.read_context import Position, visible

# Stands for all measures that no return names: the same returns cover them.
ANY_OTHER = ""


@dataclass(frozen=True, slots=True)
class _Expected:
    """The days for which one operation expects returns, by force and what they say, and the declarations made.

    `due` are those of the days whose deadline is past; `due_at` returns the deadline of one.
    """

    by_said: DaysBySaid
    days: tuple[date, ...]
    due: frozenset[date]
    due_at: Callable[[date], datetime | None]
    declarations: Declarations
    is_hidden: bool
    operation: str
    seq: int


@dataclass(slots=True)
class Owed:
    """The returns that forces owe, in publishing order of `forces`; computed once for each list of measures.

    Those that forces owe in parts hidden from the reader come last, together, as those of OTHER_PARTS.
    """

    forces: tuple[str, ...]
    expected: list[_Expected]
    by_measures: dict[tuple[str, ...], list[Outstanding]] = field(default_factory=dict)
    named: frozenset[str] | None = None

    @classmethod
    def at(
        cls,
        connection: sa.Connection,
        operation: Operation,
        positions: Sequence[Position],
        selection: Selection,
        *,
        known: Owed | None = None,
    ) -> Owed:
        """Return the returns owed at these positions, for the selected forces and days.

        `operation` has the forces of all positions in publishing order. What is selected by force leaves out the parts
        that are hidden from the reader. What `known` has of the same logs as of the same seqs is not read again.
        """
        counted = visible(positions) if selection.names_forces else positions
        read = {} if known is None else {(one.operation, one.seq): one.declarations for one in known.expected}
        return cls(
            (*operation.participants, OTHER_PARTS),
            [_expected(position, selection, _declarations(connection, position, read)) for position in counted],
        )

    @property
    def declarations(self) -> list[Declarations]:
        """The declarations made at each position that is not hidden from the reader."""
        return [part.declarations for part in self.expected if not part.is_hidden]

    def of(self, measures: tuple[str, ...]) -> list[Outstanding]:
        """Return the forces that owe a return for any of these measures, with the days."""
        named = self._named_alone()
        alone = tuple(one for one in measures if one in named)
        key = alone if len(alone) == len(measures) else (*alone, ANY_OTHER)
        if key not in self.by_measures:
            self.by_measures[key] = self._found(key)
        return self.by_measures[key]

    def _named_alone(self) -> frozenset[str]:
        if self.named is None:
            self.named = frozenset(
                measure
                for part in self.expected
                for said in {one.said for one in part.declarations.values()}
                for _status, measures in said
                for measure in measures
            )
        return self.named

    def _found(self, measures: tuple[str, ...]) -> list[Outstanding]:
        found = [
            Outstanding(OTHER_PARTS, one.days) if part.is_hidden else one
            for part in self.expected
            for one in outstanding(part.by_said, days=part.days, measures=measures)
        ]
        is_alone = len(self.expected) == 1 and not self.expected[0].is_hidden
        return found if is_alone else self._merged(found)

    def _merged(self, found: Iterable[Outstanding]) -> list[Outstanding]:
        """Return one entry per force, with the days that it owes in any part."""
        days: dict[str, set[date]] = {}
        for one in found:
            days.setdefault(one.force, set()).update(one.days)
        return [
            Outstanding(force, tuple(sorted(days[force])), self._days_of(force))
            for force in self.forces
            if force in days
        ]

    def _days_of(self, force: str) -> tuple[date, ...]:
        """Return the days of the parts that are not hidden and expect returns of the force; none of OTHER_PARTS.

        The spans of OTHER_PARTS then have the days owed and do not say which days their parts have.
        """
        seen = (part for part in self.expected if not part.is_hidden and force in part.by_said)
        return tuple(sorted({day for part in seen for day in part.days}))

    def overdue(self, measures: tuple[str, ...]) -> list[Overdue]:
        """Return the forces whose returns for any of these measures are overdue, each once; only those to be named."""
        days: dict[str, list[Overdue]] = {}
        for part in (one for one in self.expected if not one.is_hidden):
            for one in overdue(part.by_said, due=part.due, due_at=part.due_at, measures=measures):
                days.setdefault(one.force, []).append(one)
        return [
            Overdue(force, sum(one.days for one in days[force]), min(one.since for one in days[force]))
            for force in self.forces
            if force in days
        ]

    def of_figure(self, measure: str, force: str | None, day: date | None) -> tuple[Outstanding, ...]:
        """Return the outstanding forces for one figure. `force` or `day` None: the figure covers all.

        What was stated for no force is owed by none, although OTHER_PARTS are without a name too.
        """
        found = self.of((measure,))
        if force is not None:
            found = [one for one in found if force != NOBODY and one.force == force]
        if day is not None:
            found = [Outstanding(one.force, (day,)) for one in found if _has(one.days, day)]
        return tuple(found)


def _has(days: Sequence[date], day: date) -> bool:
    """Return whether the day is among days in order."""
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day


def _declarations(
    connection: sa.Connection, position: Position, read: Mapping[tuple[str, int], Declarations]
) -> Declarations:
    found = read.get((position.head.operation, position.seq))
    return declarations(connection, position.head, up_to=position.seq) if found is None else found


def _expected(position: Position, selection: Selection, declared: Declarations) -> _Expected:
    operation = position.operation
    days = tuple(day for day in operation.days_begun_by(position.begun_by) if selection.spans(day))
    forces = [one.force for one in operation.reporting if selection.has_force(one.force)]
    return _Expected(
        by_said=days_by_said(declared, forces=forces, days=days),
        days=days,
        due=frozenset(operation.days_due_before(position.begun_by, days)),
        due_at=operation.return_due_at,
        declarations=declared,
        is_hidden=position.is_hidden,
        operation=position.head.operation,
        seq=position.seq,
    )
