"""The entries with the hour of each, for figures by hour: no stored totals have it, so these read every entry."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service.eventlog.table import events
from service.projections.entries import entries
from service.projections.totals import Number, Text

# The hour of a fact without a time of day, and of an activity that covers more than one hour.
NO_HOUR = ""


def rows_by_hour(dialect: str, operation: Text, generation: Number, seq: Number) -> sa.Subquery:
    """Select the entries up to a seq, with the hour in which the version that each counts took place.

    An hour is in UTC, such as `2023-01-17T21`. London's hours begin when those of UTC do.
    """
    counted = sa.and_(events.c.operation_id == entries.c.operation_id, events.c.seq == entries.c.of_seq)
    names = ("force", "day", "measure", "category", "qualifier", "quantity", "lines")
    return (
        sa.select(*(entries.c[name] for name in names), _hour(dialect).label("hour"))
        .select_from(entries.join(events, counted))
        .where(entries.c.operation_id == operation, entries.c.generation == generation)
        .where(entries.c.seq <= seq)
        .subquery()
    )


def _hour(dialect: str) -> sa.ColumnElement[str]:
    starts_at, before = events.c.occurred_at, events.c.occurred_before
    hour, next_hour = _on_sqlite(starts_at) if dialect == "sqlite" else _on_postgresql(starts_at)
    ends_at = sa.type_coerce(before, sa.Text) if dialect == "sqlite" else sa.func.timezone("UTC", before)
    is_single = sa.and_(starts_at.is_not(None), sa.or_(before.is_(None), ends_at <= next_hour))
    return sa.case((is_single, hour), else_=NO_HOUR)


def _on_sqlite(moment: sa.Column[Any]) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Return the hour of a moment, and the beginning of the next as moments are stored: as text."""
    text = sa.type_coerce(moment, sa.Text)
    return sa.func.substr(text, 1, len("2023-01-17T21")), sa.func.strftime("%Y-%m-%dT%H:00:00.000000Z", text, "+1 hour")


def _on_postgresql(moment: sa.Column[Any]) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Return the hour of a moment, and the beginning of the next in UTC."""
    local = sa.func.timezone("UTC", moment)
    begins = sa.func.date_trunc("hour", local)
    return sa.func.to_char(begins, 'YYYY-MM-DD"T"HH24'), begins + sa.text("interval '1 hour'")
