"""The projections, each with its version and its table. All are updated in the transaction that appends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service.domain.duplicates.match_candidates import COMPARED
from service.domain.model.events import (
    FACTS,
    DuplicateReopened,
    DuplicateRuledOut,
    EventWithdrawn,
    ForceJoined,
    ForceLeft,
    ReturnDeclared,
)
from service.projections import entries, participants, returns, totals, totals_snapshots
from service.projections.duplicates import match_candidates, ruled_out
from service.projections.steps import Batch
from service.storage.db import constraint_of
from service.storage.writes import Row, Writes


@dataclass(frozen=True, slots=True)
class Projection:
    """A table of rows by seq that is derived from the log. Raise `version` whenever the same log gives other rows.

    `of` are the classes of events that have rows in it. `reads_run`: it derives its rows from the rows that the
    projections before it made of the same run of events.
    """

    name: str
    version: int
    table: sa.Table
    rows: Callable[[Writes, Batch], Sequence[Row]]
    of: tuple[type[Any], ...]
    reads_run: bool = False


BY_SEQ: tuple[Projection, ...] = (
    Projection("participants", 1, participants.participants, participants.rows, (ForceJoined, ForceLeft)),
    Projection("returns", 1, returns.declared_returns, returns.rows, (ReturnDeclared,)),
    Projection("entries", 2, entries.entries, entries.rows, (*FACTS, EventWithdrawn)),
    Projection(
        "match_candidates", 2, match_candidates.match_candidates, match_candidates.rows, (*COMPARED, EventWithdrawn)
    ),
    Projection(
        "ruled_out", 1, ruled_out.ruled_out, ruled_out.rows, (DuplicateRuledOut, DuplicateReopened), reads_run=True
    ),
)
SUMMED: tuple[tuple[sa.Table, int], ...] = ((totals.totals, 2), (totals_snapshots.totals_snapshots, 2))
TABLES: tuple[sa.Table, ...] = (*(projection.table for projection in BY_SEQ), *(table for table, _version in SUMMED))
VERSION = ",".join(
    [
        *(f"{projection.name}={projection.version}" for projection in BY_SEQ),
        *(f"{table.name}={version}" for table, version in SUMMED),
    ]
)


def apply(writes: Writes, batch: Batch, *, snapshot_every: int | None, and_commit: bool = False) -> None:
    """Apply a run of events to one generation of all projections, and send everything that is queued in `writes`.

    `snapshot_every` is that generation's totals snapshot interval; `and_commit` commits in the same round trip.

    Raises:
        TotalTooLarge: a total would leave the range that JSON keeps exactly.
    """
    made = fill(writes, batch)
    seqs = totals_snapshots.snapshot_seqs(batch.first_seq, batch.last_seq, snapshot_every)
    totals.add(writes, batch, made.get(entries.entries, ()))
    totals_snapshots.take(writes, batch.operation, batch.generation, seqs)
    send(writes, and_commit=and_commit)


def fill(writes: Writes, batch: Batch) -> Mapping[sa.Table, Sequence[Any]]:
    """Queue the rows of some events for all projections that are not sums; return the rows by table."""
    kinds = {type(step.recorded.event.data) for step in batch.steps}
    made: dict[sa.Table, Sequence[Row]] = {}
    for projection in BY_SEQ:
        if kinds.isdisjoint(projection.of):
            continue
        if projection.reads_run:
            writes.send()
        made[projection.table] = projection.rows(writes, batch)
        writes.insert(projection.table, made[projection.table])
    return made


def send(writes: Writes, *, and_commit: bool = False) -> None:
    """Send everything that is queued in `writes`.

    Raises:
        TotalTooLarge: a total would leave the range that JSON keeps exactly.
    """
    try:
        writes.send(and_commit=and_commit)
    except sa.exc.IntegrityError as error:
        if constraint_of(error) == "totals_quantity_check":
            raise totals.too_large() from error
        raise
