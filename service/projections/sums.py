"""Sums over totals: one query, for the current totals or for the rows that add up to those at an earlier seq."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any

import sqlalchemy as sa

from service.domain.counting.selection import Selection
from service.eventlog.head import Head
from service.projections.entries import DAY_LENGTH, NO_DAY, entries
from service.projections.hours import rows_by_hour
from service.projections.totals_snapshots import parameters_at, rows_at, values_at

# A whole may have hundreds of logs, whose statement would take megabytes.
MOST_LOGS_KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One sum. `force`, `day`, `hour` and `category` are None where it is over all.

    A day or an hour of '' means no single one; an hour is in UTC, as `rows_by_hour` writes it. `qualifier` is a
    qualifier or a code of `domain.counting.stated`; `lines` are below 0 where a sum is taken away.
    """

    measure: str
    qualifier: str
    quantity: int
    lines: int = 1
    force: str | None = None
    day: str | None = None
    hour: str | None = None
    category: str | None = None


def sums(
    connection: sa.Connection, logs: Sequence[tuple[Head, int]], selection: Selection, *, by_category: Sequence[str]
) -> list[Sum]:
    """Return the sums over these logs, each log up to its seq; a sum whose lines were all reversed is left out.

    Each qualifier is summed separately. `by_category` names measures that are never summed over categories.
    """
    shape = (connection.dialect.name, selection, tuple(by_category), tuple(seq < head.seq for head, seq in logs))
    statement = (_statement_kept if len(logs) <= MOST_LOGS_KEPT else _statement)(*shape)
    values: dict[str, str | int] = {}
    for number, (head, seq) in enumerate(logs):
        values |= values_at(number, head, seq)
    return [Sum(**row) for row in connection.execute(statement, values).mappings()]


def summed(cells: Iterable[Sum], selection: Selection, *, by_category: Sequence[str]) -> list[Sum]:
    """Return what `sums` returns for a selection, from the sums by force, day and category."""
    found: dict[tuple[str, str, str | None, str | None, str | None], tuple[int, int]] = {}
    has_category = cache(partial(_has_category, selection))
    for cell in cells:
        day = date.fromisoformat(cell.day) if cell.day else None
        if not selection.has_force(cell.force or "") or not has_category(cell.category or ""):
            continue
        if selection.is_by_days and (day is None or not selection.spans(day)):
            continue
        by_own = cell.measure in by_category or "category" in selection.by
        key = (
            cell.measure,
            cell.qualifier,
            cell.force if "force" in selection.by else None,
            cell.day if "day" in selection.by else None,
            cell.category if by_own else None,
        )
        quantity, lines = found.get(key, (0, 0))
        found[key] = quantity + cell.quantity, lines + cell.lines
    return [
        Sum(
            measure=measure,
            qualifier=qualifier,
            quantity=quantity,
            lines=lines,
            force=force,
            day=day,
            category=category,
        )
        for (measure, qualifier, force, day, category), (quantity, lines) in found.items()
        if lines
    ]


def _has_category(selection: Selection, category: str) -> bool:
    def is_in(paths: Sequence[str]) -> bool:
        return any(f"{category}/".startswith(f"{path}/") for path in paths)

    return (not selection.categories or is_in(selection.categories)) and not is_in(selection.without_categories)


def _statement(
    dialect: str, selection: Selection, by_category: tuple[str, ...], are_past: tuple[bool, ...]
) -> sa.Select[Any]:
    """Select the sums over as many logs as `are_past` has items: whether a log is summed up to a seq before its head.

    SQLAlchemy takes longer to build a statement, and to find its text in its cache, than most take to execute.
    """
    selected = (
        _lines(dialect, number, selection, by_category, is_past=is_past) for number, is_past in enumerate(are_past)
    )
    lines = sa.union_all(*selected).subquery()
    keys = [column for column in lines.c if column.name not in ("quantity", "lines")]
    return (
        sa.select(
            *keys,
            sa.cast(sa.func.sum(lines.c.quantity), sa.BigInteger).label("quantity"),
            sa.cast(sa.func.sum(lines.c.lines), sa.BigInteger).label("lines"),
        )
        .group_by(*keys)
        .having(sa.func.sum(lines.c.lines) != 0)
    )


_statement_kept = lru_cache(maxsize=128)(_statement)


def _lines(
    dialect: str, number: int, selection: Selection, by_category: tuple[str, ...], *, is_past: bool
) -> sa.Select[Any]:
    """Select the rows of the log of this number that add up to its totals at a seq."""
    if "hour" in selection.by:
        operation, generation, _snapshot, seq = parameters_at(number)
        rows = rows_by_hour(dialect, operation, generation, seq)
    else:
        rows = rows_at(number, is_past=is_past)
    return sa.select(
        rows.c.measure,
        rows.c.qualifier,
        rows.c.quantity,
        rows.c.lines,
        *_dimensions(rows, selection, by_category),
    ).where(*conditions(rows, selection))


def changing_seqs(connection: sa.Connection, head: Head, *, after: int, forces: Sequence[str], limit: int) -> list[int]:
    """Return at most `limit` seqs after `after` whose events changed a figure; only events of `forces`, if any."""
    statement = (
        sa.select(entries.c.seq)
        .distinct()
        .where(entries.c.operation_id == head.operation, entries.c.generation == head.generation)
        .where(entries.c.seq > after)
    )
    if forces:
        statement = statement.where(entries.c.force.in_(forces))
    return list(connection.scalars(statement.order_by(entries.c.seq).limit(limit)))


def _dimensions(rows: sa.FromClause, selection: Selection, by_category: Sequence[str]) -> list[sa.ColumnElement[Any]]:
    columns = [_day(rows) if name == "day" else rows.c[name] for name in selection.by if name != "category"]
    if "category" in selection.by:
        return [*columns, rows.c.category]
    always = sa.case((rows.c.measure.in_(by_category), rows.c.category), else_=None)
    return [*columns, always.label("category")]


def conditions(rows: sa.FromClause, selection: Selection) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that these rows are selected, without those of the log."""
    found: list[sa.ColumnElement[bool]] = []
    if selection.measures:
        found.append(rows.c.measure.in_(selection.measures))
    if selection.forces:
        found.append(rows.c.force.in_(selection.forces))
    if selection.without_forces:
        found.append(rows.c.force.not_in(selection.without_forces))
    if selection.categories:
        found.append(sa.or_(*(_at_or_under(rows, path) for path in selection.categories)))
    if selection.without_categories:
        found += [sa.not_(_at_or_under(rows, path)) for path in selection.without_categories]
    return found + _day_conditions(rows, selection)


def _day_conditions(rows: sa.FromClause, selection: Selection) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if selection.day_from is not None:
        conditions += [rows.c.day >= str(selection.day_from), _has_one_day(rows)]
    if selection.day_before is not None:
        conditions += [rows.c.day < str(selection.day_before), _has_one_day(rows)]
    return conditions


def _day(rows: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.case((_has_one_day(rows), rows.c.day), else_=NO_DAY).label("day")


def _has_one_day(rows: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.func.length(rows.c.day) == DAY_LENGTH


def _at_or_under(rows: sa.FromClause, path: str) -> sa.ColumnElement[bool]:
    return sa.or_(rows.c.category == path, rows.c.category.startswith(f"{path}/", autoescape=True))
