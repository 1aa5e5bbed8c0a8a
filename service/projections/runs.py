"""Runs of events as projections are applied to them, read from the log with what lies ahead of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service.domain.events import RecordedEvent
from service.domain.operation import Operation, fold
from service.eventlog import read
from service.projections.steps import Batch, Step, steps_of


def read_run(connection: sa.Connection, operation: str, generation: int, first: int, last: int) -> Batch:
    """Return the events with these seqs, of which there is at least one, as a run."""
    return run_of(connection, operation, generation, read.events_between(connection, operation, first, last))


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
