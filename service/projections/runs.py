"""Runs of events as projections are applied to them, read from the log with what lies ahead of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from service.domain.events import RecordedEvent
from service.domain.operation import Operation, fold
from service.driver import read_as_stored
from service.eventlog import read
from service.eventlog.codec import recorded_from_text
from service.eventlog.table import events
from service.projections.steps import Batch, Step, steps_of


def read_run(
    connection: sa.Connection, operation: str, generation: int, first: int, last: int, *, after: Batch | None = None
) -> Batch:
    """Return the events with these seqs, of which there is at least one, as a run; `after` as in `run_of`."""
    rows = read_as_stored(connection, _texts, {"name": operation, "first": first, "last": last})
    recorded = [recorded_from_text(text) for (text,) in rows]
    return run_of(connection, operation, generation, recorded, after=after)


def run_of(
    connection: sa.Connection,
    operation: str,
    generation: int,
    recorded: Sequence[RecordedEvent],
    *,
    after: Batch | None = None,
) -> Batch:
    """Return a run of events with what the log ahead of it says: what the operation is, and what is corrected.

    `after`, if given, is the run just ahead of it, which knows what the operation is.
    """
    if after is not None:
        before: Operation | None = after.steps[-1].operation
    else:
        setup = read.setup_events(connection, operation, up_to=recorded[0].seq - 1)
        before = fold(setup) if setup else None
    return Batch(operation, generation, steps_with(connection, operation, recorded, before))


def steps_with(
    connection: sa.Connection, operation: str, recorded: Sequence[RecordedEvent], before: Operation | None
) -> list[Step]:
    """Return the steps of these events; the seqs of the versions that they correct are read."""
    corrected = {event.event.corrects for event in recorded if event.event.corrects is not None}
    return steps_of(recorded, before, read.seqs_by_id(connection, operation, corrected))


def _texts(_dialect: str) -> sa.Select[Any]:
    within = events.c.seq.between(sa.bindparam("first"), sa.bindparam("last"))
    return sa.select(events.c.text).where(events.c.operation_id == sa.bindparam("name"), within).order_by(events.c.seq)
