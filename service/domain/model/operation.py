"""The state of an operation at a moment: a fold over its setup events, which only its coordinator sends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from service.domain.model.days import OperatingDays, one_unknown_day, operating_days
from service.domain.model.events import (
    SETUP,
    ForceAmended,
    ForceJoined,
    ForceLeft,
    MeasureRegistered,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    PartAccepted,
    PartRemoved,
    RecordedEvent,
)
from service.domain.model.reference_data import Measure, measure_catalogue
from service.domain.model.vocabulary import UNSTATED
from service.errors import Invalid

# The resolution of recorded moments.
AN_INSTANT = timedelta(microseconds=1)
SETUP_CLASSES = frozenset(SETUP)


class UnknownCode(Invalid):
    """A code is not on its list: places, measures, categories, currencies or forces."""

    code = "unknown_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A force in an operation. `reports`: events, tallies, or nothing (never outstanding). A group has `members`."""

    force: str
    name: str
    kind: str
    reports: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLeftOut:
    """A measure that a whole cannot sum, because it and its parts do not count it alike.

    `units` are those found, each once; one unit alone: some sum the measure over its categories, others never do.
    """

    measure: str
    label: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The state of an operation: `participants` are in publishing order, `measures` are those it may count.

    `closed_at` is the time of the last closing; a reopening resets it to None. If not `lead_known`, the lead force only
    keeps the record; if not `dates_known`, the operation was some time in its one day. `former_parts` were taken out
    again. Only an operation that is combined with its parts has `left_out`.
    """

    operation: str
    name: str
    lead_force: str
    days: OperatingDays
    returns_due_at: datetime | None
    returns_due_hours: int | None = None
    places: tuple[str, ...]
    part_of: tuple[str, ...]
    parts: tuple[str, ...] = ()
    former_parts: tuple[str, ...] = ()
    marking: str
    imported: bool
    opened_at: datetime
    lead_known: bool = True
    dates_known: bool = True
    closed_at: datetime | None = None
    participants: Mapping[str, Participant] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    left_out: tuple[MeasureLeftOut, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether the operation is closed to new facts."""
        return self.closed_at is not None

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The groups of forces that take part, with their members."""
        return {one.force: one.members for one in self.participants.values() if one.members}

    @property
    def reporting(self) -> tuple[Participant, ...]:
        """The forces that report, each of which makes a return for each day, in publishing order."""
        return tuple([one for one in self.participants.values() if one.reports != "nothing"])

    def with_members(self, forces: Iterable[str]) -> tuple[str, ...]:
        """Return these forces, and after each group its members; each force once."""
        groups = self.groups
        return tuple(dict.fromkeys(one for force in forces for one in (force, *groups.get(force, ()))))

    def return_due_at(self, day: date) -> datetime | None:
        """Return when the returns for one of its days are due; None if there is no deadline.

        That is `returns_due_hours` after the day ends or `returns_due_at`, whichever is earlier.
        """
        return min(self._deadlines(day), default=None)

    def days_due_before(self, moment: datetime, days: tuple[date, ...]) -> tuple[date, ...]:
        """Return those of its days, given in order, whose returns were due before this moment."""
        if self.returns_due_at is None and self.returns_due_hours is None:
            return ()
        # A later day is never due earlier.
        return days[: bisect_left(days, moment, key=lambda day: min(self._deadlines(day)))]

    def days_begun_by(self, moment: datetime) -> Iterator[date]:
        """Yield, in order, the days that returns are due for: those begun by this moment and before the closing.

        A reopened operation also accepts facts for the days while it was closed, so returns are due for these as well:
        an unreported day never counts as nil.
        """
        return self.days.begun_by(moment if self.closed_at is None else min(moment, self.closed_at - AN_INSTANT))

    def days_ended_by(self, moment: datetime) -> Iterator[date]:
        """Yield, in order, the days that have ended by this moment: a return that is missing for one is owed.

        The closing ends the day on which it is recorded.
        """
        if self.closed_at is not None and self.closed_at <= moment:
            return self.days_begun_by(moment)
        return self.days.ended_by(moment)

    def _deadlines(self, day: date) -> Iterator[datetime]:
        if self.returns_due_at is not None:
            yield self.returns_due_at
        if self.returns_due_hours is not None:
            _starts_at, ends_at = self.days.extent_of(day)
            # In UTC: in London time, a sum over a clock change would be an hour off.
            yield ends_at.astimezone(UTC) + timedelta(hours=self.returns_due_hours)


def fold(events: Iterable[RecordedEvent]) -> Operation:
    """Return the operation that results from these setup events, given in log order."""
    operation: Operation | None = None
    for event in events:
        operation = evolve(operation, event)
    assert operation is not None, "a log begins with operation.opened"
    return operation


def evolve(operation: Operation | None, recorded: RecordedEvent) -> Operation:
    """Return the operation after one more event; an event that is not a setup event leaves it unchanged."""
    data = recorded.event.data
    if isinstance(data, OperationOpened):
        return _opened(data, recorded)
    assert operation is not None, "a log begins with operation.opened"
    # Most events are facts. To compare one with every case takes many times as long as this.
    return _changed(operation, recorded) if type(data) in SETUP_CLASSES else operation


def _changed(operation: Operation, recorded: RecordedEvent) -> Operation:
    match recorded.event.data:
        case OperationAmended() as change:
            operation = amended(operation, change)
        case ForceJoined() as joined:
            operation = _joined(operation, joined)
        case ForceLeft(force=left):
            others = {force: one for force, one in operation.participants.items() if force != left}
            operation = replace(operation, participants=others)
        case ForceAmended() as change:
            participants = {**operation.participants, change.force: _amended_force(operation, change)}
            operation = replace(operation, participants=participants)
        case MeasureRegistered() as registered:
            measure = registered_measure(operation, registered)
            operation = replace(operation, measures={**operation.measures, measure.measure: measure})
        case PartAccepted() | PartRemoved() as change:
            operation = _with_part_moved(operation, change)
        case OperationClosed():
            operation = replace(operation, closed_at=recorded.recorded_at)
        case OperationReopened():
            operation = replace(operation, closed_at=None)
    return operation


def amended(operation: Operation, change: OperationAmended) -> Operation:
    """Return the operation with the fields of the amendment; fields that it leaves out stay as they are.

    Raises:
        DaysUnclear: the new days are invalid.
    """
    hours = change.returns_due_hours
    return replace(
        operation,
        days=_amended_days(operation.days, change),
        dates_known=operation.dates_known or _has_days(change),
        returns_due_at=change.returns_due_at or operation.returns_due_at,
        returns_due_hours=operation.returns_due_hours if hours is None else hours,
        places=change.places or operation.places,
        marking=change.marking or operation.marking,
    )


def registered_measure(operation: Operation, registered: MeasureRegistered) -> Measure:
    """Return the registered measure: a new one, or a known one with further categories."""
    if known := operation.measures.get(registered.measure):
        return known.with_categories(registered.categories)
    return Measure(
        measure=registered.measure,
        label=registered.label or registered.measure,
        unit=registered.unit or "items",
        additive=registered.additive,
        category="category" if registered.categories or registered.open else None,
        categories=(UNSTATED, *registered.categories) if registered.categories else (),
        open=registered.open,
    )


def days_of(opened: OperationOpened) -> OperatingDays:
    """Return the days of a new operation.

    Raises:
        DaysUnclear: they are invalid.
    """
    if opened.dates_known:
        return operating_days(opened.starts_at, opened.ends_at, opened.days, pointer="")
    return one_unknown_day(opened.starts_at, opened.ends_at, opened.days)


def _opened(opened: OperationOpened, recorded: RecordedEvent) -> Operation:
    return Operation(
        operation=recorded.operation,
        name=opened.name,
        lead_force=opened.lead_force,
        days=days_of(opened),
        returns_due_at=opened.returns_due_at,
        returns_due_hours=opened.returns_due_hours,
        places=opened.places,
        part_of=opened.part_of,
        marking=opened.marking,
        imported=opened.imported,
        lead_known=opened.lead_known,
        dates_known=opened.dates_known,
        opened_at=recorded.recorded_at,
        measures=measure_catalogue(),
    )


def _joined(operation: Operation, joined: ForceJoined) -> Operation:
    participant = Participant(
        force=joined.force,
        name=joined.name or joined.force,
        kind=joined.kind or "agency",
        reports=joined.reports,
        members=joined.members,
    )
    return replace(operation, participants={**operation.participants, joined.force: participant})


def _with_part_moved(operation: Operation, change: PartAccepted | PartRemoved) -> Operation:
    parts = tuple(one for one in operation.parts if one != change.part)
    former = tuple(one for one in operation.former_parts if one != change.part)
    if isinstance(change, PartAccepted):
        return replace(operation, parts=(*parts, change.part), former_parts=former)
    return replace(operation, parts=parts, former_parts=(*former, change.part))


def _amended_force(operation: Operation, change: ForceAmended) -> Participant:
    known = operation.participants[change.force]
    return replace(known, name=change.name or known.name, reports=change.reports or known.reports)


def _has_days(change: OperationAmended) -> bool:
    return change.starts_at is not None or change.ends_at is not None or bool(change.days)


def _amended_days(days: OperatingDays, change: OperationAmended) -> OperatingDays:
    if not _has_days(change):
        return days
    if change.days or days.windows:
        return operating_days(change.starts_at, change.ends_at, change.days, pointer="")
    return operating_days(change.starts_at or days.starts_at, change.ends_at or days.ends_at, (), pointer="")
