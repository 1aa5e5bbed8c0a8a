"""A publication that the log does not add up to is found by verify, import and the statement, whatever was forged."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
import rfc8785

from service.access.credentials import Credential
from service.domain.deciding.draft import Submission
from service.domain.model.events import FiguresPublished
from service.storage.db import Database, open_database
from service.usecases.maintenance.log_lines import LineRefused
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.usecases.querying.as_of import Moment
from service.usecases.querying.difference import difference
from service.usecases.querying.publications import NoSuchPublication, PublicationDiffers
from service.usecases.querying.statement import public_publication, read_statement
from service.usecases.recording.publish import make_public, publish_figures
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, FiguresPublishedFactory, PublicationMadePublicFactory
from tests.integration.test_verify import rewrite_log

COORDINATOR: Credential = CredentialFactory(force=LEAD)
Json = dict[str, Any]


@pytest.fixture
def published(operation: OpenedOperation) -> OpenedOperation:
    """Return an operation with two arrests, a publication after each, and a third arrest."""
    for _ in range(2):
        operation.record(ArrestRecordedFactory())
        request = Submission(FiguresPublishedFactory())
        publish_figures(operation.database, operation=operation.name, sender=COORDINATOR, submission=request)
    operation.record(ArrestRecordedFactory())
    return operation


@pytest.fixture
def empty_database(sqlite_url: str) -> Iterator[Database]:
    """Return a database without the operation."""
    database = open_database(sqlite_url)
    yield database
    database.close()


def more_arrests(data: Json) -> None:
    data["figures"][0]["quantity"] = 500
    rehash(data)


def one_figure_less(data: Json) -> None:
    del data["figures"][-1]
    rehash(data)


def rehash(data: Json) -> None:
    data["figures_hash"] = sha256(rfc8785.dumps(data["figures"])).hexdigest()


FORGERIES: dict[str, tuple[Callable[[Json], None], str]] = {
    "figures": (more_arrests, "figures"),
    "fewer figures": (one_figure_less, "figures"),
    "hash": (lambda data: data.update(figures_hash="0" * 64), "figures_hash"),
    "root": (lambda data: data.update(root="0" * 64), "root"),
    "number": (lambda data: data.update(number=41), "number"),
    "an earlier seq": (lambda data: data.update(as_of_seq=data["as_of_seq"] - 1), "root"),
    "its own seq": (lambda data: data.update(as_of_seq=10_000), "as_of_seq"),
    "a part": (lambda data: data.update(parts=[{"operation": "nowhere", "root": "0" * 64, "seq": 3}]), "parts"),
}


def forge(operation: OpenedOperation, name: str) -> int:
    """Forge the second publication, with every hash of the log recomputed; return its seq."""
    change, _named = FORGERIES[name]
    forged: list[int] = []

    def edit(seq: int, text: str) -> str:
        line = json.loads(text)
        if line["type"] != FiguresPublished.wire_type or line["data"]["number"] != 2:
            return text
        change(line["data"])
        forged.append(seq)
        return rfc8785.dumps(line).decode()

    rewrite_log(operation.database, edit)
    (seq,) = forged
    return seq


def test_what_the_service_published_is_right(published: OpenedOperation) -> None:
    assert verify_operation(published.database, published.name).fault is None


def without_categories(operation: OpenedOperation) -> None:
    """Give the second publication the figures that former versions froze, with every hash of the log recomputed."""

    def edit(_seq: int, text: str) -> str:
        line = json.loads(text)
        if line["type"] != FiguresPublished.wire_type or line["data"]["number"] != 2:
            return text
        figures = line["data"]["figures"]
        line["data"]["figures"] = [figure for figure in figures if "category" not in figure]
        assert 0 < len(line["data"]["figures"]) < len(figures)
        rehash(line["data"])
        return rfc8785.dumps(line).decode()

    rewrite_log(operation.database, edit)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_publication_of_a_former_version_verifies_imports_and_has_its_statement(
    published: OpenedOperation, empty_database: Database
) -> None:
    def statement(database: Database) -> object:
        found = read_statement(
            database, operation=published.name, credential=COORDINATOR, moment=Moment(), publication=2
        )
        return found.statement

    before = statement(published.database)
    without_categories(published)
    assert verify_operation(published.database, published.name).fault is None
    assert statement(published.database) == before
    import_operation(
        empty_database, [f"{text}\n".encode() for text in export_operation(published.database, published.name).texts]
    )
    assert verify_operation(empty_database, published.name).fault is None
    assert statement(empty_database) == before
    changed = difference(
        empty_database, operation=published.name, credential=COORDINATOR, number=2, after=0, limit=10
    ).changes
    assert [(one.now.force, one.now.category) for one in changed if one.now] == [(None, None), ("surrey", None)]


@pytest.mark.parametrize("name", FORGERIES)
def test_verify_finds_a_forged_publication(published: OpenedOperation, name: str) -> None:
    seq = forge(published, name)
    fault = verify_operation(published.database, published.name).fault
    assert fault is not None
    assert (fault.table, fault.seq) == ("publications", seq)
    assert fault.detail.startswith("publication 2: ")
    assert FORGERIES[name][1] in fault.detail


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", FORGERIES)
def test_import_refuses_a_forged_publication(published: OpenedOperation, empty_database: Database, name: str) -> None:
    seq = forge(published, name)
    lines = [f"{text}\n".encode() for text in export_operation(published.database, published.name).texts]
    with pytest.raises(LineRefused, match=f"^Line {seq}: Publication 2 is not what the log adds up to"):
        import_operation(empty_database, lines)


@pytest.mark.parametrize("name", FORGERIES)
def test_no_statement_is_made_from_a_forged_publication(published: OpenedOperation, name: str) -> None:
    forge(published, name)

    def statement(number: int) -> None:
        read_statement(
            published.database,
            operation=published.name,
            credential=COORDINATOR,
            moment=Moment(),
            publication=number,
        )

    statement(1)
    with pytest.raises(PublicationDiffers):
        statement(41 if name == "number" else 2)


@pytest.mark.parametrize("name", [one for one in FORGERIES if one != "number"])
def test_the_public_sees_no_forged_publication(published: OpenedOperation, name: str) -> None:
    database, operation = published.database, published.name
    for number in (1, 2):
        request = Submission(PublicationMadePublicFactory())
        make_public(database, operation=operation, sender=COORDINATOR, number=number, submission=request)
    forge(published, name)
    assert public_publication(database, operation=operation, number=1).publication is not None
    with pytest.raises(NoSuchPublication):
        public_publication(database, operation=operation, number=2)
