"""Match candidates: what is compared of every arrest and seizure to find those that two forces may both have counted.

A correction is a match candidate of its own and names the version that it replaces. So does the row of a withdrawal,
which holds nothing to compare. A version is standing if no row replaces it.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from service.domain.duplicates.lines import text_of
from service.domain.duplicates.match_candidates import COMPARED, categories_of, microseconds_of
from service.domain.model.days import london_midnight
from service.domain.model.events import Event, EventWithdrawn
from service.eventlog.head import Head
from service.projections.steps import Batch, Step
from service.storage.db import CodeText, metadata
from service.storage.writes import Writes

SEQS_AT_A_TIME = 2_000
# The first version of an event: its seq, and when it was recorded, in microseconds since 1970.
First = tuple[int, int]
# The events that have a row.
HAVE_ROWS = (*COMPARED, EventWithdrawn)

match_candidates = sa.Table(
    "match_candidates",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_seq", sa.BigInteger, nullable=False, comment="of the event's first version"),
    sa.Column("replaces_seq", sa.BigInteger, comment="of the version that this one corrects or withdraws"),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("type", CodeText, nullable=False),
    sa.Column("place", CodeText),
    sa.Column("incident", CodeText),
    sa.Column("occurred_microseconds", sa.BigInteger, comment="since 1970; null for a withdrawal"),
    sa.Column("categories", sa.Text, nullable=False, comment="sorted, comma-separated"),
    sa.Column("occurred_on", CodeText, comment="the operating day, if the event has no moment"),
    sa.Column("said", sa.Text, nullable=False, server_default="", comment="the text of its lines"),
    sa.Column(
        "first_recorded_microseconds",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        comment="since 1970; when the event's first version was recorded",
    ),
)
of = match_candidates.c
sa.Index(
    "match_candidates_place_idx", of.operation_id, of.generation, of.type, of.place, of.occurred_microseconds, of.seq
)
# The index includes the force, so incidents that two forces share are found without reading the rows.
sa.Index(
    "match_candidates_incident_idx",
    *(of.operation_id, of.generation, of.incident, of.type, of.force),
    sqlite_where=of.incident.is_not(None),
    postgresql_where=of.incident.is_not(None),
)
sa.Index(
    "match_candidates_replaces_seq_idx",
    *(of.operation_id, of.generation, of.replaces_seq),
    sqlite_where=of.replaces_seq.is_not(None),
    postgresql_where=of.replaces_seq.is_not(None),
)


class MatchCandidateRow(NamedTuple):
    """A row of `match_candidates`."""

    operation_id: str
    generation: int
    seq: int
    first_seq: int
    replaces_seq: int | None
    force: str
    type: str
    place: str | None
    incident: str | None
    occurred_microseconds: int | None
    categories: str
    occurred_on: str | None
    said: str
    first_recorded_microseconds: int


def rows(writes: Writes, batch: Batch) -> list[MatchCandidateRow]:
    """Return a row for each arrest and seizure, and each withdrawal, among these events."""
    firsts = _firsts_before(writes, batch)
    made = []
    for step in batch.steps:
        if isinstance(step.recorded.event.data, HAVE_ROWS):
            seq, replaced = step.recorded.seq, step.corrected_seq
            own = seq, microseconds_of(step.recorded.recorded_at)
            # What withdraws a tally has nothing to be compared with.
            firsts[seq] = own if replaced is None else firsts.get(replaced, (replaced, 0))
            made.append(_row_of(batch, step, firsts[seq]))
    return made


def first_seqs_of(connection: sa.Connection, place: Batch | Head, seqs: set[int]) -> dict[int, int]:
    """Return, by the seq of a version, the seq of its event's first version."""
    return {seq: first for seq, (first, _recorded) in _firsts_of(connection, place, seqs).items()}


def _firsts_of(connection: sa.Connection, place: Batch | Head, seqs: set[int]) -> dict[int, First]:
    found: dict[int, First] = {}
    if not seqs:
        return found
    statement = sa.select(of.seq, of.first_seq, of.first_recorded_microseconds)
    statement = statement.where(of.operation_id == place.operation, of.generation == place.generation)
    ordered = sorted(seqs)
    for start in range(0, len(ordered), SEQS_AT_A_TIME):
        some = ordered[start : start + SEQS_AT_A_TIME]
        rows = connection.execute(statement.where(of.seq.in_(some)))
        found.update((seq, (first, recorded)) for seq, first, recorded in rows)
    return found


def _firsts_before(writes: Writes, batch: Batch) -> dict[int, First]:
    corrected = {step.corrected_seq for step in batch.steps if step.corrected_seq is not None}
    before = corrected - {step.recorded.seq for step in batch.steps}
    return _firsts_of(writes.connection, batch, before) if before else {}


def _row_of(batch: Batch, step: Step, first: First) -> MatchCandidateRow:
    event = step.recorded.event
    data, day = event.data, event.occurred_on
    first_seq, first_recorded = first
    # By position: by name, it would take more than twice as long.
    return MatchCandidateRow(
        batch.operation,
        batch.generation,
        step.recorded.seq,
        first_seq,
        step.corrected_seq,
        event.force,
        event.type,
        event.place,
        event.incident,
        _occurred_microseconds(event),
        ",".join(categories_of(data)) if isinstance(data, COMPARED) else "",
        None if day is None else day.isoformat(),
        text_of(data) if isinstance(data, COMPARED) else "",
        first_recorded,
    )


def _occurred_microseconds(event: Event) -> int | None:
    """Return when an event happened, or the London midnight before its day: no window of that day begins earlier."""
    if event.occurred_at is not None:
        return microseconds_of(event.occurred_at)
    return None if event.occurred_on is None else microseconds_of(london_midnight(event.occurred_on))
