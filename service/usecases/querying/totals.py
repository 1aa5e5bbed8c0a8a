"""The totals of an operation, now or as of a past moment, with the outstanding forces for each figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.counting.completeness import Outstanding, Overdue, OwedSpan, owed_spans
from service.domain.counting.figures import display
from service.domain.counting.rules import NOBODY
from service.domain.counting.selection import OPERATION, Selection, check_selection, with_members
from service.domain.counting.stated import Known, Stated, added_up
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import Qualifier
from service.errors import Forbidden, Invalid
from service.projections.sums import Sum, sums
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.owed import Owed
from service.usecases.querying.read_context import Position, combined_at, visible
from service.usecases.querying.visibility import leads

# Returns the outstanding forces for a figure of a measure, a force and a day (None: all).
OwedFor = Callable[[str, str | None, date | None], tuple[Outstanding, ...]]


# About 4 MB of JSON.
MOST_FIGURES = 20_000


class HoursOfOthers(Forbidden):
    """A force asked for figures by hour that are not its own: they would show when another force's event was."""

    code = "hours_of_others"


class TooManyFigures(Invalid):
    """The selection has more figures than one answer may have."""

    code = "too_many_figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `force`, `day`, `hour` or `category` is None if the figure covers all of them.

    In totals by operation, `operation` is the one whose own log it sums; None: the parts that the reader may not see.
    In totals by day, a figure without a day is that of activities over several days; in totals by force, one without a
    force is what was stated for no force. `hour` is the moment at which the hour begins; in totals by hour, a figure
    without one is that of facts without a time and of activities over several hours, and the returns outstanding for an
    hour are those for any of its days. `stated` has the summed quantities with their qualifiers, which `qualifier`
    combines. `least` and `most` bound a rounded figure or a range.
    """

    measure: str
    unit: str
    force: str | None
    day: date | None
    category: str | None
    quantity: int
    qualifier: Qualifier
    display: str
    stated: tuple[Stated, ...]
    outstanding: tuple[Outstanding, ...]
    least: int | None = None
    most: int | None = None
    hour: datetime | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures in publishing order, the positions they are true at, and the forces that owe returns for any of them.

    The first position is the operation's, the others are those of its parts. `operation` has the forces of those that
    the reader may see.
    """

    operation: Operation
    positions: tuple[Position, ...]
    by: tuple[str, ...]
    figures: tuple[Figure, ...]
    outstanding: tuple[Outstanding, ...]
    outstanding_by_measure: Mapping[str, Sequence[Outstanding]]
    overdue: tuple[Overdue, ...]

    @property
    def owed_spans(self) -> list[OwedSpan]:
        """Each span of days for which a force owes returns, once, with the measures that it owes them for."""
        return owed_spans(self.outstanding, self.outstanding_by_measure)


def totals(
    database: Database, *, operation: str, credential: Credential, selection: Selection, moment: Moment
) -> Totals:
    """Return the totals of an operation and its parts at a moment.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
        UnknownCode: the selection names a code that the operation does not have.
        TooManyFigures: the selection has more than 20,000 figures.
        HoursOfOthers: a force that does not lead the operation asked for figures by hour that are not its own.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        if "hour" in selection.by and not leads(credential, context.operation):
            _require_own_hours(credential, selection)
        answer = totals_at(context.connection, found, selection, most=MOST_FIGURES)
    if len(answer.figures) > MOST_FIGURES:
        raise TooManyFigures(
            f"Expected at most {MOST_FIGURES:,} figures in one answer; found more. Choose fewer with measure, force, "
            "category, day_from and day_before, or leave out a dimension of by.",
            pointer="/by",
        )
    return answer


def _require_own_hours(credential: Credential, selection: Selection) -> None:
    if set(selection.forces) != {credential.force}:
        raise HoursOfOthers(
            f"Expected force={credential.force} with by=hour; figures of other forces by hour show when a single event "
            "was, and only the force that leads the operation reads them.",
            pointer="/by",
        )


def totals_at(
    connection: sa.Connection,
    found: Sequence[Position],
    selection: Selection,
    *,
    owed: Owed | None = None,
    most: int | None = None,
) -> Totals:
    """Return the totals at these positions; with `most`, at most one figure more than that.

    `owed` are the returns owed at them for the forces and days of the selection, if they have been read already.

    Raises:
        UnknownCode: the selection names a code that the operation does not have.
    """
    operation = combined_at(found)
    check_selection(selection, operation)
    selection = with_members(selection, operation)
    owed = owed or Owed.at(connection, operation, found, selection)
    measures = selection.measures or tuple(operation.measures)
    figures = _figures(connection, found, operation, selection, owed)
    return Totals(
        operation=operation,
        positions=tuple(found),
        by=selection.by,
        figures=tuple(islice(figures, None if most is None else most + 1)),
        outstanding=tuple(owed.of(measures)),
        outstanding_by_measure={measure: owed.of((measure,)) for measure in measures},
        overdue=tuple(owed.overdue(measures)),
    )


def figures_at(
    connection: sa.Connection, found: Sequence[Position], selection: Selection, *, owed: Owed | None = None
) -> list[Figure]:
    """Return the figures of the totals at these positions, with the returns `owed` for them; None: without.

    Raises:
        UnknownCode: the selection names a code that the operation does not have.
    """
    operation = combined_at(found)
    check_selection(selection, operation)
    selection = with_members(selection, operation)
    return list(_figures(connection, found, operation, selection, owed or Owed((), [])))


def _figures(
    connection: sa.Connection, found: Sequence[Position], operation: Operation, selection: Selection, owed: Owed
) -> Iterator[Figure]:
    """Yield the figures at these positions. By operation, those of its own log come first, and of hidden parts last."""
    if OPERATION not in selection.by:
        rows = _sums(connection, found, operation, selection)
        yield from figures_of(rows, operation, selection, owed.of_figure)
        return
    inner = replace(selection, by=tuple(name for name in selection.by if name != OPERATION))
    hidden = [one for one in found if one.is_hidden and not selection.names_forces]
    for some in [*([one] for one in visible(found)), *([hidden] if hidden else [])]:
        rows, owed = _sums(connection, some, operation, inner), Owed.at(connection, operation, some, inner)
        name = None if some is hidden else some[0].head.operation
        yield from (replace(one, operation=name) for one in figures_of(rows, operation, inner, owed.of_figure))


def _sums(
    connection: sa.Connection, found: Sequence[Position], operation: Operation, selection: Selection
) -> list[Sum]:
    """Return the sums at these positions, without those of measures that the whole leaves out.

    Figures of certain forces leave out the parts that are hidden from the reader.
    """
    logs = [(one.head, one.seq) for one in (visible(found) if selection.names_forces else found)]
    rows = sums(connection, logs, selection, by_category=not_additive(operation))
    return [row for row in rows if row.measure in operation.measures]


class _Key(NamedTuple):
    measure: str
    force: str | None
    day: str | None
    hour: str | None
    category: str | None


def figures_of(rows: Iterable[Sum], operation: Operation, selection: Selection, owed_for: OwedFor) -> Iterable[Figure]:
    """Yield the figures of sums, in publishing order, with the outstanding forces that `owed_for` returns for each."""
    grouped: dict[_Key, list[Sum]] = {}
    for row in rows:
        for category in _shown_under(row, operation, selection):
            grouped.setdefault(_Key(row.measure, row.force, row.day, row.hour, category), []).append(row)
    for key in sorted(grouped, key=lambda key: _publishing_order(key, operation)):
        known = added_up(Stated(row.quantity, row.qualifier, row.lines) for row in grouped[key])
        if known is not None:
            yield _figure(key, known, operation, owed_for)


def _figure(key: _Key, known: Known, operation: Operation, owed_for: OwedFor) -> Figure:
    unit, day = operation.measures[key.measure].unit, date.fromisoformat(key.day) if key.day else None
    return Figure(
        measure=key.measure,
        unit=unit,
        force=key.force or None,
        day=day,
        category=key.category or None,
        quantity=known.quantity,
        qualifier=known.qualifier,
        display=display(known.quantity, unit, known.qualifier, key.category, most=known.most),
        stated=known.stated,
        outstanding=owed_for(key.measure, key.force, day),
        least=known.least,
        most=known.most,
        hour=datetime.fromisoformat(f"{key.hour}:00").replace(tzinfo=UTC) if key.hour else None,
    )


def _shown_under(row: Sum, operation: Operation, selection: Selection) -> Sequence[str | None]:
    """Return the categories under which a sum is shown. An additive path includes the paths below it.

    If categories were selected, return those that contain the sum; otherwise its path and every path above it.
    """
    if not row.category or not operation.measures[row.measure].additive or "category" not in selection.by:
        return (row.category,)
    steps = row.category.split("/")
    above = ["/".join(steps[:length]) for length in range(1, len(steps) + 1)]
    return [path for path in above if path in selection.categories] if selection.categories else above


def _publishing_order(key: _Key, operation: Operation) -> tuple[object, ...]:
    measure, force, day, hour, category = key
    listed, forces = operation.measures[measure].categories, [*operation.participants, NOBODY]
    return (
        list(operation.measures).index(measure),
        -1 if force is None else forces.index(force),
        day or "",
        hour or "",
        listed.index(category) if category in listed else len(listed),
        category or "",
    )


def not_additive(operation: Operation) -> tuple[str, ...]:
    """Return the measures that are never summed over categories."""
    return tuple(measure.measure for measure in operation.measures.values() if not measure.additive)
