"""The returns of an operation: each force's declaration for each day, and whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from service.access.credentials import Credential
from service.domain.counting.completeness import DONE, Declaration, Declarations, day_status, is_overdue
from service.domain.model.operation import Operation
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """The returns in publishing order of the forces, day by day, true at `seq`."""

    operation: Operation
    seq: int
    recorded_at: datetime
    returns: tuple[Return, ...]


def returns(database: Database, *, operation: str, credential: Credential, moment: Moment) -> Returns:
    """Return the declarations of every reporting force for every day that has begun.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog: the moment is invalid.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        position = found[0]
        declared = declarations(context.connection, position.head, up_to=position.seq)
    return Returns(
        operation=position.operation,
        seq=position.seq,
        recorded_at=position.recorded_at,
        returns=returns_at(position, declared),
    )


def returns_at(position: Position, declared: Declarations) -> tuple[Return, ...]:
    """Return the returns at a position, of every reporting force for every day that has begun."""
    state = position.operation
    days = list(state.days_begun_by(position.begun_by))
    return tuple(
        _return(participant.force, day, declared.get((participant.force, day), ()), position)
        for participant in state.participants.values()
        if participant.reports != "nothing"
        for day in days
    )


def _return(force: str, day: date, declared: Sequence[Declaration], position: Position) -> Return:
    newest, due_at = declared[0] if declared else None, position.operation.return_due_at(day)
    status = day_status(declared, position.operation.measures)
    return Return(
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
