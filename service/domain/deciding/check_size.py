"""The size of an operation and of a whole, in days and in returns: each reporting force makes one for each day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from service.domain.model.days import LONGEST, DaysUnclear
from service.domain.model.events import ForceAmended, ForceJoined, OperationAmended, OperationOpened, RecordedEvent
from service.domain.model.operation import Operation
from service.errors import Invalid

# 20 years of 8 forces, 3 years of 54, a year of 164, or 300 nights of 200.
MOST_RETURNS = 60_000
# A whole and its parts: two for each force of the country.
MOST_OPERATIONS = 100


class OperationTooLarge(Invalid):
    """An operation and its parts can have at most 60,000 returns in all: days, times the forces that report."""

    code = "operation_too_large"


def check_size(recorded: RecordedEvent, operation: Operation) -> None:
    """Check the size of an operation after an event of it, if the event changes that.

    Without an end, only the days that have begun when the event is recorded count.

    Raises:
        DaysUnclear: its days are spread over more than 20 years.
        OperationTooLarge: its days and reporting forces make too many returns.
    """
    change = recorded.event.data
    pointer = field_of_size(change)
    if pointer is None:
        return
    if isinstance(change, OperationOpened | OperationAmended):
        _check_extent(operation, recorded.recorded_at, pointer)
    days, forces = operation.days.number(recorded.recorded_at), len(operation.reporting)
    if days * forces > MOST_RETURNS:
        raise OperationTooLarge(
            f"Expected at most {MOST_RETURNS:,} returns in an operation, one a day of each force that reports; found "
            f"{days:,} days of {forces:,} forces = {days * forces:,}. Open several operations instead, each with some "
            "of the days or forces.",
            pointer=pointer,
        )


def field_of_size(change: object) -> str | None:
    """Return the pointer of the field by which a change makes an operation larger or smaller; None if it does not."""
    match change:
        case ForceJoined() | ForceAmended():
            return "/force"
        case OperationOpened(days=days):
            return "/days" if days else "/ends_at"
        case OperationAmended(starts_at=starts_at, ends_at=ends_at, days=days) if starts_at or ends_at or days:
            return "/days" if days else "/ends_at"
    return None


def check_whole(whole: str, counted: Collection[Operation], now: datetime, *, is_own: bool, pointer: str) -> None:
    """Check the size of a whole: `counted` are the operation and all of its parts, as a change would leave them.

    Without an end, the days that have begun count. How large a whole is that is not the sender's own is not told.

    Raises:
        OperationTooLarge: they are too many, or make too many returns.
    """
    if len(counted) > MOST_OPERATIONS:
        raise OperationTooLarge(
            f"Expected at most {MOST_OPERATIONS} operations in {whole}, with itself and the parts of its parts; found "
            f"{f'{len(counted):,}' if is_own else 'more'}. Take out a part first.",
            pointer=pointer,
        )
    returns = sum(returns_of(one, now) for one in counted)
    if returns > MOST_RETURNS:
        raise OperationTooLarge(
            f"Expected at most {MOST_RETURNS:,} returns in {whole} and its parts, one a day of each force that reports "
            f"in each of them; found {f'{returns:,}' if is_own else 'more'}. Give the operations only the days and "
            "forces that they need, or take out a part.",
            pointer=pointer,
        )


def returns_of(operation: Operation, now: datetime) -> int:
    """Return how many returns an operation has: its days, times the forces that report."""
    return operation.days.number(now) * len(operation.reporting)


def _check_extent(operation: Operation, now: datetime, pointer: str) -> None:
    days = operation.days
    until = max(now, days.starts_at) if days.ends_at is None else days.ends_at
    if until - days.starts_at > LONGEST:
        raise DaysUnclear(
            f"An operation can last at most 20 years; found {days.first_day} to "
            f"{'now, without an end' if days.last_day is None else days.last_day}.",
            pointer="/starts_at" if days.ends_at is None else pointer,
        )
