"""The parts of an operation as a statement describes them; their results are included in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.model.operation import Operation
from service.domain.statement.period import Period, period_of


@dataclass(frozen=True, slots=True)
class StatedPart:
    """An operation inside another, and its period. `is_outside`: some of its days are not days of the other."""

    name: str
    period: Period
    is_outside: bool


def parts_of(whole: Operation, parts: Sequence[Operation], moment: datetime) -> tuple[StatedPart, ...]:
    """Return the parts of an operation, as of this moment."""
    return tuple(StatedPart(part.name, period_of(part, moment), not _lies_in(part, whole)) for part in parts)


def _lies_in(part: Operation, whole: Operation) -> bool:
    if whole.days.ends_at is None:
        return part.days.starts_at >= whole.days.starts_at
    return part.days.ends_at is not None and whole.days.covers(part.days.starts_at, part.days.ends_at)
