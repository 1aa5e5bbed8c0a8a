"""How large an operation may be: its days, times the forces that report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.domain.deciding.check_size import MOST_RETURNS, OperationTooLarge, check_size
from service.domain.model.days import DaysUnclear
from service.domain.model.events import Event, Window
from service.domain.model.operation import fold
from tests.factories.operations import RecordedEventFactory
from tests.factories.setup import ForceJoinedFactory, OperationAmendedFactory, OperationOpenedFactory

START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def check(*events: Event) -> None:
    """Check the size after the last of the events."""
    log = [RecordedEventFactory(event=event, seq=seq, recorded_at=NOW) for seq, event in enumerate(events, start=1)]
    check_size(log[-1], fold(log))


def opening(**fields: Any) -> Event:
    opened: Event = OperationOpenedFactory(**{"starts_at": START, "ends_at": START + timedelta(days=1), **fields})
    return opened


def joins(number: int, **fields: Any) -> list[Event]:
    return [ForceJoinedFactory(joining=f"force-{at}", name="Force", kind="agency", **fields) for at in range(number)]


def nights(number: int, first: datetime, apart: int = 1) -> tuple[Window, ...]:
    starts = [first + timedelta(days=apart * at) for at in range(number)]
    return tuple(Window(starts_at=one, ends_at=one + timedelta(hours=8)) for one in starts)


@pytest.mark.parametrize(
    ("days", "forces"), [(3 * 366, 50), (20 * 365, 8), (365, 164), (MOST_RETURNS // 200, 200), (1, 200)]
)
def test_realistic_operations_fit(days: int, forces: int) -> None:
    check(opening(ends_at=START + timedelta(days=days, hours=-2)), *joins(forces))


def test_a_force_too_many_is_refused_with_the_bound_and_what_was_found() -> None:
    opened = opening(ends_at=START + timedelta(days=1_000, hours=-2))
    check(opened, *joins(60))
    with pytest.raises(OperationTooLarge) as refused:
        check(opened, *joins(61))
    assert refused.value.errors[0].pointer == "/force"
    assert "at most 60,000" in refused.value.detail
    assert "found 1,000 days of 61 forces = 61,000" in refused.value.detail


def test_forces_that_report_nothing_do_not_count() -> None:
    check(opening(ends_at=START + timedelta(days=7_000)), *joins(200, reports="nothing"))


@pytest.mark.parametrize(
    "change", [{"ends_at": START + timedelta(days=7_000)}, {"starts_at": START - timedelta(4_000)}]
)
def test_an_amendment_counts_all_days_and_forces(change: dict[str, Any]) -> None:
    log = [opening(), *joins(20)]
    with pytest.raises(OperationTooLarge):
        check(*log, OperationAmendedFactory(**change))


def test_an_amendment_of_something_else_is_not_refused_for_its_size() -> None:
    check(opening(ends_at=START + timedelta(days=7_000)), *joins(20), OperationAmendedFactory(places=("m25",)))


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": None, "ends_at": None, "days": nights(400, datetime(1900, 1, 1, tzinfo=UTC), apart=30)},
        {"starts_at": datetime(1990, 1, 1, tzinfo=UTC), "ends_at": None},
    ],
    ids=["windows", "without-an-end"],
)
def test_days_over_more_than_twenty_years_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(DaysUnclear, match="at most 20 years; found"):
        check(opening(**fields))


def test_without_an_end_only_the_days_that_have_begun_count() -> None:
    check(opening(ends_at=None), *joins(200))
    check(opening(starts_at=NOW + timedelta(days=9_000), ends_at=None), *joins(200))
