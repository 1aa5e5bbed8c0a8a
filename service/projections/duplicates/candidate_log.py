"""The match candidates of one log, read in the few ways that the search for pairs needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from service.domain.duplicates.match_candidates import DayExtent, MatchCandidate, microseconds_of, moment_of
from service.domain.model.days import ONE_DAY, OperatingDays, london_midnight
from service.eventlog.head import Head
from service.eventlog.table import events
from service.projections.duplicates.match_candidates import match_candidates

of = match_candidates.c
STORED_FIELDS = [name for name in MatchCandidate._fields if name not in ("operation", "party", "day")]
COLUMNS = [*(of[name] for name in STORED_FIELDS), of.occurred_on]
SEQ, FORCE = STORED_FIELDS.index("seq"), STORED_FIELDS.index("force")
PLACE_ORDER = (of.type, of.place, of.occurred_microseconds, of.seq)
BEHIND_EVERY_SEQ = 2**63 - 1
# With a generic plan, PostgreSQL compares each row with each value of a list.
MOST_PLACES_ASKED_FOR = 20
MOMENTS_AT_A_TIME = 500
MINUTE = 60_000_000

PlaceKey = tuple[str, str, int, str, int]


@dataclass(frozen=True, slots=True)
class CandidateLog:
    """The match candidates of one operation. `party` is None if each force is one; `replaced` seqs are not standing.

    With `force`, only the events of that force: nothing that is read then depends on the events of others.
    """

    connection: sa.Connection
    head: Head
    days: OperatingDays
    party: str | None
    force: str | None
    replaced: frozenset[int]

    @classmethod
    def of(
        cls, connection: sa.Connection, head: Head, days: OperatingDays, *, party: str | None, force: str | None
    ) -> CandidateLog:
        """Return the match candidates of the log at a head, where the operation has these days."""
        log = cls(connection, head, days, party, force, frozenset())
        replaced = log._of(of.replaces_seq).where(of.replaces_seq.is_not(None))
        return replace(log, replaced=frozenset(connection.scalars(replaced)))

    def along_places(self, start: PlaceKey | None, most: int) -> tuple[Iterator[MatchCandidate], PlaceKey | None]:
        """Return the standing ones of the next rows after a start, and the last row's key; None if no more follow."""
        statement = self._of(*COLUMNS).where(of.place.is_not(None))
        if start is not None:
            statement = statement.where(sa.tuple_(*PLACE_ORDER) > self._behind(start))
        rows = self.connection.execute(statement.order_by(*PLACE_ORDER).limit(most)).all()
        if len(rows) < most:
            return self._standing(rows), None
        last = rows[-1]
        return self._standing(rows), (last.type, last.place, last.occurred_microseconds, self.head.operation, last.seq)

    def at_places(self, places: Collection[str]) -> Iterator[MatchCandidate]:
        """Yield all standing ones at these places, and possibly at others."""
        statement = self._with_place(*COLUMNS)
        if len(places) <= MOST_PLACES_ASKED_FOR:
            statement = statement.where(of.place.in_(places))
        return self._standing(self.connection.execute(statement))

    def kinds(
        self, first_type: str, categories: sa.ColumnElement[str], most: int | None = None
    ) -> Iterator[MatchCandidate]:
        """Yield one match candidate, without a moment, for each type, place, force and categories from a type on."""
        statement = self._with_place(of.type, of.place, of.force, categories).where(of.type >= first_type).distinct()
        for wire_type, place, force, related in self.connection.execute(statement.limit(most)):
            party = self.party or force
            yield MatchCandidate(self.head.operation, party, 0, 0, force, wire_type, place, None, 0, related)

    def with_incidents(self, incidents: Sequence[str]) -> Iterator[MatchCandidate]:
        """Yield all standing ones that name one of these incidents."""
        return self._standing(self.connection.execute(self._of(*COLUMNS).where(of.incident.in_(incidents))))

    def repeated_at_one_time(self) -> Iterator[list[MatchCandidate]]:
        """Yield standing ones of one force that say the same of one place and minute, or of cash and drugs of one day.

        Each group was recorded in at least two goes.
        """
        minute = of.occurred_microseconds - of.occurred_microseconds % MINUTE
        has_moment = of.occurred_on.is_(None)
        is_of_amounts = sa.or_(of.categories.contains("cash/"), of.categories.contains("drug/"))
        return self._repeated(
            of.place,
            minute,
            sa.func.coalesce(of.occurred_on, ""),
            where=sa.and_(of.place.is_not(None), sa.or_(has_moment, is_of_amounts)),
        )

    def repeated_in_one_incident(self) -> Iterator[list[MatchCandidate]]:
        """Yield standing ones of one force that say the same and name one incident, recorded in at least two goes."""
        return self._repeated(of.incident, where=of.incident.is_not(None))

    def sent_alone(self, some: Collection[MatchCandidate]) -> set[int]:
        """Return the seqs of those whose first version was recorded without another event of its force."""
        moments = sorted({one.first_recorded_microseconds for one in some})
        together: set[tuple[str, int]] = set()
        for start in range(0, len(moments), MOMENTS_AT_A_TIME):
            recorded_at = [moment_of(one) for one in moments[start : start + MOMENTS_AT_A_TIME]]
            statement = sa.select(events.c.force, events.c.recorded_at).where(
                events.c.operation_id == self.head.operation, events.c.recorded_at.in_(recorded_at)
            )
            statement = statement.group_by(events.c.force, events.c.recorded_at).having(sa.func.count() > 1)
            together |= {(force, microseconds_of(moment)) for force, moment in self.connection.execute(statement)}
        return {one.seq for one in some if (one.force, one.first_recorded_microseconds) not in together}

    def incidents(self, since: str | None) -> sa.Select[Any]:
        """Select the parties with the incidents that they name, in standing and other versions."""
        party = of.force if self.party is None else of.operation_id
        statement = self._of(of.operation_id, party.label("party"), of.force, of.incident, of.type)
        return statement.where(of.incident.is_not(None) if since is None else of.incident >= since)

    def at(self, seq: int) -> MatchCandidate | None:
        """Return the match candidate of one version, standing or not."""
        statement = self._of(*COLUMNS).where(of.seq == seq, of.occurred_microseconds.is_not(None))
        row = self.connection.execute(statement).one_or_none()
        return None if row is None else self._candidate(row)

    def first_open_at(self, microseconds: int) -> int:
        """Return where, in order, the first match candidate can be whose operating day has not ended by a moment."""
        day = self.days.first_day_ending_after(moment_of(microseconds))
        return microseconds if day is None else microseconds_of(london_midnight(day))

    def _of(self, *columns: Any) -> sa.Select[Any]:
        found = sa.select(*columns).where(of.operation_id == self.head.operation, of.generation == self.head.generation)
        return found if self.force is None else found.where(of.force == self.force)

    def _repeated(self, *same: sa.ColumnElement[Any], where: sa.ColumnElement[bool]) -> Iterator[list[MatchCandidate]]:
        alike = [of.force, of.type, of.said, *same]
        names = [f"alike_{index}" for index in range(len(alike))]
        recorded = of.first_recorded_microseconds
        groups = (
            self._of(*(column.label(name) for column, name in zip(alike, names, strict=True)))
            .where(where, of.said != "")
            .group_by(*alike)
            .having(sa.func.min(recorded) != sa.func.max(recorded))
            .subquery()
        )
        is_alike = sa.and_(*(column == groups.c[name] for column, name in zip(alike, names, strict=True)), where)
        statement = self._of(*COLUMNS, *(groups.c[name] for name in names)).select_from(
            sa.join(match_candidates, groups, is_alike)
        )
        rows = self.connection.execute(statement.order_by(*(groups.c[name] for name in names), of.seq))
        for _alike, group in groupby(rows, key=lambda row: row[len(COLUMNS) :]):
            standing = [row[: len(COLUMNS)] for row in group if row[SEQ] not in self.replaced]
            if len(standing) > 1:
                yield [self._candidate(row) for row in standing]

    def _with_place(self, *columns: Any) -> sa.Select[Any]:
        """Select the rows that name a place. The condition on seq makes the database read them in storage order."""
        return self._of(*columns).where(of.seq.between(1, self.head.seq), of.place.is_not(None))

    def _behind(self, start: PlaceKey) -> tuple[Any, ...]:
        """Return the row key after which this log continues: at one moment, operations come in order of name."""
        *place_and_moment, operation, seq = start
        mine = self.head.operation
        return (*place_and_moment, seq if mine == operation else 0 if mine > operation else BEHIND_EVERY_SEQ)

    def _standing(self, rows: Iterable[sa.Row[Any]]) -> Iterator[MatchCandidate]:
        return (self._candidate(row) for row in rows if row[SEQ] not in self.replaced)

    def _candidate(self, row: Sequence[Any]) -> MatchCandidate:
        occurred_on = row[-1]
        day = None if occurred_on is None else _extent_of(occurred_on, self.days)
        return MatchCandidate._make((self.head.operation, self.party or row[FORCE], *row[:-1], day))


@lru_cache(maxsize=1_024)
def _extent_of(occurred_on: str, days: OperatingDays) -> DayExtent:
    """Return the extent of a day; a corrected version's can be outside the operation, and is then the London day."""
    day = date.fromisoformat(occurred_on)
    starts_at, ends_at = (
        days.extent_of(day) if days.includes(day) else (london_midnight(day), london_midnight(day + ONE_DAY))
    )
    return DayExtent(microseconds_of(starts_at), microseconds_of(ends_at))
