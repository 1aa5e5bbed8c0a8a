"""Runs of events to apply projections to, read from the log with the state that precedes them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation, fold
from service.eventlog import read
from service.projections.steps import Batch, Step, steps_of


def read_run(connection: sa.Connection, operation: str, generation: int, first: int, last: int) -> Batch:
    """Return the events with these seqs, at least one, as a run."""
    return run_of(connection, operation, generation, read.events_between(connection, operation, first, last))


def run_of(
    connection: sa.Connection,
    operation: str,
    generation: int,
    recorded: Sequence[RecordedEvent],
    *,
    after: Batch | None = None,
) -> Batch:
    """Return a run of events with what it needs from the log before it: the operation, and the corrected versions.

    `after`, if given, is the run immediately before, which holds the operation.
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
    """Return the steps of these events; read the seqs of the versions that they correct."""
    corrected = {event.event.corrects for event in recorded if event.event.corrects is not None}
    return steps_of(recorded, before, read.seqs_by_id(connection, operation, corrected))
