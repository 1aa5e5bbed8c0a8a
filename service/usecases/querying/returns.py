"""The returns of an operation: each force's declaration for each day, and whether it still holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from itertools import islice
from typing import NamedTuple

from service.access.credentials import Credential
from service.domain.counting.completeness import DONE, UNDECLARED, Declarations, day_status, is_overdue
from service.domain.counting.selection import Selection, check_selection
from service.domain.model.operation import Operation
from service.errors import Invalid
from service.projections.returns import declarations
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.read_context import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The status of a force's returns for one day: none, partial, complete, nil or reopened.

    `seq` is that of the newest return, `measures` are those it covers, empty for all. `late`: it was declared after
    `due_at`. `overdue`: `due_at` is past, and the day was never declared in full.
    """

    force: str
    day: date
    status: str
    seq: int | None
    declared_at: datetime | None
    due_at: datetime | None
    late: bool
    overdue: bool
    measures: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether the force has declared the day complete or nil, and nothing has changed since."""
        return self.status in DONE


# In a page of the list, about 2 MB of JSON, and in a workbook.
MOST_RETURNS = 10_000


class TooManyReturns(Invalid):
    """A workbook of returns would have more rows than one answer may have."""

    code = "too_many_returns"


class UnknownCursor(Invalid):
    """A cursor names a force that does not report to the operation: it is none that a page of returns ended with."""

    code = "unknown_cursor"


class ReturnKey(NamedTuple):
    """The place of a return in the list: its force and day."""

    force: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichReturns:
    """Which returns to list; empty or None: all. `after` is the last return of the page before, `limit` None: no limit.

    The days are those in [day_from, day_before).
    """

    statuses: tuple[str, ...] = ()
    forces: tuple[str, ...] = ()
    day_from: date | None = None
    day_before: date | None = None
    after: ReturnKey | None = None
    limit: int | None = None

    def has_day(self, day: date) -> bool:
        """Return whether this is one of the days."""
        return (self.day_from is None or day >= self.day_from) and (self.day_before is None or day < self.day_before)


ALL_RETURNS = WhichReturns()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """The returns in publishing order of the forces, day by day, true at `seq`. `next_after`: None on the last page."""

    operation: Operation
    seq: int
    recorded_at: datetime
    returns: tuple[Return, ...]
    next_after: ReturnKey | None = None


def returns(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    moment: Moment,
    which: WhichReturns = ALL_RETURNS,
) -> Returns:
    """Return the declarations of every reporting force for every day that has begun, or those asked for.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog: the moment is invalid.
        UnknownCode: a force takes no part in the operation.
        UnknownCursor: `after` is no place in this list.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        position = found[0]
        check_selection(Selection(forces=which.forces), position.operation)
        declared = declarations(context.connection, position.head, up_to=position.seq)
    listed = list(islice(_returns(position, declared, which), None if which.limit is None else which.limit + 1))
    has_more = which.limit is not None and len(listed) > which.limit
    shown = listed[: which.limit]
    return Returns(
        operation=position.operation,
        seq=position.seq,
        recorded_at=position.recorded_at,
        returns=tuple(shown),
        next_after=ReturnKey(shown[-1].force, shown[-1].day) if has_more else None,
    )


def returns_at(position: Position, declared: Declarations, which: WhichReturns = ALL_RETURNS) -> tuple[Return, ...]:
    """Return the returns at a position: of every reporting force for every day that has begun, or those asked for."""
    return tuple(_returns(position, declared, which))


def _returns(position: Position, declared: Declarations, which: WhichReturns) -> Iterator[Return]:
    state = position.operation
    days = [(day, state.return_due_at(day)) for day in state.days_begun_by(position.begun_by) if which.has_day(day)]
    status_of = cache(partial(day_status, measures=tuple(state.measures)))
    for force in _forces(state, which):
        is_started = which.after is not None and force == which.after.force
        for day, due_at in days:
            if is_started and which.after is not None and day <= which.after.day:
                continue
            returns = declared.get((force, day), UNDECLARED)
            status = status_of(returns.said)
            if not which.statuses or status in which.statuses:
                newest = returns.declared[0] if returns.declared else None
                yield Return(
                    force=force,
                    day=day,
                    status=status,
                    seq=None if newest is None else newest.seq,
                    declared_at=None if newest is None else newest.recorded_at,
                    due_at=due_at,
                    late=newest is not None and due_at is not None and newest.recorded_at > due_at,
                    overdue=is_overdue(status, due_at, position.begun_by),
                    measures=() if newest is None else tuple(sorted(newest.measures)),
                )


def _forces(state: Operation, which: WhichReturns) -> list[str]:
    """Return the forces whose returns are listed, from that of the cursor on."""
    forces = [one.force for one in state.reporting]
    if which.after is not None:
        if which.after.force not in forces:
            raise UnknownCursor("Expected the `next` value of an earlier answer.", pointer="/after")
        forces = forces[forces.index(which.after.force) :]
    return [force for force in forces if not which.forces or force in which.forces]
