"""What a group of submissions adds to a log, decided one by one as if each were alone, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from service.domain.check_setup import check_opening
from service.domain.decide import COORDINATOR, History, NotCoordinator, accept, replay_of
from service.domain.events import Event, ForceJoined, OperationOpened, RecordedBy, RecordedEvent
from service.domain.instants import format_instant
from service.domain.operation import Operation, evolve
from service.domain.reference_data import Force
from service.errors import Invalid


class RecordedAtRefused(Invalid):
    """recorded_at is the service's to say; only imported operations take it from a sender."""

    code = "recorded_at_refused"


class RecordedAtMissing(Invalid):
    """In an imported operation every event says when it was recorded."""

    code = "recorded_at_missing"


class RecordedAtOutOfOrder(Invalid):
    """In an imported operation recorded_at never falls along the log, and is never in the future."""

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


def as_it_is(event: Event) -> Event:
    """Fill in nothing."""
    return event


class Decided(NamedTuple):
    """A submission that passed: as it is recorded, and whether it is new or a replay of an earlier one."""

    recorded: RecordedEvent
    is_new: bool


@dataclass(slots=True)
class Draft:
    """The log as it will be after the accepted submissions.

    `operation` is None before operation.opened; `seq` and `recorded_at` are those of the last event; `clock` is the
    database's clock, and `live_recorded_at` what a live operation's events of this group are recorded at.
    """

    name: str
    operation: Operation | None
    history: History
    seq: int
    recorded_at: datetime
    clock: datetime
    live_recorded_at: datetime
    forces: Mapping[str, Force]
    accepted: list[RecordedEvent] = field(default_factory=list)

    def add(self, submission: Submission, sender: RecordedBy, complete: Completion = as_it_is) -> Decided:
        """Decide one submission; return it as it is recorded, now or, for a replay, earlier.

        `complete` fills in what the service says in an event that is new.

        Raises:
            RecordedAtRefused, RecordedAtMissing, RecordedAtOutOfOrder: by its recorded_at.
            RecordError: one of the mistakes of `decide`.
        """
        if self.operation is None:
            return self._open(submission, sender)
        event = submission.event
        if earlier := replay_of(event, self.operation, self.history, sender):
            return Decided(earlier, is_new=False)
        moment = self._moment(submission, imported=self.operation.imported)
        accepted = accept(
            complete(event), self.operation, self.history, sender=sender, recorded_at=moment, forces=self.forces
        )
        return self._record(accepted, moment, sender)

    def _open(self, submission: Submission, sender: RecordedBy) -> Decided:
        opened = submission.event.data
        assert isinstance(opened, OperationOpened), "a log begins with operation.opened"
        if sender.role != COORDINATOR or sender.force != opened.lead_force:
            raise NotCoordinator("Only a coordinator of the lead force may open an operation.", pointer="/lead_force")
        check_opening(opened)
        return self._record(submission.event, self._moment(submission, imported=opened.imported), sender)

    def _record(self, event: Event, moment: datetime, sender: RecordedBy) -> Decided:
        recorded = RecordedEvent(
            event=event, operation=self.name, seq=self.seq + 1, recorded_at=moment, recorded_by=sender
        )
        self.operation = evolve(self.operation, recorded)
        self.seq, self.recorded_at = recorded.seq, moment
        self.history.add(recorded)
        self.accepted.append(recorded)
        return Decided(recorded, is_new=True)

    def _moment(self, submission: Submission, *, imported: bool) -> datetime:
        sent = submission.recorded_at
        if not imported:
            if sent is not None:
                raise RecordedAtRefused(
                    "Only imported operations take recorded_at; leave it out.", pointer="/recorded_at"
                )
            return self.live_recorded_at
        if sent is None:
            raise RecordedAtMissing("An imported operation wants recorded_at with every event.", pointer="/recorded_at")
        if not self.recorded_at <= sent <= self.clock:
            raise RecordedAtOutOfOrder(
                f"Wanted recorded_at from {format_instant(self.recorded_at)}, the last event's, to now; "
                f"found {format_instant(sent)}.",
                pointer="/recorded_at",
            )
        return sent
