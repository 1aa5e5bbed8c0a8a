"""Entries: the signed lines that every figure is a sum of. A correction also adds the old lines, negated."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from service.db import CodeText, metadata
from service.domain.counting import Count, counts_of, day_of
from service.domain.events import FACTS
from service.projections.steps import Batch, Step
from service.writes import Row, Writes

NO_DAY = ""
# One line of a version: its of_seq, force and day, its count, and +1 or -1.
Line = tuple[int, str, str, Count, int]

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
)

KEYS = (entries.c.force, entries.c.day, entries.c.measure, entries.c.category, entries.c.qualifier)


def row(
    *,
    operation_id: str,
    generation: int,
    seq: int,
    line: int,
    of_seq: int,
    force: str,
    day: str,
    measure: str,
    category: str,
    qualifier: str,
    quantity: int,
    lines: int,
) -> Row:
    """Return the values of a row in the order of the table's columns."""
    return operation_id, generation, seq, line, of_seq, force, day, measure, category, qualifier, quantity, lines


def rows(writes: Writes, batch: Batch) -> list[Row]:
    """Return the entries of these events, numbered from 1 within each event.

    A correction or withdrawal first copies, negated, the lines of the version it corrects, on their old day.
    """
    reversed_seqs = {step.corrected_seq for step in batch.steps if step.corrected_seq is not None}
    known = _lines_of_versions(writes, batch, reversed_seqs - {step.recorded.seq for step in batch.steps})
    made: list[Row] = []
    for step in batch.steps:
        own = _own_lines(step)
        if step.recorded.seq in reversed_seqs:
            known[step.recorded.seq] = own
        reversals = [] if step.corrected_seq is None else [_negated(line) for line in known[step.corrected_seq]]
        for number, line in enumerate([*reversals, *own] if reversals else own, start=1):
            made.append(_row_of(batch, step, number, line))
    return made


def _own_lines(step: Step) -> list[Line]:
    event = step.recorded.event
    if not isinstance(event.data, FACTS):
        return []
    day, seq, force = day_of(event, step.operation.days), step.recorded.seq, event.force
    shown = NO_DAY if day is None else day.isoformat()
    return [(seq, force, shown, count, 1) for count in counts_of(event, step.operation.measures)]


def _negated(line: Line) -> Line:
    of_seq, force, day, count, lines = line
    return of_seq, force, day, count._replace(quantity=-count.quantity), -lines


def _row_of(batch: Batch, step: Step, number: int, line: Line) -> Row:
    of_seq, force, day, (measure, category, quantity, qualifier), lines = line
    return row(
        operation_id=batch.operation,
        generation=batch.generation,
        seq=step.recorded.seq,
        line=number,
        of_seq=of_seq,
        force=force,
        day=day,
        measure=measure,
        category=category,
        qualifier=qualifier,
        quantity=quantity,
        lines=lines,
    )


def _lines_of_versions(writes: Writes, batch: Batch, seqs: Collection[int]) -> dict[int, list[Line]]:
    """Return the own lines of each of these versions. Their reversals have the same of_seq and another seq."""
    lines: dict[int, list[Line]] = {seq: [] for seq in seqs}
    if not seqs:
        return lines
    counted = [entries.c[name] for name in Count._fields]
    columns = (entries.c.of_seq, entries.c.force, entries.c.day, *counted, entries.c.lines)
    statement: sa.Select[Any] = sa.select(*columns).where(
        entries.c.operation_id == batch.operation,
        entries.c.generation == batch.generation,
        entries.c.seq.in_(sorted(seqs)),
        entries.c.of_seq == entries.c.seq,
    )
    found = writes.connection.execute(statement.order_by(entries.c.seq, entries.c.line))
    for of_seq, force, day, *count, sign in found:
        lines[of_seq].append((of_seq, force, day, Count(*count), sign))
    return lines
