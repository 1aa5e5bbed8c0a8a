"""Standing match candidates are read once each, in the order in which pairs are found, at any page size."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
import sqlalchemy as sa

from service.domain.duplicates.match_candidates import MatchCandidate, Pair, categories_of, shared_categories
from service.domain.duplicates.pairs import certain_pairs, likely_pairs
from service.domain.model.days import operating_days
from service.domain.model.events import Event, EventWithdrawn
from service.projections.duplicates import candidate_log, standing_candidates
from service.projections.duplicates.candidate_log import CandidateLog
from service.projections.duplicates.standing_candidates import StandingCandidates
from service.storage.db import Database
from service.usecases.querying import search_duplicates
from service.usecases.querying.possible_duplicates import possible_duplicates
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory, EventWithdrawnFactory
from tests.factories.setup import ENDS_AT, LEAD, STARTS_AT

WINDOW = timedelta(minutes=30)
MICROSECONDS = WINDOW // timedelta(microseconds=1)
FORCES = (LEAD, "surrey", "kent")
Recorded = tuple[str, int, Event]
WEEK = operating_days(STARTS_AT, ENDS_AT, (), pointer="")


@pytest.fixture(params=range(2))
def recorded(request: pytest.FixtureRequest, database: Database) -> list[Recorded]:
    """Record random arrests, corrections and withdrawals in three operations; return the standing versions."""
    chance = random.Random(request.param)  # noqa: S311 - no secret
    standing: list[Recorded] = []
    for name in ("middle", "east", "west"):
        operation = opened_operation(database, name)
        made = [arrest(chance) for _ in range(25)]
        seqs = [receipt.seq for receipt in operation.record_all(*made, sender=CredentialFactory(force=LEAD))]
        stood = dict(zip(seqs, made, strict=True))
        for seq, old in chance.sample(list(stood.items()), 8):
            replacement = arrest(chance, force=old.force, corrects=old.id)
            if chance.random() < 0.5:
                replacement = EventWithdrawnFactory(force=old.force, corrects=old.id)
            new_seq = operation.record(replacement, sender=CredentialFactory(force=LEAD)).seq
            del stood[seq]
            if not isinstance(replacement.data, EventWithdrawn):
                stood[new_seq] = replacement
        standing += [(name, seq, event) for seq, event in stood.items()]
    return standing


def arrest(chance: random.Random, **fields: object) -> Event:
    event: Event = ArrestRecordedFactory(
        **{"force": chance.choice(FORCES)}
        | {
            "place": chance.choice(("m25", "a406", None)),
            "incident": chance.choice(("a" * 64, "b" * 64, "c" * 64, None)),
            "reason": chance.choice(("knife", "drugs")),
        }
        | when(chance)
        | fields
    )
    return event


def when(chance: random.Random) -> dict[str, object]:
    """Return a moment of four hours around midnight, or one of the two days."""
    moment = STARTS_AT + timedelta(hours=22, minutes=20 * chance.randrange(12))
    return {"occurred_at": None, "occurred_on": moment.date()} if chance.random() < 0.25 else {"occurred_at": moment}


def party(one: Recorded) -> tuple[str, str]:
    operation, _seq, event = one
    return operation, event.force if operation == "middle" else ""


def is_likely(one: Event, other: Event) -> bool:
    return (
        one.place is not None
        and one.place == other.place
        and bool(shared_categories(categories_of(one.data), categories_of(other.data)))
        and is_near(one, other)
    )


def is_near(one: Event, other: Event) -> bool:
    """All three operations have London days in winter, when the date of a moment is its day."""
    if one.occurred_at is not None and other.occurred_at is not None:
        return abs(one.occurred_at - other.occurred_at) <= WINDOW
    days = [event.occurred_on or event.occurred_at.date() for event in (one, other)]
    return days[0] == days[1]


def names(pairs: Sequence[Pair]) -> list[list[tuple[str, int]]]:
    found = [sorted((one.operation, one.seq) for one in pair) for pair in pairs]
    assert len({tuple(pair) for pair in found}) == len(found), "a pair was found twice"
    return sorted(found)


def is_in_order(rows: list[MatchCandidate], *fields: str) -> bool:
    keys = [tuple(getattr(row, name) for name in fields) for row in rows]
    return keys == sorted(keys)


@contextmanager
def standing(database: Database) -> Iterator[StandingCandidates]:
    with database.reading() as connection:
        yield StandingCandidates(
            connection, [(OpenedOperation(database, name).head(), WEEK) for name in ("middle", "east", "west")]
        )


@pytest.mark.parametrize("limits", [((1,), 0, 0), ((2, 5), 5_000, 20), ((1_000, 8_000), 5_000, 20)])
def test_ordered_reads_find_all_pairs_that_a_full_comparison_finds(
    database: Database,
    recorded: list[Recorded],
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[tuple[int, ...], int, int],
):
    rows, most_kinds, most_places = limits
    monkeypatch.setattr(standing_candidates, "ROWS_ALONG_THE_INDEX", rows)
    monkeypatch.setattr(standing_candidates, "MOST_KINDS", most_kinds)
    monkeypatch.setattr(candidate_log, "MOST_PLACES_ASKED_FOR", most_places)
    pairs = [pair for pair in combinations(recorded, 2) if party(pair[0]) != party(pair[1])]
    likely = [[one[:2], other[:2]] for one, other in pairs if is_likely(one[2], other[2])]
    certain = [[one[:2], other[:2]] for one, other in pairs if one[2].incident and one[2].incident == other[2].incident]
    assert len(likely) > 5
    with standing(database) as candidates:
        placed, named = list(candidates.by_place()), list(candidates.by_incident())
        assert is_in_order(placed, "type", "place", "occurred_microseconds", "operation", "seq")
        assert is_in_order(named, "incident", "type", "operation", "seq")
        assert names(list(likely_pairs(placed, MICROSECONDS))) == sorted(map(sorted, likely))
        assert names(list(certain_pairs(named))) == sorted(map(sorted, certain))
        whole = list(likely_pairs(placed, MICROSECONDS))
        for index, pair in enumerate(whole):
            since = candidates.first_near(pair.later, MICROSECONDS)
            rest = likely_pairs(candidates.by_place(since=since), MICROSECONDS, after=pair)
            assert list(rest) == whole[index + 1 :]


def test_incidents_named_by_only_one_party_are_not_read(database: Database):
    operation = opened_operation(database)
    alone = [ArrestRecordedFactory(incident="a" * 64) for _ in range(3)]
    shared = [ArrestRecordedFactory(force=force, incident="b" * 64) for force in ("kent", "surrey")]
    others = [ArrestRecordedFactory(force=force, incident="c" * 64) for force in ("kent", LEAD)]
    operation.record_all(*alone, *shared, *others, sender=CredentialFactory(force=LEAD))
    with database.reading() as connection:
        candidates = StandingCandidates(connection, [(operation.head(), WEEK)])
        assert [one.seq for one in candidates.by_incident()] == [10, 11, 12, 13]
        assert [one.seq for one in candidates.by_incident(since=candidates.at(operation.name, 12))] == [
            12,
            13,
        ]


def test_a_part_can_have_the_name_of_a_force(database: Database):
    operations = [opened_operation(database, "whole"), opened_operation(database, "kent")]
    for operation in operations:
        operation.record(ArrestRecordedFactory(force="kent", incident="a" * 64, place="m25"))
    with database.reading() as connection:
        candidates = StandingCandidates(connection, [(operation.head(), WEEK) for operation in operations])
        assert [one.operation for one in candidates.by_incident()] == ["kent", "whole"]
        assert len(list(certain_pairs(candidates.by_incident()))) == 1
        assert len(list(likely_pairs(candidates.by_place(), MICROSECONDS))) == 1


@dataclass
class Work:
    """The cost of an answer: statements executed and match candidates read."""

    statements: int = 0
    candidates: int = 0

    @contextmanager
    def counted(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def statement(*_arguments: object) -> None:
            self.statements += 1

        def match_candidate(log: Any, row: Any) -> MatchCandidate:
            self.candidates += 1
            return read(log, row)

        read = CandidateLog._candidate
        with monkeypatch.context() as patch:
            patch.setattr(CandidateLog, "_candidate", match_candidate)
            sa.event.listen(database.engine, "before_cursor_execute", statement)
            yield
            sa.event.remove(database.engine, "before_cursor_execute", statement)


@pytest.mark.parametrize("reasons", [("knife", "knife"), ("knife", "drugs")])
def test_the_cost_of_a_page_does_not_grow_with_the_events_at_a_hot_place(
    database: Database, monkeypatch: pytest.MonkeyPatch, reasons: tuple[str, str]
):
    """Two forces make hundreds of arrests at one place within half an hour; either all of them are pairs, or none."""
    monkeypatch.setattr(standing_candidates, "ROWS_ALONG_THE_INDEX", (20, 40))
    monkeypatch.setattr(search_duplicates, "PAIRS_RANKED_AT_ONCE", 10)
    work = {}
    for number in (100, 300):
        operation = opened_operation(database, f"hot-{number}")
        made = [
            ArrestRecordedFactory(force=one, reason=reason, place="m25", occurred_at=STARTS_AT + timedelta(seconds=n))
            for n in range(number)
            for one, reason in zip(("surrey", "kent"), reasons, strict=True)
        ]
        operation.record_all(*made, sender=CredentialFactory(force=LEAD))
        work[number] = Work()
        with work[number].counted(database, monkeypatch):
            found = possible_duplicates(
                database,
                operation=operation.name,
                credential=CredentialFactory(force=LEAD),
                window_minutes=None,
                after=None,
                limit=10,
            ).found
        assert len(found) == (10 if reasons == ("knife", "knife") else 0)
    assert work[300].statements == work[100].statements < 20
    assert work[300].candidates == work[100].candidates if found else work[300].candidates <= 20 + 40
