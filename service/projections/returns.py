"""Declared returns by seq: how complete each force has declared its record of a day to be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.counting.completeness import Declaration, Declarations, day_returns
from service.domain.model.days import ONE_DAY, OperatingDays
from service.domain.model.events import ReturnDeclared
from service.eventlog.head import Head
from service.projections.entries import TO
from service.projections.steps import Batch
from service.projections.totals_snapshots import rows_at, values_at
from service.storage.db import CodeText, InstantType, metadata
from service.storage.writes import Writes

# Between the days of a return for several windows, which are seldom dates in a row.
BETWEEN = ","
DATE_LENGTH = len("2023-01-17")

declared_returns = sa.Table(
    "declared_returns",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("day", CodeText, nullable=False),
    sa.Column("status", CodeText, nullable=False),
    sa.Column("measures", sa.Text, nullable=False, comment="those it speaks of, comma-separated; empty: all"),
    sa.Column("recorded_at", InstantType, nullable=False),
)


class DeclaredReturnRow(NamedTuple):
    """A row of `declared_returns`. `day` has one day, the first and the last with a slash, or windows with commas."""

    operation_id: str
    generation: int
    seq: int
    force: str
    day: str
    status: str
    measures: str
    recorded_at: datetime


def rows(_writes: Writes, batch: Batch) -> list[DeclaredReturnRow]:
    """Return a row for each declared return among these events, with the days of the operation that it covers."""
    return [
        DeclaredReturnRow(
            operation_id=batch.operation,
            generation=batch.generation,
            seq=step.recorded.seq,
            force=step.recorded.event.force,
            day=_day_text(declared, step.operation.days),
            status=declared.status,
            measures=",".join(declared.measures),
            recorded_at=step.recorded.recorded_at,
        )
        for step in batch.steps
        if isinstance(declared := step.recorded.event.data, ReturnDeclared)
    ]


def declarations(connection: sa.Connection, head: Head, *, up_to: int, force: str | None = None) -> Declarations:
    """Return the declarations up to this seq, newest first, by force and day; with `force`, of that one alone.

    A complete or nil return is reopened by a later event of that force and day, of a measure that the return covers. An
    activity that covers several days is an event of each.
    """
    table = declared_returns.c
    statement = sa.select(table.force, table.day, table.status, table.measures, table.seq, table.recorded_at).where(
        table.operation_id == head.operation, table.generation == head.generation, table.seq <= up_to
    )
    if force is not None:
        statement = statement.where(table.force == force)
    rows = connection.execute(statement.order_by(table.seq.desc())).all()
    if not rows:
        return {}
    # Most forces declare each day on its own: then nothing is looked up by spans.
    of_spans = {force for force, day, *_others in rows if len(day) > DATE_LENGTH}
    with_spans = [row for row in rows if row.force in of_spans] if of_spans else []
    undeclared = {one: _Undeclared(days) for one, days in _days_by_force(with_spans).items()}
    last_seqs = _last_seqs(connection, head, up_to=up_to, declared=lambda: _days_declared(rows, undeclared))
    found: dict[tuple[str, date], list[Declaration]] = {}
    day_of, measures_of = cache(date.fromisoformat), cache(_measures_of)
    for of_force, text, status, measures, seq, recorded_at in rows:
        declared = Declaration(status, measures_of(measures), seq, recorded_at)
        for day in undeclared[of_force].take(text, declared.measures) if of_force in of_spans else (text,):
            said = found.setdefault((of_force, day_of(day)), [])
            if not said or of_force in of_spans or _is_new(declared, said):
                changed = last_seqs.get((of_force, day))
                said.append(declared.reopened_by(changed) if changed else declared)
    return {key: day_returns(said) for key, said in found.items()}


def _measures_of(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) if text else frozenset()


def _is_new(declared: Declaration, newer: Sequence[Declaration]) -> bool:
    """Return whether a declaration says something of which the newer ones of its day do not speak."""
    if any(not one.measures for one in newer):
        return False
    return not declared.measures or not declared.measures <= frozenset().union(*(one.measures for one in newer))


def _days_declared(rows: Iterable[Any], undeclared: Mapping[str, _Undeclared]) -> dict[str, list[str]]:
    """Return the days that the rows of each force cover, in order."""
    alone: dict[str, set[str]] = {}
    for row in rows:
        if row.force not in undeclared:
            alone.setdefault(row.force, set()).add(row.day)
    return {force: sorted(days) for force, days in alone.items()} | {
        force: one.days for force, one in undeclared.items()
    }


class _Undeclared:
    """The days of a force, in order, for which none of the declarations read so far has spoken of a measure.

    They are read from the newest on, so a declaration says something new only of these. Each day leaves the list of a
    measure once, however many declarations cover it.
    """

    def __init__(self, days: list[str]) -> None:
        self.days = days
        # Of all measures that no declaration names.
        self._rest = list(days)
        self._of: dict[str, list[str]] = {}

    def take(self, text: str, measures: frozenset[str]) -> list[str]:
        """Return the days of which a declaration says something new, in order, and take them out."""
        if measures:
            lists = [self._of[one] if one in self._of else self._of.setdefault(one, [*self._rest]) for one in measures]
        else:
            lists = [self._rest, *self._of.values()]
        taken: set[str] = set()
        for first, last in _runs(text):
            for days in lists:
                start, end = bisect_left(days, first), bisect_right(days, last)
                taken.update(days[start:end])
                del days[start:end]
        return sorted(taken)


def first_return_seq(connection: sa.Connection, head: Head, force: str) -> int | None:
    """Return the seq of the first return that a force declared; None if there is none."""
    table = declared_returns.c
    seq: int | None = connection.scalar(
        sa.select(sa.func.min(table.seq)).where(
            table.operation_id == head.operation, table.generation == head.generation, table.force == force
        )
    )
    return seq


def _day_text(declared: ReturnDeclared, days: OperatingDays) -> str:
    """Return the days that a declaration covers: one, first and last with a slash, or a list if they are windows."""
    if declared.day is not None:
        return str(declared.day)
    covered = days.between(*declared.bounds)
    if len(covered) > 1 and not days.windows:
        return f"{covered[0]}{TO}{covered[-1]}"
    return BETWEEN.join(map(str, covered))


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the first and the last day of each run of days in a row's text."""
    for run in text.split(BETWEEN):
        first, _to, last = run.partition(TO)
        yield first, last or first


def _days_by_force(rows: Iterable[Any]) -> dict[str, list[str]]:
    """Return the days that the rows of each force cover, in order."""
    runs: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        runs.setdefault(row.force, set()).update(_runs(row.day))
    return {force: _joined(sorted(of_force)) for force, of_force in runs.items()}


def _joined(runs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the days of runs that are ordered by their first day, each once."""
    days: list[str] = []
    for first, last in runs:
        after = days[-1] if days else ""
        if first == last:
            days += [first] if first > after else []
        elif last > after:
            start = date.fromisoformat(first) if first > after else date.fromisoformat(after) + ONE_DAY
            number = (date.fromisoformat(last) - start).days + 1
            days += [str(start + timedelta(days=further)) for further in range(number)]
    return days


def _last_seqs(
    connection: sa.Connection, head: Head, *, up_to: int, declared: Callable[[], Mapping[str, Sequence[str]]]
) -> dict[tuple[str, str], dict[str, int]]:
    """Return the seq of the last entry of each measure as of this seq, by force and day; at least for declared days.

    `declared` returns these, in order, by force. An entry over several days counts as one of each of them.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    spans: list[tuple[str, str, str, int]] = []
    rows = connection.execute(_last_entries(is_past=up_to < head.seq), values_at(0, head, up_to))
    for force, day, measure, seq in rows:
        if TO in day:
            spans.append((force, day, measure, seq))
        else:
            found.setdefault((force, day), {})[measure] = seq
    days_of = declared() if spans else {}
    for force, span, measure, seq in spans:
        first, _to, last = span.partition(TO)
        days = days_of.get(force, [])
        for day in days[bisect_left(days, first) : bisect_right(days, last)]:
            seqs = found.setdefault((force, day), {})
            seqs[measure] = max(seq, seqs.get(measure, 0))
    return found


@cache
def _last_entries(*, is_past: bool) -> sa.Select[Any]:
    """Select the seq of the last entry by force, day and measure, at the head of a log or at an earlier seq."""
    rows = rows_at(0, is_past=is_past)
    keys = (rows.c.force, rows.c.day, rows.c.measure)
    return sa.select(*keys, sa.func.max(rows.c.last_seq)).group_by(*keys)
