"""The input of projections: a run of events, each with the operation after the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation, evolve


class Step(NamedTuple):
    """One event, the operation after it, and the seq of the version that it corrects or withdraws, if any."""

    recorded: RecordedEvent
    operation: Operation
    corrected_seq: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of events, without a gap, to be applied to one generation of an operation's projections."""

    operation: str
    generation: int
    steps: list[Step]

    @property
    def first_seq(self) -> int:
        """The seq of the first event."""
        return self.steps[0].recorded.seq

    @property
    def last_seq(self) -> int:
        """The seq of the last event."""
        return self.steps[-1].recorded.seq


def steps_of(recorded: Iterable[RecordedEvent], before: Operation | None, seq_by_id: Mapping[UUID, int]) -> list[Step]:
    """Return the steps of these events; `before` is the operation before them, None before operation.opened.

    `seq_by_id` maps the ids of the versions that they correct to seqs.
    """
    operation, steps = before, []
    for event in recorded:
        operation = evolve(operation, event)
        corrects = event.event.corrects
        steps.append(Step(event, operation, None if corrects is None else seq_by_id[corrects]))
    return steps
