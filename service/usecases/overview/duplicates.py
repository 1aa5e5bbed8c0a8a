"""Possible duplicates as a coordinator decides them: the list, one pair with what each answer does, those ruled out.

A force has a list of its own events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.counting.figures import display
from service.domain.counting.rules import counts_of, day_of
from service.domain.counting.selection import Selection
from service.domain.model.events import EventPair, RecordedEvent
from service.domain.model.operation import Operation
from service.errors import NotFound
from service.eventlog import read
from service.projections.returns import declarations
from service.storage.db import Database
from service.usecases.overview.returns import main_measures
from service.usecases.querying.possible_duplicates import PossibleDuplicate, duplicates_in, ruled_out_in
from service.usecases.querying.read_context import Position, ReadContext, combined_at, read_context
from service.usecases.querying.returns import Return, returns_at
from service.usecases.querying.search_duplicates import Version
from service.usecases.querying.totals import Figure, figures_at
from service.usecases.querying.visibility import coordinates

# A coordinator decides pairs one by one; a list of more helps nobody.
MOST_PAIRS = 200


class PairNotFound(NotFound):
    """The two events are no open pair: they were ruled out, corrected or withdrawn, or never were one."""

    code = "pair_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A pair that is ruled out: the event that ruled it out, and the two events as they were then."""

    recorded: RecordedEvent
    events: tuple[RecordedEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The open pairs, certain ones first, and those ruled out, newest first, true at a position.

    `operation` has the forces and measures of its parts as well. `has_more`: there are open pairs besides these.
    """

    operation: Operation
    position: Position
    moment: datetime
    pairs: tuple[PossibleDuplicate, ...]
    has_more: bool
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What the withdrawal of an event does to one figure, of all forces and of its own."""

    label: str
    all_before: str
    all_after: str
    force_before: str
    force_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSide:
    """One event of a pair: whose log it is in, its day and the return for that, and what its withdrawal does.

    `is_withdrawable`: the person may withdraw it; an event of a part is for the part's own coordinator.
    """

    recorded: RecordedEvent
    operation: Operation
    day: date | None
    declared: Return | None
    effects: tuple[Effect, ...]
    is_withdrawable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPair:
    """One open pair, its place among all, from 0, and its two sides, the event recorded first before the other."""

    all_pairs: Pairs
    index: int
    pair: PossibleDuplicate
    sides: tuple[PairSide, ...]


def versions_of(pair: PossibleDuplicate) -> tuple[Version, ...]:
    """Return the versions that a pair is of, the one recorded first before the other."""
    return tuple((one.operation, one.seq) for one in pair.events)


def read_pairs(database: Database, *, operation: str, credential: Credential) -> Pairs:
    """Return the pairs as they are now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotCoordinator: the credential is not one of the operation's coordinator.
    """
    with read_context(database, operation, credential) as context:
        return _pairs(context, _positions(context))


def read_own_pairs(database: Database, *, operation: str, credential: Credential) -> Pairs:
    """Return the pairs of a force's own events as they are now, without rulings; others' events do not matter.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        found = duplicates_in(context, limit=MOST_PAIRS)
        position = context.positions(begun_by=context.database.now(context.connection))[0]
        return Pairs(
            operation=position.operation,
            position=position,
            moment=position.begun_by,
            pairs=found.found,
            has_more=found.next_after is not None,
            rulings=(),
        )


def read_pair(database: Database, *, operation: str, credential: Credential, versions: Sequence[Version]) -> OpenPair:
    """Return the open pair of these two versions.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotCoordinator: the credential is not one of the operation's coordinator.
        PairNotFound: it is no open pair.
    """
    with read_context(database, operation, credential) as context:
        positions = _positions(context)
        shown = _pairs(context, positions)
        for index, pair in enumerate(shown.pairs):
            if set(versions_of(pair)) == set(versions):
                sides = tuple(_side(context, positions, shown.operation, one) for one in pair.events)
                return OpenPair(all_pairs=shown, index=index, pair=pair, sides=sides)
    raise PairNotFound("These two events are no open pair: they were ruled out, corrected or withdrawn.")


def _positions(context: ReadContext) -> list[Position]:
    return context.positions(begun_by=context.database.now(context.connection))


def _pairs(context: ReadContext, positions: Sequence[Position]) -> Pairs:
    ruled_out = ruled_out_in(context, limit=MOST_PAIRS)
    found = duplicates_in(context, limit=MOST_PAIRS)
    return Pairs(
        operation=combined_at(positions),
        position=positions[0],
        moment=positions[0].begun_by,
        pairs=found.found,
        has_more=found.next_after is not None,
        rulings=tuple(_ruling(context.connection, one) for one in reversed(ruled_out.events)),
    )


def _ruling(connection: sa.Connection, recorded: RecordedEvent) -> Ruling:
    pair = recorded.event.data
    assert isinstance(pair, EventPair), "only pairs are ruled out"
    logs = pair.operations or (recorded.operation,) * len(pair.events)
    found = [read.event_by_id(connection, log, event_id) for log, event_id in zip(logs, pair.events, strict=True)]
    return Ruling(recorded=recorded, events=tuple(one for one in found if one is not None))


def _side(context: ReadContext, positions: Sequence[Position], whole: Operation, recorded: RecordedEvent) -> PairSide:
    position = next(one for one in positions if one.head.operation == recorded.operation)
    day, force = day_of(recorded.event, position.operation.days), recorded.event.force
    declared = declarations(context.connection, position.head, up_to=position.seq)
    returns = {(one.force, one.day): one for one in returns_at(position, declared)}
    return PairSide(
        recorded=recorded,
        operation=position.operation,
        day=day,
        declared=None if day is None else returns.get((force, day)),
        effects=tuple(_effects(context.connection, positions, whole, recorded)),
        is_withdrawable=coordinates(context.credential, position.operation) or force == context.credential.force,
    )


def _effects(
    connection: sa.Connection, positions: Sequence[Position], whole: Operation, recorded: RecordedEvent
) -> list[Effect]:
    """Return what the figures become without an event: of what it counts in, but no second views of the same."""
    counted: dict[tuple[str, str | None], int] = {}
    for one in counts_of(recorded.event, whole.measures):
        key = (one.measure, None if whole.measures[one.measure].additive else one.category)
        counted[key] = counted.get(key, 0) + one.quantity
    measures = main_measures(whole, {measure for measure, _category in counted})
    everybody = _by_key(figures_at(connection, positions, Selection(measures=measures)))
    selection = Selection(by=("force",), measures=measures, forces=(recorded.event.force,))
    own = _by_key(figures_at(connection, positions, selection))
    return [
        _effect(whole, everybody[key], own[key], quantity)
        for key, quantity in counted.items()
        if key in everybody and key in own
    ]


def _by_key(figures: Sequence[Figure]) -> dict[tuple[str, str | None], Figure]:
    return {(one.measure, one.category): one for one in figures}


def _effect(whole: Operation, everybody: Figure, own: Figure, less: int) -> Effect:
    shown = (
        display(one.quantity - by, one.unit, "exact", one.category) for one in (everybody, own) for by in (0, less)
    )
    all_before, all_after, force_before, force_after = shown
    return Effect(
        label=whole.measures[everybody.measure].label,
        all_before=all_before,
        all_after=all_after,
        force_before=force_before,
        force_after=force_after,
    )
