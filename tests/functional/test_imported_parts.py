"""An operation with parts is imported log by log: until all logs are imported, errors name the missing one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from service.domain.model.events import Event, PartAccepted
from service.domain.model.instants import format_instant
from service.storage.db import Database, open_database
from service.usecases.maintenance.transfer import export_operation, import_operation
from tests.factories.bodies import now
from tests.factories.operations import opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, refused


@pytest.fixture
def source(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return the database that the logs come from."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'source.db')}")
    yield database
    database.engine.dispose()


def test_a_whole_imported_without_its_part_names_the_missing_one(database: Database, source: Database, lead: Caller):
    whole = opened_operation(source, "whole")
    opened_operation(source, "county", part_of=("whole",)).record(ArrestRecordedFactory())
    whole.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part="county")))
    lines = {name: [text.encode() for text in export_operation(source, name).texts] for name in ("whole", "county")}
    import_operation(database, lines["whole"])
    asked_at = format_instant(now())
    addresses = [f"/v1/operations/whole/{what}" for what in ("totals", "statement", "possible-duplicates")]
    addresses.append(f"/v1/operations/whole/totals?as_of={asked_at}")
    for address in addresses:
        assert "county" in refused(lead.get(address), 503, "part_not_here")["detail"]
    import_operation(database, lines["county"])
    assert [lead.get(address).status_code for address in addresses] == [200] * len(addresses)
