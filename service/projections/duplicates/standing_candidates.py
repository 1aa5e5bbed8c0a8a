"""The standing match candidates of an operation and its parts, in the orders in which pairs are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil
from operator import attrgetter

import sqlalchemy as sa

from service.domain.duplicates.match_candidates import MatchCandidate, Pair
from service.domain.duplicates.pairs import likely_pairs
from service.domain.duplicates.repeats import repeated_pairs
from service.domain.model.days import OperatingDays
from service.eventlog.head import Head
from service.projections.duplicates.candidate_log import CandidateLog, PlaceKey
from service.projections.duplicates.match_candidates import match_candidates

# An index finds a few rows quickly, and a page of answers seldom needs more. Many rows are read in storage order.
ROWS_ALONG_THE_INDEX = (1_000, 8_000)
MOST_KINDS = 5_000
INCIDENTS_AT_A_TIME = 500
AT_ANY_TIME = 2**63 - 1

TypeAndPlace = tuple[str, str]


class StandingCandidates:
    """The standing match candidates of an operation and its parts, each given by its head and days, its own first.

    In the operation itself each force is a party. A part is one party as a whole. With `force`, only its own events.
    """

    def __init__(
        self, connection: sa.Connection, logs: Sequence[tuple[Head, OperatingDays]], *, force: str | None = None
    ) -> None:
        (own, own_days), *parts = logs
        self._connection = connection
        self._logs = {own.operation: CandidateLog.of(connection, own, own_days, party=None, force=force)}
        self._own = self._logs[own.operation]
        self._logs |= {
            part.operation: CandidateLog.of(connection, part, days, party=f"part:{part.operation}", force=force)
            for part, days in parts
        }

    def by_place(self, *, since: MatchCandidate | None = None) -> Iterator[MatchCandidate]:
        """Yield those that name a place, in order of (type, place, occurred_microseconds, operation, seq).

        `since` gives the type, place and moment to start at.
        """
        start = None if since is None else (since.type, since.place or "", since.occurred_microseconds, "", 0)
        for most in ROWS_ALONG_THE_INDEX:
            pages = [log.along_places(start, ceil(most / len(self._logs))) for log in self._logs.values()]
            # A log may have more rows after a full page, so later rows of other logs wait for the next round.
            end = min((end for _found, end in pages if end is not None), default=None)
            found = [one for page, _end in pages for one in page if end is None or place_key(one) <= end]
            yield from sorted(found, key=place_key)
            if end is None:
                return
            start = end
        assert start is not None, "the first page was full"
        yield from self._rest_by_place(start)

    def by_incident(self, *, since: MatchCandidate | None = None) -> Iterator[MatchCandidate]:
        """Yield those whose incident more than one party names, in order of (incident, type, operation, seq).

        `since` gives the incident to start at.
        """
        incidents = self._shared_incidents(None if since is None else since.incident)
        for first in range(0, len(incidents), INCIDENTS_AT_A_TIME):
            some = incidents[first : first + INCIDENTS_AT_A_TIME]
            yield from sorted(
                (one for log in self._logs.values() for one in log.with_incidents(some)), key=incident_key
            )

    def repeats(self) -> list[Pair]:
        """Return the pairs of one force's events in the operation's own log that say the same, by their seqs."""
        found = repeated_pairs(self._own.repeated_at_one_time(), self._own.sent_alone)
        found |= repeated_pairs(self._own.repeated_in_one_incident(), self._own.sent_alone)
        return sorted(found, key=lambda pair: (pair.earlier.seq, pair.later.seq))

    def at(self, operation: str, seq: int) -> MatchCandidate | None:
        """Return the match candidate of a version, standing or not; None if not an arrest or seizure of these logs."""
        return self._logs[operation].at(seq) if operation in self._logs else None

    def first_near(self, one: MatchCandidate, window: int) -> MatchCandidate:
        """Return a start for `by_place` before all that pair with one, or with one after it, within the window.

        `window` is in microseconds.
        """
        moment = one.occurred_microseconds
        starts = [log.first_open_at(moment) for log in self._logs.values()]
        return one._replace(occurred_microseconds=min(moment - window, *starts))

    def _rest_by_place(self, start: PlaceKey) -> Iterator[MatchCandidate]:
        """Yield all after a start, except at places where no two could be a pair, whatever their times."""
        first, behind = start[:2], start[2:]
        groups: dict[TypeAndPlace, list[MatchCandidate]] = {place: [] for place in self._places_with_pairs(first)}
        for _name, log in sorted(self._logs.items()):
            for one in sorted(log.at_places({place for _type, place in groups}), key=attrgetter("seq")):
                if (where := _type_and_place(one)) in groups:
                    groups[where].append(one)
        for place in sorted(groups):
            # Those of one moment are in order of operation and seq already, and sorting is stable.
            in_order = sorted(groups[place], key=attrgetter("occurred_microseconds"))
            yield from in_order if place > first else (one for one in in_order if _moment_key(one) > behind)

    def _places_with_pairs(self, first: TypeAndPlace) -> list[TypeAndPlace]:
        """Return the types and places, from a first one on, with related match candidates of two parties."""
        kinds = sorted(self._kinds(first), key=_type_and_place)
        groups = ((place, group) for place, group in groupby(kinds, key=_type_and_place) if place >= first)
        return [place for place, group in groups if next(likely_pairs(group, AT_ANY_TIME), None) is not None]

    def _kinds(self, first: TypeAndPlace) -> list[MatchCandidate]:
        """Return one match candidate per kind, from a type and place on; if too many, as if all were related."""
        kinds = [
            list(log.kinds(first[0], match_candidates.c.categories, most=MOST_KINDS + 1)) for log in self._logs.values()
        ]
        if any(len(some) > MOST_KINDS for some in kinds):
            kinds = [list(log.kinds(first[0], sa.literal(""))) for log in self._logs.values()]
        return [kind for some in kinds for kind in some]

    def _shared_incidents(self, since: str | None) -> list[str]:
        named = sa.union_all(*(log.incidents(since) for log in self._logs.values())).subquery()
        by_several = [sa.func.min(column) != sa.func.max(column) for column in (named.c.operation_id, named.c.party)]
        statement = sa.select(named.c.incident).group_by(named.c.incident, named.c.type).having(sa.or_(*by_several))
        return list(dict.fromkeys(self._connection.scalars(statement.order_by(named.c.incident))))


def incident_key(one: MatchCandidate) -> tuple[str, str, str, int]:
    """Return the sort key of a match candidate that names an incident."""
    return one.incident or "", one.type, one.operation, one.seq


def place_key(one: MatchCandidate) -> PlaceKey:
    """Return the sort key of a match candidate that names a place."""
    return one.type, one.place or "", one.occurred_microseconds, one.operation, one.seq


def _moment_key(one: MatchCandidate) -> tuple[int, str, int]:
    return one.occurred_microseconds, one.operation, one.seq


def _type_and_place(one: MatchCandidate) -> TypeAndPlace:
    return one.type, one.place or ""
