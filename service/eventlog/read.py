"""Queries of the log by id, seq, moment or type, and of the hashes that roots are computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.domain.deciding.decide import LogHistory
from service.domain.model.days import Interval, OperatingDays
from service.domain.model.events import FACTS, SETUP_TYPES, PartAccepted, RecordedEvent
from service.eventlog.table import events
from service.eventlog.tree import Tree, peak_seqs, split_hashes
from service.storage.statements import equals_any, read_pipelined, read_raw
from service.wire.codec import recorded_from_text

FACT_TYPES = tuple(cls.wire_type for cls in FACTS)
KEYS_IN_ONE_STATEMENT = 500


def history(connection: sa.Connection, operation: str, ids: Collection[UUID]) -> LogHistory:
    """Return the events with these ids, and the corrections of these events."""
    return history_of(read_pipelined(connection, (history_statement, {"name": operation, "ids": list(ids)}))[0])


def history_statement(dialect: str) -> sa.CompoundSelect[Any]:
    """Return the statement that reads the history of `ids` in the log of `name`, for `history_of`.

    It may return an event twice. Each half of the UNION uses one index; an OR would have to combine both.
    """
    mine = _of(sa.bindparam("name"), events.c.text)
    return sa.union_all(
        *(mine.where(equals_any(dialect, column, "ids")) for column in (events.c.id, events.c.corrects))
    )


def history_of(rows: Iterable[tuple[Any, ...]]) -> LogHistory:
    """Return the history from the result of `history_statement`."""
    found = LogHistory({}, {})
    for (text,) in rows:
        found.add(recorded_from_text(text))
    return found


def seqs_by_id(connection: sa.Connection, operation: str, ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the seqs of the events with these ids; ids that are not in the log are left out."""
    seqs: dict[UUID, int] = {}
    for some in _chunks(list(ids)):
        rows = connection.execute(_of(operation, events.c.id, events.c.seq).where(events.c.id.in_(some)))
        seqs.update((event_id, seq) for event_id, seq in rows)
    return seqs


def setup_events(
    connection: sa.Connection, operation: str, *, after: int = 0, up_to: int | None = None
) -> list[RecordedEvent]:
    """Return the coordinator's events in the order of the log, with after < seq <= up_to."""
    statement = _setup_texts(has_first=after > 0, has_last=up_to is not None)
    texts = connection.scalars(statement, {"name": operation, "after": after, "up_to": up_to})
    # They are few, and ordered here: to return them in order, SQLite would read the whole log by its primary key.
    return sorted((recorded_from_text(text) for text in texts), key=attrgetter("seq"))


@cache
def _setup_texts(*, has_first: bool, has_last: bool) -> sa.Select[Any]:
    statement = _of(sa.bindparam("name"), events.c.text).where(events.c.type.in_(SETUP_TYPES))
    if has_first:
        statement = statement.where(events.c.seq > sa.bindparam("after"))
    return statement.where(events.c.seq <= sa.bindparam("up_to")) if has_last else statement


def page(
    connection: sa.Connection,
    operation: str,
    *,
    after: int,
    up_to: int,
    limit: int,
    forces: Sequence[str] = (),
    types: Sequence[str] = (),
) -> list[tuple[int, str, str]]:
    """Return (seq, force, canonical text) of at most `limit` events with after < seq <= up_to, by seq."""
    statement = _of(operation, events.c.seq, events.c.force, events.c.text)
    # With two comparisons instead, SQLite would read the log by its primary key, past the events of all others.
    statement = statement.where(events.c.seq.between(after + 1, up_to))
    if forces:
        statement = statement.where(_is_any_of(events.c.force, forces))
    if types:
        statement = statement.where(_is_any_of(events.c.type, types))
    rows = connection.execute(statement.order_by(events.c.seq).limit(limit))
    return [(seq, force, text) for seq, force, text in rows]


def events_of_type(connection: sa.Connection, operation: str, wire_type: str) -> list[RecordedEvent]:
    """Return all events of one type, in the order of the log."""
    statement = _of(operation, events.c.text).where(events.c.type == wire_type).order_by(events.c.seq)
    return [recorded_from_text(text) for text in connection.scalars(statement)]


def latest(
    connection: sa.Connection, operation: str, *, up_to: int, limit: int, forces: Sequence[str] = ()
) -> list[RecordedEvent]:
    """Return at most `limit` events with seq <= up_to, the newest first; only those of `forces`, if any."""
    found = connection.scalars(_latest(operation, events.c.text, up_to=up_to, limit=limit, forces=forces))
    return [recorded_from_text(text) for text in found]


def latest_seqs(
    connection: sa.Connection, operation: str, *, up_to: int, limit: int, forces: Sequence[str] = ()
) -> list[int]:
    """Return the seqs of the same events as `latest`, without reading their texts."""
    return list(connection.scalars(_latest(operation, events.c.seq, up_to=up_to, limit=limit, forces=forces)))


def page_of_setup_and(
    connection: sa.Connection, operation: str, types: Sequence[str], *, after: int, up_to: int, limit: int
) -> list[RecordedEvent]:
    """Return, by seq, at most `limit` setup events, corrections and events of these types; after < seq <= up_to."""
    among = sa.or_(events.c.corrects.is_not(None), events.c.type.in_((*SETUP_TYPES, *types)))
    statement = _of(operation, events.c.text).where(events.c.seq > after, events.c.seq <= up_to, among)
    return [recorded_from_text(text) for text in connection.scalars(statement.order_by(events.c.seq).limit(limit))]


def events_between(connection: sa.Connection, operation: str, first: int, last: int) -> list[RecordedEvent]:
    """Return the events with these seqs, both included, in the order of the log.

    Raises:
        KeyError, ValueError, TypeError: a text was not written by this service.
    """
    rows = read_raw(connection, _texts_between, {"name": operation, "first": first, "last": last})
    return [recorded_from_text(text) for (text,) in rows]


def texts(connection: sa.Connection, operation: str, seqs: Sequence[int]) -> list[str]:
    """Return the canonical texts of these seqs, in the order of the log."""
    statement = _of(operation, events.c.text).where(events.c.seq.in_(seqs))
    return list(connection.scalars(statement.order_by(events.c.seq)))


def event_by_id(connection: sa.Connection, operation: str, event_id: UUID) -> RecordedEvent | None:
    """Return one event; None if the operation has no event of this id."""
    text = connection.scalar(_of(operation, events.c.text).where(events.c.id == event_id))
    return None if text is None else recorded_from_text(text)


def events_at(connection: sa.Connection, operation: str, seqs: Collection[int]) -> dict[int, RecordedEvent]:
    """Return the events with these seqs."""
    found: dict[int, RecordedEvent] = {}
    for some in _chunks(sorted(seqs)):
        rows = connection.execute(_of(operation, events.c.seq, events.c.text).where(events.c.seq.in_(some)))
        found.update((seq, recorded_from_text(text)) for seq, text in rows)
    return found


def correction_of(connection: sa.Connection, operation: str, event_id: UUID) -> RecordedEvent | None:
    """Return the event that corrects or withdraws this one; None if nothing does."""
    text = connection.scalar(_of(operation, events.c.text).where(events.c.corrects == event_id))
    return None if text is None else recorded_from_text(text)


def corrections(connection: sa.Connection, operation: str, event_id: UUID) -> Iterator[RecordedEvent]:
    """Yield the versions after this one, in order; the last may be a withdrawal."""
    while (correction := correction_of(connection, operation, event_id)) is not None:
        yield correction
        event_id = correction.event.id


def last_seq_by(connection: sa.Connection, operation: str, moment: datetime) -> int | None:
    """Return the largest seq recorded at or before this moment; None if there is none."""
    statement = _of(operation, events.c.seq).where(events.c.recorded_at <= moment)
    order = (events.c.recorded_at.desc(), events.c.seq.desc())
    seq: int | None = connection.scalar(statement.order_by(*order).limit(1))
    return seq


def recorded_at(connection: sa.Connection, operation: str, seq: int) -> datetime:
    """Return when the event with this seq was recorded."""
    moment: datetime = connection.execute(_of(operation, events.c.recorded_at).where(events.c.seq == seq)).scalar_one()
    return moment


def first_standing_outside(
    connection: sa.Connection, operation: str, spans: Sequence[Interval], days: OperatingDays
) -> int | None:
    """Return the first seq of a fact's standing version that is outside the spans and days; None if there is none.

    A fact is outside if it begins or ends in none of the spans [from, before), or ends after the last of the days. A
    fact without a moment is outside if its day is none of the days.
    """
    later, ends_at = events.alias("later"), days.ends_at
    starts_within = sa.or_(sa.false(), *(_within(events.c.occurred_at, *span) for span in spans))
    ends_within = sa.or_(events.c.occurred_before.is_(None), *(_ends_within(*span) for span in spans))
    if ends_at is not None:
        ends_within = sa.and_(ends_within, sa.func.coalesce(events.c.occurred_before <= ends_at, sa.true()))
    within = sa.case((events.c.occurred_on.is_not(None), _on_one_of(days)), else_=sa.and_(starts_within, ends_within))
    corrected = sa.exists().where(later.c.operation_id == operation, later.c.corrects == events.c.id)
    statement = _of(operation, events.c.seq).where(events.c.type.in_(FACT_TYPES), ~corrected, ~within)
    seq: int | None = connection.scalar(statement.order_by(events.c.seq).limit(1))
    return seq


def count_of_type(connection: sa.Connection, operation: str, wire_type: str, *, up_to: int | None = None) -> int:
    """Return how many events of this type the log holds, up to a seq if that is given."""
    statement = sa.select(sa.func.count()).where(events.c.operation_id == operation, events.c.type == wire_type)
    if up_to is not None:
        statement = statement.where(events.c.seq <= up_to)
    number: int = connection.execute(statement).scalar_one()
    return number


def nth_of_type(connection: sa.Connection, operation: str, wire_type: str, number: int) -> RecordedEvent | None:
    """Return the event of this type that is the `number`-th, from 1, in the log; None if there are fewer."""
    statement = _of(operation, events.c.text).where(events.c.type == wire_type).order_by(events.c.seq)
    text = connection.scalar(statement.offset(number - 1).limit(1)) if number > 0 else None
    return None if text is None else recorded_from_text(text)


def accepting(connection: sa.Connection, wholes: Sequence[str], part: str) -> list[str]:
    """Return those of these operations that have ever accepted this part, in the given order."""
    if not wholes:
        return []
    # The beginning of the canonical text, which no other event has.
    accepted = events.c.text.startswith(f'{{"data":{{"part":"{part}"}},', autoescape=True)
    is_acceptance = sa.and_(events.c.operation_id.in_(wholes), events.c.type == PartAccepted.wire_type, accepted)
    found = set(connection.scalars(sa.select(events.c.operation_id).where(is_acceptance)))
    return [name for name in wholes if name in found]


def opened_by(force: str, operation: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Return the condition that this force opened the operation, and therefore leads it."""
    first = sa.select(events.c.seq).where(
        events.c.operation_id == operation, events.c.seq == 1, events.c.force == force
    )
    return first.exists()


def tree_at(connection: sa.Connection, operation: str, size: int) -> Tree:
    """Return the tree over the first `size` events, ready for appending."""
    return Tree.at(size, stored_hashes(connection, operation, peak_seqs(size)))


def roots_at(connection: sa.Connection, operation: str, seqs: Collection[int]) -> dict[int, str]:
    """Return, by seq, the root of the tree of that size, in hex; seqs beyond the log are left out.

    One query for each 500 of the tree's nodes: a single root takes at most log2(seq) rows.
    """
    peaks = {seq: peak_seqs(seq) for seq in seqs}
    stored = stored_hashes(connection, operation, {peak for some in peaks.values() for peak in some})
    return {
        seq: Tree.at(seq, stored).root().hex() for seq, needed in peaks.items() if all(one in stored for one in needed)
    }


def stored_hashes(connection: sa.Connection, operation: str, seqs: Collection[int]) -> dict[int, list[bytes]]:
    """Return, by seq, the leaf hash and the hashes of the subtrees that the seq completes, lowest first."""
    stored: dict[int, list[bytes]] = {}
    for some in _chunks(sorted(seqs)):
        for seq, leaf, subtrees in connection.execute(_hashes(), {"name": operation, "seqs": some}):
            stored[seq] = [bytes(leaf), *split_hashes(bytes(subtrees))]
    return stored


@cache
def _hashes() -> sa.Select[Any]:
    columns = (events.c.seq, events.c.leaf_hash, events.c.subtree_hashes)
    return _of(sa.bindparam("name"), *columns).where(events.c.seq.in_(sa.bindparam("seqs", expanding=True)))


def _texts_between(_dialect: str) -> sa.Select[Any]:
    within = events.c.seq.between(sa.bindparam("first"), sa.bindparam("last"))
    return sa.select(events.c.text).where(events.c.operation_id == sa.bindparam("name"), within).order_by(events.c.seq)


def _latest(operation: str, column: sa.Column[Any], *, up_to: int, limit: int, forces: Sequence[str]) -> sa.Select[Any]:
    statement = _of(operation, column).where(events.c.seq <= up_to)
    if forces:
        statement = statement.where(_is_any_of(events.c.force, forces))
    return statement.order_by(events.c.seq.desc()).limit(limit)


def _of(operation: str | sa.BindParameter[str], *columns: sa.Column[Any]) -> sa.Select[Any]:
    """Return the statement that reads columns of an operation's events.

    The subquery hides the operation from PostgreSQL's planner. The planner would assume that an operation newer than
    its statistics has a single event, and plan to scan every event.
    """
    name = sa.select(sa.type_coerce(operation, events.c.operation_id.type)).scalar_subquery()
    return sa.select(*columns).where(events.c.operation_id == name)


def _is_any_of(column: sa.Column[str], values: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of these values.

    For a list of one, SQLite would read the log in its own order instead of the index of the column.
    """
    return column == values[0] if len(values) == 1 else column.in_(values)


def _within(column: sa.Column[Any], starts_at: datetime, ends_at: datetime | None) -> sa.ColumnElement[bool]:
    return column >= starts_at if ends_at is None else sa.and_(column >= starts_at, column < ends_at)


def _ends_within(starts_at: datetime, ends_at: datetime | None) -> sa.ColumnElement[bool]:
    column = events.c.occurred_before
    return column > starts_at if ends_at is None else sa.and_(column > starts_at, column <= ends_at)


def _on_one_of(days: OperatingDays) -> sa.ColumnElement[bool]:
    """Return the condition that a fact's day is one of these days. Days as text sort like days."""
    column = events.c.occurred_on
    if days.windows:
        return column.in_([str(window.day) for window in days.windows])
    first, last = str(days.first_day), days.last_day
    # PostgreSQL reads no BETWEEN with the collation of a code.
    return column >= first if last is None else sa.and_(column >= first, column <= str(last))


def _chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), KEYS_IN_ONE_STATEMENT):
        yield keys[start : start + KEYS_IN_ONE_STATEMENT]
