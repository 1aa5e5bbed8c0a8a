"""Declared returns by seq: how complete each force has declared its record of a day to be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.domain.counting.completeness import Declaration, Declarations
from service.domain.model.events import ReturnDeclared
from service.eventlog.head import Head
from service.projections.entries import TO
from service.projections.steps import Batch
from service.projections.totals_snapshots import rows_at
from service.storage.db import CodeText, InstantType, metadata
from service.storage.writes import Writes

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
    """A row of `declared_returns`."""

    operation_id: str
    generation: int
    seq: int
    force: str
    day: str
    status: str
    measures: str
    recorded_at: datetime


def rows(_writes: Writes, batch: Batch) -> list[DeclaredReturnRow]:
    """Return a row for each declared return among these events."""
    return [
        DeclaredReturnRow(
            operation_id=batch.operation,
            generation=batch.generation,
            seq=step.recorded.seq,
            force=step.recorded.event.force,
            day=str(declared.day),
            status=declared.status,
            measures=",".join(declared.measures),
            recorded_at=step.recorded.recorded_at,
        )
        for step in batch.steps
        if isinstance(declared := step.recorded.event.data, ReturnDeclared)
    ]


def declarations(connection: sa.Connection, head: Head, *, up_to: int) -> Declarations:
    """Return the declarations up to this seq, newest first, by force and day.

    A complete or nil return is reopened by a later event of that force and day, of a measure that the return covers. An
    activity that covers several days is an event of each.
    """
    found: dict[tuple[str, date], list[Declaration]] = {}
    table = declared_returns.c
    statement = sa.select(table.force, table.day, table.status, table.measures, table.seq, table.recorded_at).where(
        table.operation_id == head.operation, table.generation == head.generation, table.seq <= up_to
    )
    rows = connection.execute(statement.order_by(table.seq.desc())).all()
    last_seqs = _last_seqs(connection, head, up_to=up_to, of={(row.force, row.day) for row in rows})
    for force, day, status, measures, seq, recorded_at in rows:
        declared = Declaration(
            status=status,
            measures=frozenset(measures.split(",")) if measures else frozenset(),
            seq=seq,
            recorded_at=recorded_at,
        )
        found.setdefault((force, date.fromisoformat(day)), []).append(
            declared.reopened_by(last_seqs.get((force, day), {}))
        )
    return found


def first_return_seq(connection: sa.Connection, head: Head, force: str) -> int | None:
    """Return the seq of the first return that a force declared; None if there is none."""
    table = declared_returns.c
    seq: int | None = connection.scalar(
        sa.select(sa.func.min(table.seq)).where(
            table.operation_id == head.operation, table.generation == head.generation, table.force == force
        )
    )
    return seq


def _last_seqs(
    connection: sa.Connection, head: Head, *, up_to: int, of: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, int]]:
    """Return the seq of the last entry of each measure as of this seq, by force and day; at least for the days of `of`.

    An entry over several days counts as one of each of them that is in `of`.
    """
    rows = rows_at(head, up_to)
    keys = (rows.c.force, rows.c.day, rows.c.measure)
    statement = sa.select(*keys, sa.func.max(rows.c.last_seq)).group_by(*keys)
    found: dict[tuple[str, str], dict[str, int]] = {}
    spans: list[tuple[str, str, str, int]] = []
    for force, day, measure, seq in connection.execute(statement):
        if TO in day:
            spans.append((force, day, measure, seq))
        else:
            found.setdefault((force, day), {})[measure] = seq
    days_by_force = _days_by_force(of) if spans else {}
    for force, span, measure, seq in spans:
        first, _to, last = span.partition(TO)
        days = days_by_force.get(force, [])
        for day in days[bisect_left(days, first) : bisect_right(days, last)]:
            seqs = found.setdefault((force, day), {})
            seqs[measure] = max(seq, seqs.get(measure, 0))
    return found


def _days_by_force(of: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the days of each force, in order."""
    found: dict[str, list[str]] = {}
    for force, day in sorted(of):
        found.setdefault(force, []).append(day)
    return found
