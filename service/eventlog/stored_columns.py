"""The stored rows of a log by column, and the comparison of columns that repeat the texts of its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from service.domain.model.events import ActivityRecorded, RecordedEvent
from service.eventlog.table import events
from service.storage.db import InstantType
from service.storage.statements import read_raw

MOMENTS = ("occurred_at", "occurred_before", "recorded_at")
REPEATED = ("operation_id", "seq", "id", "type", "force", "corrects", *MOMENTS, "occurred_on")
READ = ("text", "leaf_hash", "subtree_hashes", *REPEATED)
# The values of each column of some rows.
Columns = dict[str, list[Any]]
# The index of a row in a list of rows, and a description of what is wrong with it.
Mismatch = tuple[int, str]


def stored_columns(connection: sa.Connection, operation: str, first: int, last: int) -> Columns:
    """Return the columns of the rows with these seqs, both included, as stored, in the order of the log."""
    rows = read_raw(connection, _between, {"name": operation, "first": first, "last": last})
    columns = map(list, zip(*rows, strict=True)) if rows else ([] for _name in READ)
    return dict(zip(READ, columns, strict=True))


def mismatched_columns(stored: Columns, recorded: Sequence[RecordedEvent]) -> Iterator[Mismatch]:
    """Yield, for each column that must agree with the texts of these events, the first row where it differs."""
    for name, said in _repeated(recorded).items():
        found = [_moment(text) for text in stored[name]] if name in MOMENTS else stored[name]
        for index in first_mismatch(found, said):
            yield index, f"its column {name} is {found[index]}; its text says {said[index]}"


def first_mismatch(found: list[Any], expected: list[Any]) -> Iterator[int]:
    """Yield the first index at which two lists differ, if there is one. `expected` may be shorter."""
    if found != expected:
        unequal = (index for index, (one, other) in enumerate(zip(found, expected, strict=False)) if one != other)
        yield from islice(unequal, 1)


def _repeated(recorded: Sequence[RecordedEvent]) -> Columns:
    """Return the values that the columns must have according to the texts of these events."""
    made = [one.event for one in recorded]
    return {
        "operation_id": [one.operation for one in recorded],
        "seq": [one.seq for one in recorded],
        "id": [event.id.hex for event in made],
        "type": [event.type for event in made],
        "force": [event.force for event in made],
        "corrects": [event.corrects and event.corrects.hex for event in made],
        "occurred_at": [event.occurred_at for event in made],
        "occurred_before": [
            event.data.occurred_before if isinstance(event.data, ActivityRecorded) else None for event in made
        ],
        "recorded_at": [one.recorded_at for one in recorded],
        "occurred_on": [event.occurred_on and event.occurred_on.isoformat() for event in made],
    }


def _between(dialect: str) -> sa.Select[Any]:
    """Return the statement that reads rows by seq, with ids as 32 hex digits and moments as text, which is fastest."""
    columns = [_as_stored(events.c[name], dialect) for name in READ]
    within = events.c.seq.between(sa.bindparam("first"), sa.bindparam("last"))
    return sa.select(*columns).where(events.c.operation_id == sa.bindparam("name"), within).order_by(events.c.seq)


def _as_stored(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    if not isinstance(column.type, (sa.Uuid, InstantType)):
        return column
    if dialect == "sqlite":
        return sa.type_coerce(column, sa.Text)
    text = sa.cast(column, sa.Text)
    return sa.func.replace(text, "-", "") if isinstance(column.type, sa.Uuid) else text


def _moment(text: str | None) -> datetime | str | None:
    """Return the moment in a column, or its text if it is not a moment: SQLite accepts any text."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return text
