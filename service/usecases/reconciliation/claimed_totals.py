"""The totals that claims are compared with. An operation is read once for each moment; claims are summed from that."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.claims.claim import Days
from service.domain.counting.completeness import Outstanding
from service.domain.counting.rules import NOBODY
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation
from service.errors import RecordError
from service.projections.entries import NO_DAY
from service.projections.sums import Sum, summed, sums
from service.projections.tallies import Tally, tallies
from service.storage.db import Database
from service.usecases.querying.as_of import AsOfBeforeLog, Moment, read_as_of
from service.usecases.querying.owed import Owed
from service.usecases.querying.read_context import (
    Position,
    ReadContext,
    combined_at,
    has_hidden,
    inside,
    visible,
)
from service.usecases.querying.totals import Figure, figures_of, not_additive

EVERY_CELL = ("force", "day", "category")


@dataclass(frozen=True, slots=True)
class Record:
    """An operation and its parts at one moment: the sums of each measure by force, day and category, and what is owed.

    Each answer is computed once. `tallies` are those of several days; a force owes no return for a `settled` one. If
    parts are hidden from the reader, figures of certain forces come from `by_force`, the record without these parts.
    """

    operation: Operation
    cells: Mapping[str, Sequence[Sum]]
    owed: Owed
    tallies: Mapping[str, Sequence[Tally]]
    settled: frozenset[Tally] = frozenset()
    by_force: Record | None = None
    _figures: dict[Selection, tuple[Figure, ...]] = field(default_factory=dict)

    @classmethod
    def at(cls, connection: sa.Connection, found: Sequence[Position], measures: Iterable[str]) -> Record:
        """Read the sums of these measures at these positions."""
        operation = combined_at(found)
        known = tuple(sorted(operation.measures.keys() & {*measures}))
        logs, selection = (
            [(position.head, position.seq) for position in found],
            Selection(by=EVERY_CELL, measures=known),
        )
        cells: dict[str, list[Sum]] = {measure: [] for measure in known}
        for one in sums(connection, logs, selection, by_category=()) if known else ():
            cells[one.measure].append(one)
        tallied = tuple(measure for measure in known if any(not one.day for one in cells[measure]))
        over_days: dict[str, list[Tally]] = {measure: [] for measure in tallied}
        for position in found if tallied else ():
            days, seq = position.operation.days, position.seq
            for tally in tallies(connection, position.head, days, up_to=seq, measures=tallied):
                over_days[tally.measure].append(tally)
        owed = Owed.at(connection, operation, found, Selection())
        by_force = cls.at(connection, visible(found), measures) if has_hidden(found) else None
        return cls(operation, cells, owed, over_days, by_force=by_force)

    def for_days(self, measure: str, days: Days | None) -> Record:
        """Return the record in which the tallies of exactly these days count on the first of them.

        Such a tally is the figure of its force for these days, so no return of that force is outstanding for it.
        """
        found = self.tallies.get(measure, ())
        exact = [tally for tally in found if days is not None and (tally.first, tally.last) == days]
        if not exact or days is None:
            return self
        counted = [one for one in self.cells[measure] if one.day]
        counted += [_cell(tally, days[0] if (tally.first, tally.last) == days else None) for tally in found]
        by_force = None if self.by_force is None else self.by_force.for_days(measure, days)
        return Record(self.operation, {measure: counted}, self.owed, {}, frozenset(exact), by_force)

    def figures(self, selection: Selection) -> tuple[Figure, ...]:
        """Return the figures of a selection of one measure."""
        if self.by_force is not None and selection.names_forces:
            return self.by_force.figures(selection)
        if selection not in self._figures:
            (measure,) = selection.measures
            rows = summed(self.cells.get(measure, ()), selection, by_category=not_additive(self.operation))

            def owed_for(_measure: str, force: str | None, day: date | None) -> tuple[Outstanding, ...]:
                return self.outstanding(selection, force, day)

            self._figures[selection] = tuple(figures_of(rows, self.operation, selection, owed_for))
        return self._figures[selection]

    def outstanding(
        self, selection: Selection, force: str | None = None, day: date | None = None
    ) -> tuple[Outstanding, ...]:
        """Return the outstanding forces of a selection of one measure, or of one of its forces or days."""
        if self.by_force is not None and (selection.names_forces or force is not None):
            return self.by_force.outstanding(selection, force, day)
        found = self.owed.of(selection.measures)
        settled = {tally.force for tally in self.settled if tally.covers(selection.categories)}
        if NOBODY in settled and not (selection.forces or selection.without_forces):
            # A whole of all forces, for exactly these days, is their figure.
            return ()
        narrowed = (
            Outstanding(one.force, _among(one.days, day or selection.day_from, day, selection.day_before), one.among)
            for one in found
            if selection.has_force(one.force) and force in (None, one.force) and one.force not in settled
        )
        return tuple(one for one in narrowed if one.days)


# Returns the record of an operation: the file's, or one inside it.
ReadRecord = Callable[[str], Record]


def records_now(context: ReadContext, found: Sequence[Position], measures: frozenset[str]) -> ReadRecord:
    """Return a reader of current records: at these positions, and of other operations in the same transaction.

    Whoever may see a part of the whole may compare claims about it, also without taking part in it. The reader raises
    UnknownOperation: there is no such operation, or the credential may not know of it.
    """

    def read_record(operation: str) -> Record:
        positions = found if operation == context.head.operation else inside(found, operation)
        if not positions:
            positions = context.of(operation).positions(begun_by=found[0].begun_by)
        return Record.at(context.connection, positions, measures)

    return _once(read_record)


def records_as_of(
    database: Database, whole: str, credential: Credential, measures: frozenset[str]
) -> Callable[[datetime], ReadRecord]:
    """Return a function that gives, for a past moment, a reader of the records of a whole and others as of that moment.

    The reader raises UnknownOperation, AsOfInTheFuture, AsOfBeforeLog.
    """

    @cache
    def at_moment(moment: datetime) -> ReadRecord:
        def read_record(operation: str) -> Record:
            then = Moment(as_of=moment)
            if operation != whole:
                with (
                    suppress(AsOfBeforeLog),
                    read_as_of(database, operation=whole, credential=credential, moment=then) as (context, found),
                ):
                    if positions := inside(found, operation):
                        return Record.at(context.connection, positions, measures)
            with read_as_of(database, operation=operation, credential=credential, moment=then) as (context, found):
                return Record.at(context.connection, found, measures)

        return _once(read_record)

    return at_moment


def _once(read_record: ReadRecord) -> ReadRecord:
    """Return the reader such that it reads each operation once, also one that it refuses."""
    known: dict[str, Record | RecordError] = {}

    def read(operation: str) -> Record:
        if operation not in known:
            try:
                known[operation] = read_record(operation)
            except RecordError as error:
                known[operation] = error
        found = known[operation]
        if isinstance(found, RecordError):
            raise found
        return found

    return read


def _cell(tally: Tally, day: date | None) -> Sum:
    return Sum(
        measure=tally.measure,
        qualifier=tally.qualifier,
        quantity=tally.quantity,
        lines=tally.lines,
        force=tally.force,
        day=NO_DAY if day is None else str(day),
        category=tally.category,
    )


def _among(days: tuple[date, ...], first: date | None, only: date | None, before: date | None) -> tuple[date, ...]:
    """Return the days from `first` to before `before`, or only one; the days are in order."""
    start = 0 if first is None else bisect_left(days, first)
    if only is not None:
        return days[start : start + 1] if days[start : start + 1] == (only,) else ()
    return days[start : len(days) if before is None else bisect_left(days, before)]
