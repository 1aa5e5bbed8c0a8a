"""The returns of an operation beside what they leave out, and one return beside what its force has recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from service.access.credentials import Credential
from service.domain.counting.completeness import Declarations, Said, is_outstanding
from service.domain.counting.selection import Selection
from service.domain.model.operation import AN_INSTANT, Operation, Participant
from service.errors import Invalid, NotFound
from service.projections.returns import declarations
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.read_context import Position, ReadContext
from service.usecases.querying.returns import Return, Returns, returns_at
from service.usecases.querying.totals import Figure, figures_at

ONE_DAY = timedelta(days=1)
SECOND_VIEW = "{}_by_"


class NoSuchReturn(NotFound):
    """The force does not report to this operation, or the day is none of its days that have begun."""

    code = "no_such_return"


class NoSuchLastDay(Invalid):
    """The last day of a return for several days is no day of the operation that has begun, or before the first."""

    code = "no_such_last_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnsByDay:
    """The returns of every reporting force, for each day that has begun, true at a position.

    `planned_days` are all days as far as they are known, `ended_days` are over. `missing` has the measures that a
    return leaves out, by force and day, where it covers some.
    """

    operation: Operation
    position: Position
    moment: datetime
    is_coordinator: bool
    reporting: tuple[Participant, ...]
    returns: Mapping[tuple[str, date], Return]
    days: tuple[date, ...]
    planned_days: tuple[date, ...]
    ended_days: tuple[date, ...]
    missing: Mapping[tuple[str, date], tuple[str, ...]]

    @property
    def as_answer(self) -> Returns:
        """The same returns as the API answers with."""
        return Returns(
            operation=self.operation,
            seq=self.position.seq,
            recorded_at=self.position.recorded_at,
            returns=tuple(self.returns.values()),
        )

    @property
    def owed(self) -> tuple[Return, ...]:
        """The returns that are owed: of days that are over, and not declared in full."""
        ended = frozenset(self.ended_days)
        return tuple(one for one in self.returns.values() if one.day in ended and not one.is_done)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOfDay:
    """The return of one force for one day, and the figures of what the force has recorded up to the last day asked for.

    `days` are the days to declare, from that day on. `choices` are those that may be the last of them.
    """

    all_returns: ReturnsByDay
    force: Participant
    declared: Return
    days: tuple[date, ...]
    choices: tuple[date, ...]
    figures: tuple[Figure, ...]

    @property
    def last(self) -> date:
        """The last of the days to declare."""
        return self.days[-1]


def read_returns(database: Database, *, operation: str, credential: Credential) -> ReturnsByDay:
    """Return the returns as they are now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=Moment()) as (context, found):
        return _returns(context, found[0])


def read_return(
    database: Database, *, operation: str, credential: Credential, force: str, day: date, last: date | None = None
) -> ReturnOfDay:
    """Return one return as it is now. A force may ask for its own, the coordinator for any.

    With `last`, what is recorded up to that day is shown, for a return that covers all of them.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NoSuchReturn: the force does not report to it, the day has not begun, or it is the return of another force.
        NoSuchLastDay: `last` is no later day of the operation that has begun.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=Moment()) as (context, found):
        shown = _returns(context, found[0])
        declared = shown.returns.get((force, day))
        if declared is None or not (shown.is_coordinator or force == credential.force):
            raise NoSuchReturn(f"{operation} has no return of {force} for {day} that this credential may declare.")
        choices = tuple(one for one in shown.days if one >= day)
        if last is not None and last not in choices:
            raise NoSuchLastDay(_last_expected(choices), pointer="/last")
        days = tuple(one for one in choices if one <= (last or day))
        selection = Selection(forces=(force,), day_from=day, day_before=days[-1] + ONE_DAY)
        return ReturnOfDay(
            all_returns=shown,
            force=shown.operation.participants[force],
            declared=declared,
            days=days,
            choices=choices,
            figures=tuple(_main(figures_at(context.connection, found[:1], selection), shown.operation)),
        )


def covered_measures(operation: Operation, left_out: Collection[str]) -> tuple[str, ...]:
    """Return the measures that a return covers which leaves these out, and with each of them its second views."""
    views = tuple(SECOND_VIEW.format(one) for one in left_out)
    return tuple(one for one in operation.measures if one not in left_out and not one.startswith(views))


def planned_days(position: Position) -> tuple[date, ...]:
    """Return all days of an operation; if its end is open, those that have begun."""
    days = position.operation.days
    return tuple(days.begun_by(position.begun_by if days.ends_at is None else days.ends_at - AN_INSTANT))


def measures_missing(operation: Operation, declared: Declarations) -> dict[tuple[str, date], tuple[str, ...]]:
    """Return the measures that the returns of a force for a day do not cover, where some are covered.

    Second views of a measure that is missing are left out: they are missing with it.
    """

    @cache
    def missing_from(said: Said) -> tuple[str, ...]:
        missing = [one for one in operation.measures if is_outstanding(said, (one,))]
        return main_measures(operation, missing) if len(missing) < len(operation.measures) else ()

    return {key: missing for key, one in declared.items() if (missing := missing_from(one.said))}


def main_measures(operation: Operation, measures: Collection[str]) -> tuple[str, ...]:
    """Return these measures in the operation's order, without second views of others among them."""
    views = tuple(SECOND_VIEW.format(one) for one in measures)
    return tuple(one for one in operation.measures if one in measures and not one.startswith(views))


def measures_to_leave_out(operation: Operation) -> tuple[str, ...]:
    """Return the measures that a person can leave out of a return: those that are counted from arrests and seizures."""
    return main_measures(operation, {one.measure for one in operation.measures.values() if one.core})


def _returns(context: ReadContext, own: Position) -> ReturnsByDay:
    declared = declarations(context.connection, own.head, up_to=own.seq)
    return ReturnsByDay(
        operation=own.operation,
        position=own,
        moment=own.begun_by,
        is_coordinator=context.is_coordinator,
        reporting=own.operation.reporting,
        returns={(one.force, one.day): one for one in returns_at(own, declared)},
        days=tuple(own.operation.days_begun_by(own.begun_by)),
        planned_days=planned_days(own),
        ended_days=tuple(own.operation.days_ended_by(own.begun_by)),
        missing=measures_missing(own.operation, declared),
    )


def _last_expected(choices: tuple[date, ...]) -> str:
    first, last = choices[0], choices[-1]
    return f"Last day must be a day of the operation that has begun, from {first} to {last}"


def _main(figures: Sequence[Figure], operation: Operation) -> list[Figure]:
    shown = main_measures(operation, {one.measure for one in figures})
    return [one for one in figures if one.measure in shown]
