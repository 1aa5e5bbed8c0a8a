"""Entries: the signed lines that every figure is a sum of. A correction also adds the old lines, negated."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from service.domain.counting.rules import counts_of, day_of, span_of
from service.domain.model.events import FACTS, Event
from service.domain.model.operation import Operation
from service.eventlog.head import Head
from service.projections.steps import Batch, Step
from service.storage.db import CodeText, metadata
from service.storage.writes import Writes

# The day of a figure of activities that cover more than one.
NO_DAY = ""
# Between the first and the last day of such an activity's entries, as between the ends of an interval in ISO 8601.
TO = "/"
DAY_LENGTH = len("2024-01-16")

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("of_seq", sa.BigInteger, nullable=False, comment="the version whose lines these are"),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("day", CodeText, nullable=False, comment="the operating day; of several, first and last with a slash"),
    sa.Column("measure", CodeText, nullable=False),
    sa.Column("category", CodeText, nullable=False, comment="empty where the measure has none"),
    sa.Column("qualifier", CodeText, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False, comment="in the measure's unit; negative in a reversal"),
    sa.Column("lines", sa.Integer, nullable=False, comment="+1, or -1 in a reversal"),
)

KEYS = (entries.c.force, entries.c.day, entries.c.measure, entries.c.category, entries.c.qualifier)


class EntryRow(NamedTuple):
    """A row of `entries`. `force` is empty for what counts for none; `lines` is below 0 for what its parts take."""

    operation_id: str
    generation: int
    seq: int
    line: int
    of_seq: int
    force: str
    day: str
    measure: str
    category: str
    qualifier: str
    quantity: int
    lines: int


def rows(writes: Writes, batch: Batch) -> list[EntryRow]:
    """Return the entries of these events, numbered from 1 within each event.

    A correction or withdrawal first copies, negated, the entries of the version it corrects, on their old day.
    """
    reversed_seqs = {step.corrected_seq for step in batch.steps if step.corrected_seq is not None}
    known = _rows_of_versions(writes, batch, reversed_seqs - {step.recorded.seq for step in batch.steps})
    made: list[EntryRow] = []
    for step in batch.steps:
        seq, own = step.recorded.seq, _own_rows(batch, step)
        if seq in reversed_seqs:
            known[seq] = own
        if step.corrected_seq is None:
            made += own
        else:
            both = [*map(_negated, known[step.corrected_seq]), *own]
            made += [row._replace(seq=seq, line=number) for number, row in enumerate(both, start=1)]
    return made


def _own_rows(batch: Batch, step: Step) -> list[EntryRow]:
    """Return the entries of what an event itself counts."""
    event, seq = step.recorded.event, step.recorded.seq
    if not isinstance(event.data, FACTS):
        return []
    day, own = _days(event, step.operation), event.force
    version, counts = (batch.operation, batch.generation, seq), counts_of(event, step.operation.measures)
    # By position: by name, it would take more than twice as long.
    return [
        EntryRow(*version, number, seq, own if of is None else of, day, measure, category, qualifier, quantity, lines)
        for number, (measure, category, quantity, qualifier, of, lines) in enumerate(counts, start=1)
    ]


def _days(event: Event, operation: Operation) -> str:
    if (day := day_of(event, operation.days)) is not None:
        return day.isoformat()
    span = span_of(event, operation.days)
    assert span is not None, "what has no day covers more than one"
    return TO.join(day.isoformat() for day in span)


def _negated(row: EntryRow) -> EntryRow:
    return row._replace(quantity=-row.quantity, lines=-row.lines)


def _rows_of_versions(writes: Writes, batch: Batch, seqs: Collection[int]) -> dict[int, list[EntryRow]]:
    """Return, by seq, the own entries of each of these versions. Their reversals have the same of_seq, not the seq."""
    found: dict[int, list[EntryRow]] = {seq: [] for seq in seqs}
    if not seqs:
        return found
    statement = sa.select(entries).where(
        entries.c.operation_id == batch.operation,
        entries.c.generation == batch.generation,
        entries.c.seq.in_(sorted(seqs)),
        entries.c.of_seq == entries.c.seq,
    )
    for row in writes.connection.execute(statement.order_by(entries.c.seq, entries.c.line)):
        found[row.seq].append(EntryRow._make(row))
    return found


def first_standing_seq(connection: sa.Connection, head: Head, force: str) -> int | None:
    """Return the lowest seq of a standing version that a force counts; None if it counts none."""
    standing = (
        sa.select(entries.c.of_seq)
        .where(entries.c.operation_id == head.operation, entries.c.generation == head.generation)
        .where(entries.c.force == force)
        .group_by(entries.c.of_seq)
        .having(sa.func.sum(entries.c.lines) > 0)
    )
    seq: int | None = connection.scalar(standing.order_by(entries.c.of_seq).limit(1))
    return seq
