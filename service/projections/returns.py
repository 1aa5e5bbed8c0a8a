"""Declared returns, kept by seq: what each force has said about how complete its record of a day is."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from service.db import CodeText, metadata
from service.domain.completeness import Declaration, Declarations
from service.domain.events import ReturnDeclared
from service.projections.steps import Batch, Row

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
)


def rows(_connection: sa.Connection, batch: Batch) -> list[Row]:
    """Return a row for each declared return among these events."""
    return [
        {
            "operation_id": batch.operation,
            "generation": batch.generation,
            "seq": step.recorded.seq,
            "force": step.recorded.event.force,
            "day": str(declared.day),
            "status": declared.status,
            "measures": ",".join(declared.measures),
        }
        for step in batch.steps
        if isinstance(declared := step.recorded.event.data, ReturnDeclared)
    ]


def declarations(connection: sa.Connection, operation: str, generation: int, *, up_to: int) -> Declarations:
    """Return what has been declared up to this seq, newest first, by force and day."""
    found: dict[tuple[str, date], list[Declaration]] = {}
    table = declared_returns.c
    statement = sa.select(table.force, table.day, table.status, table.measures).where(
        table.operation_id == operation, table.generation == generation, table.seq <= up_to
    )
    for force, day, status, measures in connection.execute(statement.order_by(table.seq.desc())):
        spoken_of = frozenset(measures.split(",")) if measures else frozenset[str]()
        found.setdefault((force, date.fromisoformat(day)), []).append(Declaration(status, spoken_of))
    return found
