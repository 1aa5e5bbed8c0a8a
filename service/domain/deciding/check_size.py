"""The size of an operation, in days and in returns: each reporting force makes one for each day."""

from __future__ import annotations

from datetime import datetime

from service.domain.model.days import LONGEST, DaysUnclear
from service.domain.model.events import ForceAmended, ForceJoined, OperationAmended, OperationOpened, RecordedEvent
from service.domain.model.operation import Operation
from service.errors import Invalid

# 20 years of 8 forces, 3 years of 54, a year of 164, or 300 nights of 200.
MOST_RETURNS = 60_000


class OperationTooLarge(Invalid):
    """An operation can have at most 60,000 returns: its days, times the forces that report."""

    code = "operation_too_large"


def check_size(recorded: RecordedEvent, operation: Operation) -> None:
    """Check the size of an operation after an event of it, if the event changes that.

    Without an end, only the days that have begun when the event is recorded count.

    Raises:
        DaysUnclear: its days are spread over more than 20 years.
        OperationTooLarge: its days and reporting forces make too many returns.
    """
    change = recorded.event.data
    if isinstance(change, OperationAmended) and (change.starts_at, change.ends_at, change.days) == (None, None, ()):
        return
    if not isinstance(change, OperationOpened | OperationAmended | ForceJoined | ForceAmended):
        return
    pointer = "/force" if isinstance(change, ForceJoined | ForceAmended) else "/days" if change.days else "/ends_at"
    if isinstance(change, OperationOpened | OperationAmended):
        _check_extent(operation, recorded.recorded_at, pointer)
    days = operation.days.number(recorded.recorded_at)
    forces = sum(one.reports != "nothing" for one in operation.participants.values())
    if days * forces > MOST_RETURNS:
        raise OperationTooLarge(
            f"Expected at most {MOST_RETURNS:,} returns in an operation, one a day of each force that reports; found "
            f"{days:,} days of {forces:,} forces = {days * forces:,}. Open several operations instead, each with some "
            "of the days or forces, as parts of one.",
            pointer=pointer,
        )


def _check_extent(operation: Operation, now: datetime, pointer: str) -> None:
    days = operation.days
    until = max(now, days.starts_at) if days.ends_at is None else days.ends_at
    if until - days.starts_at > LONGEST:
        raise DaysUnclear(
            f"An operation can last at most 20 years; found {days.first_day} to "
            f"{'now, without an end' if days.last_day is None else days.last_day}.",
            pointer="/starts_at" if days.ends_at is None else pointer,
        )
