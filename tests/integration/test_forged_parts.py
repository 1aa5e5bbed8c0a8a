"""Logs and publications with parts that are none: no whole reads the figures of an operation that is not in it."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import rfc8785

from service.access.credentials import Credential
from service.domain.counting.selection import Selection
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, PartAccepted, PartRemoved
from service.storage.db import Database, open_database
from service.usecases.maintenance.log_lines import LineRefused
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.usecases.querying.as_of import Moment
from service.usecases.querying.read_context import PartNotHere
from service.usecases.querying.totals import totals
from service.usecases.recording.publish import publish_figures
from service.usecases.recording.whole import ContainsItself, NotAPart
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, FiguresPublishedFactory

COORDINATOR: Credential = CredentialFactory(force=LEAD)
Lines = list[bytes]
Json = dict[str, Any]


@pytest.fixture
def source(sqlite_url: str) -> Iterator[Database]:
    """Return the database that logs come from."""
    database = open_database(sqlite_url)
    yield database
    database.close()


def accept(operation: OpenedOperation, part: str) -> None:
    operation.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part=part)))


def exported(database: Database, operation: str) -> Lines:
    return [f"{text}\n".encode() for text in export_operation(database, operation).texts]


def whole_of(source: Database, part: str) -> Lines:
    """Return the log of a whole that has accepted this part, which was opened as one elsewhere."""
    whole = opened_operation(source, "whole")
    opened_operation(source, part, part_of=("whole",))
    accept(whole, part)
    return exported(source, "whole")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_imported_whole_does_not_take_an_operation_of_the_same_name_for_its_part(
    database: Database, source: Database
) -> None:
    lines = whole_of(source, "secret")
    opened_operation(database, "secret").record(ArrestRecordedFactory())
    with pytest.raises(NotAPart, match=r"has secret as a part of whole; the secret in this database was not opened"):
        import_operation(database, lines)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("moment", ["now", "then"])
def test_an_operation_that_gets_the_name_of_a_missing_part_is_not_read_by_the_whole(
    database: Database, source: Database, moment: str
) -> None:
    import_operation(database, whole_of(source, "secret"))
    opened_operation(database, "secret").record(ArrestRecordedFactory())
    with database.reading() as connection:
        at = Moment() if moment == "now" else Moment(as_of=database.now(connection))
    with pytest.raises(PartNotHere, match="the operation of that name is no part of it"):
        totals(database, operation="whole", credential=COORDINATOR, selection=Selection(), moment=at)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_import_makes_no_circle(database: Database, source: Database) -> None:
    """Each log is right by itself: the part was taken out of the whole before it accepted the whole."""
    whole = opened_operation(source, "whole", part_of=("part",))
    part = opened_operation(source, "part", part_of=("whole",))
    accept(whole, "part")
    before = exported(source, "whole")
    whole.change(Event(id=uuid4(), force=LEAD, data=PartRemoved(part="part")))
    accept(part, "whole")
    import_operation(database, exported(source, "part"))
    with pytest.raises(ContainsItself, match=r"^part contains whole, and would be in it"):
        import_operation(database, before)
    import_operation(database, exported(source, "whole"))


def without_parts(data: Json, earlier: Json) -> None:
    """State the figures without those of the part."""
    data["figures"], data["figures_hash"] = earlier["figures"], earlier["figures_hash"]
    del data["parts"]


FORGERIES: dict[str, tuple[Callable[[Json, Json], None], str]] = {
    "the part left out": (without_parts, "its parts should include part"),
    "a seq that the part does not have": (
        lambda data, _earlier: data["parts"][0].update(seq=10_000),
        "its part part has no seq 10000",
    ),
}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", FORGERIES)
def test_a_publication_of_a_whole_with_other_parts_is_refused(database: Database, source: Database, name: str) -> None:
    whole = opened_operation(source, "whole")
    part = opened_operation(source, "part", part_of=("whole",))
    for operation in (whole, part):
        operation.record(ArrestRecordedFactory())
    publish(source, "whole")
    accept(whole, "part")
    publish(source, "whole")
    lines = exported(source, "whole")
    first, second = (json.loads(line) for line in lines if b"figures.published" in line)
    import_operation(database, exported(source, "part"))
    FORGERIES[name][0](second["data"], first["data"])
    with pytest.raises(LineRefused, match=FORGERIES[name][1]):
        import_operation(database, [*lines[:-1], rfc8785.dumps(second) + b"\n"])
    import_operation(database, lines)
    assert verify_operation(database, "whole").fault is None


def publish(database: Database, operation: str) -> None:
    request = Submission(FiguresPublishedFactory())
    publish_figures(database, operation=operation, sender=COORDINATOR, submission=request)
