"""The events that a group of submissions adds to a log, decided one at a time before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from service.domain.deciding.check_setup import check_opening
from service.domain.deciding.check_size import check_size
from service.domain.deciding.decide import COORDINATOR, LogHistory, NotCoordinator, accept, replay_of, require_own
from service.domain.model.events import Event, ForceJoined, OperationOpened, RecordedBy, RecordedEvent
from service.domain.model.instants import format_instant
from service.domain.model.operation import Operation, evolve
from service.domain.model.reference_data import Force
from service.errors import Invalid


class RecordedAtRefused(Invalid):
    """The service sets recorded_at; only imported operations accept it from the sender."""

    code = "recorded_at_refused"


class RecordedAtMissing(Invalid):
    """Every event of an imported operation must have recorded_at."""

    code = "recorded_at_missing"


class RecordedAtOutOfOrder(Invalid):
    """In an imported operation, recorded_at cannot be before that of the previous event or in the future."""

    code = "recorded_at_out_of_order"


class Submission(NamedTuple):
    """An event as it was sent; `recorded_at` for imported operations only."""

    event: Event
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A new operation: its name, the operation.opened event, and the forces that take part from the start."""

    operation: str
    submission: Submission
    forces: Sequence[ForceJoined]


Completion = Callable[[Event], Event]


def unchanged(event: Event) -> Event:
    """Return the event unchanged."""
    return event


class Decided(NamedTuple):
    """An accepted submission: the recorded event, and whether it is new or a replay."""

    recorded: RecordedEvent
    is_new: bool


@dataclass(slots=True)
class Draft:
    """The log as it will be after the accepted submissions.

    `from_a_log`: the events come from an exported log and were recorded before, under the drug list of their time.
    `operation` is None before operation.opened; `seq` and `recorded_at` are those of the last event; `clock` is the
    database's clock; `live_recorded_at` is the recorded_at of this group's events in a live operation.
    """

    name: str
    operation: Operation | None
    history: LogHistory
    seq: int
    recorded_at: datetime
    clock: datetime
    live_recorded_at: datetime
    forces: Mapping[str, Force]
    from_a_log: bool = False
    accepted: list[RecordedEvent] = field(default_factory=list)

    def add(self, submission: Submission, sender: RecordedBy, complete: Completion = unchanged) -> Decided:
        """Decide one submission and return the recorded event; for a replay, the one recorded earlier.

        `complete` fills in the fields that the service sets in a new event.

        Raises:
            RecordedAtRefused, RecordedAtMissing, RecordedAtOutOfOrder: its recorded_at is invalid.
            RecordError: an error of `decide`.
        """
        if self.operation is None:
            return self._open(submission, sender)
        event = submission.event
        if earlier := replay_of(event, self.operation, self.history, sender):
            return Decided(earlier, is_new=False)
        moment = self._moment(submission, imported=self.operation.imported)
        accepted = accept(
            complete(event),
            self.operation,
            self.history,
            sender=sender,
            recorded_at=moment,
            forces=self.forces,
            from_a_log=self.from_a_log,
        )
        return self._record(accepted, moment, sender)

    def _open(self, submission: Submission, sender: RecordedBy) -> Decided:
        opened = submission.event.data
        assert isinstance(opened, OperationOpened), "a log begins with operation.opened"
        if sender.role != COORDINATOR or sender.force != opened.lead_force:
            raise NotCoordinator("Only a coordinator of the lead force may open an operation.", pointer="/lead_force")
        require_own(submission.event, sender)
        check_opening(opened)
        return self._record(submission.event, self._moment(submission, imported=opened.imported), sender)

    def _record(self, event: Event, moment: datetime, sender: RecordedBy) -> Decided:
        recorded = RecordedEvent(
            event=event, operation=self.name, seq=self.seq + 1, recorded_at=moment, recorded_by=sender
        )
        operation = evolve(self.operation, recorded)
        if not self.from_a_log:
            check_size(recorded, operation)
        self.operation = operation
        self.seq, self.recorded_at = recorded.seq, moment
        self.history.add(recorded)
        self.accepted.append(recorded)
        return Decided(recorded, is_new=True)

    def _moment(self, submission: Submission, *, imported: bool) -> datetime:
        sent = submission.recorded_at
        if not imported:
            if sent is not None:
                raise RecordedAtRefused(
                    "Only imported operations accept recorded_at; leave it out.", pointer="/recorded_at"
                )
            return self.live_recorded_at
        if sent is None:
            raise RecordedAtMissing(
                "recorded_at is missing: every event of an imported operation needs it.", pointer="/recorded_at"
            )
        if not self.recorded_at <= sent <= self.clock:
            raise RecordedAtOutOfOrder(
                f"Expected recorded_at from {format_instant(self.recorded_at)}, that of the previous event, to now; "
                f"found {format_instant(sent)}.",
                pointer="/recorded_at",
            )
        return sent
