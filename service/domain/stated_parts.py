"""What a statement says of operations inside its own, whose results are in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.operation import Operation
from service.domain.period import Period, period_of


@dataclass(frozen=True, slots=True)
class Part:
    """An operation inside another, and when it takes place. `is_outside`: it has days that the other has not."""

    name: str
    period: Period
    is_outside: bool


def parts_of(whole: Operation, parts: Sequence[Operation], moment: datetime) -> tuple[Part, ...]:
    """Return the parts of an operation as they are at this moment."""
    return tuple(Part(part.name, period_of(part, moment), not _lies_in(part, whole)) for part in parts)


def _lies_in(part: Operation, whole: Operation) -> bool:
    if whole.days.ends_at is None:
        return part.days.starts_at >= whole.days.starts_at
    return part.days.ends_at is not None and whole.days.covers(part.days.starts_at, part.days.ends_at)
