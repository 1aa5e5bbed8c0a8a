"""Declared returns by seq: how complete each force has declared its record of a day to be."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.domain.counting.completeness import Declaration, Declarations
from service.domain.model.events import ReturnDeclared
from service.eventlog.head import Head
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

    A complete or nil return is reopened by a later event of that force and day, of a measure that the return covers.
    """
    found: dict[tuple[str, date], list[Declaration]] = {}
    last_seqs = _last_seqs(connection, head, up_to=up_to)
    table = declared_returns.c
    statement = sa.select(table.force, table.day, table.status, table.measures, table.seq, table.recorded_at).where(
        table.operation_id == head.operation, table.generation == head.generation, table.seq <= up_to
    )
    for force, day, status, measures, seq, recorded_at in connection.execute(statement.order_by(table.seq.desc())):
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


def _last_seqs(connection: sa.Connection, head: Head, *, up_to: int) -> dict[tuple[str, str], dict[str, int]]:
    """Return the seq of the last entry of each measure, by force and day, as of this seq."""
    rows = rows_at(head, up_to)
    keys = (rows.c.force, rows.c.day, rows.c.measure)
    statement = sa.select(*keys, sa.func.max(rows.c.last_seq)).group_by(*keys)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for force, day, measure, seq in connection.execute(statement):
        found.setdefault((force, day), {})[measure] = seq
    return found
