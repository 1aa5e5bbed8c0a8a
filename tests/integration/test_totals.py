"""The sums that appends add to the totals equal the sums over all entries, for random histories in batches."""

from itertools import count
from typing import NamedTuple

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.model.events import Event
from service.projections.entries import KEYS, entries
from service.storage.db import Database
from service.storage.writes import Row
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory, EventWithdrawnFactory
from tests.factories.setup import LEAD


class Change(NamedTuple):
    """A new report, or a correction or withdrawal of a standing one (`which`, counted from the last)."""

    kind: str
    which: int
    force: str
    reason: str
    count: int


CHANGES = st.builds(
    Change,
    kind=st.sampled_from(["reported", "reported", "corrected", "withdrawn"]),
    which=st.integers(1, 5),
    force=st.sampled_from(["surrey", "kent"]),
    reason=st.sampled_from(["knife", "weapon"]),
    count=st.integers(1, 1_000),
)
BATCHES = st.lists(st.lists(CHANGES, min_size=1, max_size=8), min_size=1, max_size=5)


def test_totals_equal_the_sums_of_all_entries_after_each_batch(database: Database) -> None:
    coordinator, numbers = CredentialFactory(force=LEAD), count(1)

    @settings(max_examples=30)
    @given(BATCHES)
    def holds(batches: list[list[Change]]) -> None:
        operation = opened_operation(database, f"lantern-{next(numbers)}")
        standing: list[Event] = []
        for batch in batches:
            operation.record_all(*(event_of(change, standing) for change in batch), sender=coordinator)
            assert operation.total_rows() == sums_of_entries(operation)

    holds()


def event_of(change: Change, standing: list[Event]) -> Event:
    """Return the event for a change, and update the list of standing events."""
    made = {"reason": change.reason, "count": change.count}
    if change.kind == "reported" or len(standing) < change.which:
        standing.append(ArrestRecordedFactory(force=change.force, **made))
        return standing[-1]
    before = standing.pop(-change.which)
    if change.kind == "withdrawn":
        return EventWithdrawnFactory(force=before.force, corrects=before.id)
    standing.append(ArrestRecordedFactory(force=before.force, corrects=before.id, **made))
    return standing[-1]


def sums_of_entries(operation: OpenedOperation) -> list[Row]:
    """Return the expected `total_rows`: key, quantity, lines and last seq of each sum, sorted."""
    sums = [sa.cast(sa.func.sum(column), sa.BigInteger) for column in (entries.c.quantity, entries.c.lines)]
    statement = sa.select(*KEYS, *sums, sa.func.max(entries.c.seq)).where(entries.c.operation_id == operation.name)
    with operation.database.reading() as connection:
        return [tuple(row) for row in connection.execute(statement.group_by(*KEYS).order_by(*KEYS))]
