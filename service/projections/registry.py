"""The projections, each with its version and its table. All are applied in the transaction that appends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from service.db import constraint_of
from service.projections import entries, participants, returns, ruled_out, sightings, totals
from service.projections.steps import Batch, Row


@dataclass(frozen=True, slots=True)
class Projection:
    """A table of rows by seq that is derived from the log. Raise `version` whenever the same log gives other rows."""

    name: str
    version: int
    table: sa.Table
    rows: Callable[[sa.Connection, Batch], list[Row]]


BY_SEQ: tuple[Projection, ...] = (
    Projection("participants", 1, participants.participants, participants.rows),
    Projection("returns", 1, returns.declared_returns, returns.rows),
    Projection("entries", 1, entries.entries, entries.rows),
    Projection("sightings", 1, sightings.sightings, sightings.rows),
    Projection("ruled_out", 1, ruled_out.ruled_out, ruled_out.rows),
)
TOTALS_VERSION = 1
TABLES: tuple[sa.Table, ...] = (*(projection.table for projection in BY_SEQ), totals.totals)
VERSION = ",".join([*(f"{projection.name}={projection.version}" for projection in BY_SEQ), f"totals={TOTALS_VERSION}"])


def apply(connection: sa.Connection, batch: Batch) -> None:
    """Apply a run of events to one generation of all projections.

    Raises:
        TotalTooLarge: a total would leave the range that JSON keeps exactly.
    """
    for projection in BY_SEQ:
        if made := projection.rows(connection, batch):
            connection.execute(projection.table.insert(), made)
    try:
        totals.add(connection, batch)
    except sa.exc.IntegrityError as error:
        if constraint_of(error) == "totals_quantity_check":
            raise totals.TotalTooLarge(f"A total would exceed {totals.MOST:,}.", pointer="/data") from error
        raise
