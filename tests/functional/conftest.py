"""Fixtures for the service as its callers see it: an app over each database, clients with credentials, operations."""

import shutil
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from flask import Flask

from service.storage.db import Database
from tests.databases import database as temporary_database
from tests.factories.bodies import opening
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, Pandilla, replayed, running_app, with_secret
from tests.functional.calls import Caller


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands without a terminal, also where the tests have one."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO()))


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    """Return the app over the test's own database; its live feeds end with the test."""
    with running_app(database) as app:
        yield app


@pytest.fixture
def client_for(app: Flask, secret_for: Callable[..., str]) -> ClientFor:
    """Return a function that creates a client with a new credential: `client_for("kent", "observer")`."""

    def client_for(force: str, role: str | None = None, operations: tuple[str, ...] = ()) -> Caller:
        return with_secret(app, secret_for(force, role, operations))

    return client_for


@pytest.fixture
def lead(client_for: ClientFor) -> Caller:
    """Return the coordinator's client."""
    return client_for(LEAD)


@pytest.fixture
def surrey(client_for: ClientFor) -> Caller:
    """Return the client of a force that reports events."""
    return client_for("surrey")


@pytest.fixture
def live(lead: Caller) -> str:
    """Return the key of an operation that is under way, in which five forces take part."""
    return opened(lead)


@pytest.fixture
def imported(lead: Caller) -> str:
    """Return the key of an imported operation of January 2023, whose events carry recorded_at."""
    return opened(
        lead,
        operation="imported",
        starts_at="2023-01-16T00:00:00Z",
        ends_at="2023-01-23T00:00:00Z",
        imported=True,
        recorded_at="2023-01-10T09:00:00Z",
    )


def opened(lead: Caller, **fields: object) -> str:
    response = lead.post("/v1/operations", json=opening(**fields))
    assert response.status_code == 201, response.json
    return response.json["operation"]


@pytest.fixture(scope="session")
def sqlite_pandilla(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pandilla]:
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("pandilla") / "oprecord.db")
    with replayed(f"sqlite:///{path}") as pandilla:
        yield pandilla


@pytest.fixture(scope="session")
def postgresql_pandilla(postgres_server_url: str, postgres_template: str) -> Iterator[Pandilla]:
    with temporary_database(postgres_server_url, template=postgres_template) as url, replayed(url) as pandilla:
        yield pandilla


@pytest.fixture(params=["sqlite", "postgresql"])
def replayed_pandilla(request: pytest.FixtureRequest) -> Pandilla:
    """Return the replay of the seeds directory: the test runs once on each kind of database."""
    pandilla: Pandilla = request.getfixturevalue(f"{request.param}_pandilla")
    return pandilla
