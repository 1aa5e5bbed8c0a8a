"""Changes of wholes and parts at the same moment, by processes that share only the database."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from service.domain.deciding import check_size
from service.domain.model.events import Event, MeasureRegistered, PartAccepted
from service.errors import RecordError
from service.storage.db import Database, open_database
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.setup import LEAD
from tests.integration.test_races import concurrently

ROUNDS = 8


@pytest.fixture
def other_process(database_url: str) -> Iterator[Database]:
    """Return the database as another process sees it."""
    database = open_database(database_url)
    yield database
    database.close()


def changed(database: Database, operation: str, data: PartAccepted | MeasureRegistered) -> str:
    """Change an operation; return the code of the error, or "changed"."""
    try:
        OpenedOperation(database, operation).change(Event(id=uuid4(), force=LEAD, data=data))
    except RecordError as error:
        return error.code
    return "changed"


def test_two_operations_that_accept_each_other_at_once_are_no_circle(
    database: Database, other_process: Database
) -> None:
    for number in range(ROUNDS):
        inner, outer = f"inner-{number}", f"outer-{number}"
        opened_operation(database, inner, part_of=(outer,))
        opened_operation(database, outer, part_of=(inner,))
        found = concurrently(
            lambda inner=inner, outer=outer: changed(database, outer, PartAccepted(part=inner)),
            lambda inner=inner, outer=outer: changed(other_process, inner, PartAccepted(part=outer)),
        )
        assert sorted(found) == ["changed", "contains_itself"]


def test_parts_that_are_accepted_at_once_do_not_exceed_the_bound_together(
    database: Database, other_process: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_size, "MOST_OPERATIONS", 3)
    for number in range(ROUNDS):
        country, region, port, week = (f"{name}-{number}" for name in ("country", "region", "port", "week"))
        opened_operation(database, country)
        opened_operation(database, region, part_of=(country,))
        opened_operation(database, port, part_of=(country,))
        opened_operation(database, week, part_of=(region,))
        assert changed(database, country, PartAccepted(part=region)) == "changed"
        found = concurrently(
            lambda country=country, port=port: changed(database, country, PartAccepted(part=port)),
            lambda region=region, week=week: changed(other_process, region, PartAccepted(part=week)),
        )
        assert sorted(found) == ["changed", "operation_too_large"]


def test_a_whole_and_its_part_that_register_a_measure_at_once_count_it_alike(
    database: Database, other_process: Database
) -> None:
    for number in range(ROUNDS):
        country, region = f"country-{number}", f"region-{number}"
        opened_operation(database, country)
        opened_operation(database, region, part_of=(country,))
        assert changed(database, country, PartAccepted(part=region)) == "changed"
        dogs, teams = (MeasureRegistered(measure="dogs", label="dogs", unit=unit) for unit in ("dogs", "teams"))
        found = concurrently(
            lambda country=country, dogs=dogs: changed(database, country, dogs),
            lambda region=region, teams=teams: changed(other_process, region, teams),
        )
        assert sorted(found) == ["changed", "measures_disagree"]
