"""Tallies of several days: what is counted for a period of more than one operating day, with its first and last day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from service.domain.model.days import OperatingDays
from service.domain.model.vocabulary import UNSTATED
from service.eventlog.head import Head
from service.eventlog.table import events
from service.projections.entries import TO, entries

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A quantity of a measure that a force counted over several days; `first` and `last` are both included.

    They are None if the period begins or ends on no operating day. `qualifier` and `lines` are as in a Sum.
    """

    force: str
    measure: str
    category: str
    qualifier: str
    quantity: int
    lines: int
    first: date | None
    last: date | None

    def covers(self, categories: Sequence[str]) -> bool:
        """Return whether it counts all of these categories; empty: all that the measure has."""
        if not categories:
            return self.category in ("", UNSTATED)
        return all(f"{path}/".startswith(f"{self.category}/") for path in categories)


def tallies(
    connection: sa.Connection, head: Head, days: OperatingDays, *, up_to: int, measures: Sequence[str]
) -> Iterator[Tally]:
    """Yield the tallies of several days that stand at a seq, of these measures."""
    standing = (
        sa.select(
            entries.c.of_seq,
            entries.c.force,
            entries.c.measure,
            entries.c.category,
            entries.c.qualifier,
            sa.cast(sa.func.sum(entries.c.quantity), sa.BigInteger).label("quantity"),
            sa.cast(sa.func.sum(entries.c.lines), sa.BigInteger).label("lines"),
        )
        .where(entries.c.operation_id == head.operation, entries.c.generation == head.generation)
        .where(entries.c.seq <= up_to, entries.c.day.contains(TO), entries.c.measure.in_(measures))
        .group_by(entries.c.of_seq, entries.c.force, entries.c.measure, entries.c.category, entries.c.qualifier)
        .having(sa.func.sum(entries.c.lines) != 0)
        .subquery()
    )
    spans = sa.and_(events.c.operation_id == head.operation, events.c.seq == standing.c.of_seq)
    statement = sa.select(standing, events.c.occurred_at, events.c.occurred_before).join(events, spans)
    for row in connection.execute(statement.order_by(standing.c.of_seq)):
        yield Tally(
            force=row.force,
            measure=row.measure,
            category=row.category,
            qualifier=row.qualifier,
            quantity=row.quantity,
            lines=row.lines,
            first=days.day_of(row.occurred_at),
            last=days.day_of(row.occurred_before - INSTANT),
        )
