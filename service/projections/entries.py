"""Entries: the signed lines that every figure is a sum of. One event makes its own lines; a correction also negates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from service.db import CodeText, metadata
from service.domain.counting import Count, counts_of, day_of
from service.domain.events import FACTS
from service.projections.steps import Batch, Row, Step

NO_DAY = ""

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("of_seq", sa.BigInteger, nullable=False, comment="the version whose lines these are"),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("day", CodeText, nullable=False, comment="the operating day; empty if it covers more than one"),
    sa.Column("measure", CodeText, nullable=False),
    sa.Column("category", CodeText, nullable=False, comment="empty where the measure has none"),
    sa.Column("qualifier", CodeText, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False, comment="in the measure's unit; negative in a reversal"),
    sa.Column("lines", sa.Integer, nullable=False, comment="+1, or -1 in a reversal"),
    sa.Index("entries_of_seq_idx", "operation_id", "generation", "of_seq"),
)

KEYS = (entries.c.force, entries.c.day, entries.c.measure, entries.c.category, entries.c.qualifier)


def rows(connection: sa.Connection, batch: Batch) -> list[Row]:
    """Return the entries of these events, numbered from 1 within each event.

    A correction or withdrawal first copies, negated, the lines of the version it corrects, with their old day.
    """
    reversed_seqs = {step.corrected_seq for step in batch.steps if step.corrected_seq is not None}
    known = _lines_of_versions(connection, batch, reversed_seqs - {step.recorded.seq for step in batch.steps})
    made: list[Row] = []
    for step in batch.steps:
        reversals = [] if step.corrected_seq is None else [_negated(line) for line in known[step.corrected_seq]]
        own = _own_lines(step)
        known[step.recorded.seq] = own
        key = {"operation_id": batch.operation, "generation": batch.generation, "seq": step.recorded.seq}
        made += [{**key, "line": line, **values} for line, values in enumerate([*reversals, *own], start=1)]
    return made


def _own_lines(step: Step) -> list[Row]:
    event = step.recorded.event
    if not isinstance(event.data, FACTS):
        return []
    day = day_of(event, step.operation.days)
    common = {"of_seq": step.recorded.seq, "force": event.force, "day": NO_DAY if day is None else str(day), "lines": 1}
    counts = counts_of(event, step.operation.measures)
    return [{**common, **dict(zip(Count._fields, count, strict=True))} for count in counts]


def _negated(line: Row) -> Row:
    return line | {"quantity": -line["quantity"], "lines": -line["lines"]}


def _lines_of_versions(connection: sa.Connection, batch: Batch, seqs: Collection[int]) -> dict[int, list[Row]]:
    """Return the own lines of each of these versions. Their reversals carry the same of_seq and another seq."""
    lines: dict[int, list[Row]] = {seq: [] for seq in seqs}
    if not seqs:
        return lines
    columns: Sequence[sa.Column[Any]] = (entries.c.of_seq, *KEYS, entries.c.quantity, entries.c.lines)
    statement = sa.select(*columns).where(
        entries.c.operation_id == batch.operation,
        entries.c.generation == batch.generation,
        entries.c.of_seq.in_(sorted(seqs)),
        entries.c.seq == entries.c.of_seq,
    )
    for row in connection.execute(statement.order_by(entries.c.seq, entries.c.line)).mappings():
        lines[row["of_seq"]].append(dict(row))
    return lines
