"""The service as its callers see it: an app over each database, clients that carry credentials, operations to use."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.app import CLOSING_EXTENSION, create_app
from service.cli.http_client import Answer
from service.cli.replay_directory import replay_directory
from service.config import Config
from service.db import Database, open_database
from tests.databases import database as temporary_database
from tests.factories.bodies import opening
from tests.factories.credentials import issued_secret
from tests.factories.logs import SEED
from tests.functional.calls import Caller

LEAD = "metropolitan"
ClientFor = Callable[..., Caller]


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    """Return the app over the test's own database; its live feeds end with the test."""
    app = make_app(database)
    yield app
    app.extensions[CLOSING_EXTENSION].set()


def make_app(database: Database) -> Flask:
    app = create_app(Config(), database)
    app.test_client_class = Caller
    return app


@pytest.fixture
def client_for(app: Flask, secret_for: Callable[..., str]) -> ClientFor:
    """Return what makes a client with a new credential: `client_for("surrey")`, `client_for("kent", "observer")`."""

    def client_for(force: str, role: str | None = None, operations: tuple[str, ...] = ()) -> Caller:
        return with_secret(app, secret_for(force, role, operations))

    return client_for


def with_secret(app: Flask, secret: str) -> Caller:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


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
    """Return the name of an operation that is under way; five forces take part."""
    return opened(lead)


@pytest.fixture
def imported(lead: Caller) -> str:
    """Return the name of an operation of January 2023 whose events say when they were recorded."""
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


@dataclass(frozen=True)
class InProcess:
    """The client that a replay wants: it calls the app itself, with each force's credential."""

    client_for: Callable[[str], Caller]

    def get(self, path: str, force: str) -> Answer:
        return _answer(self.client_for(force).get(path))

    def post(self, path: str, body: Mapping[str, Any], force: str) -> Answer:
        return _answer(self.client_for(force).post(path, json=body))


def _answer(response: TestResponse) -> Answer:
    return Answer(response.status_code, response.json)


@dataclass(frozen=True)
class Pandilla:
    """The operation of the seeds directory as its forces sent it, to be read and not changed: tests share it."""

    app: Flask
    database: Database
    operation: str = "pandilla-2023-01"

    def client_for(self, force: str) -> Caller:
        return with_secret(self.app, issued_secret(self.database, force))

    @property
    def lead(self) -> Caller:
        return self.client_for(LEAD)


@contextmanager
def replayed(url: str) -> Iterator[Pandilla]:
    database = open_database(url)
    pandilla = Pandilla(make_app(database), database)
    replay_directory(SEED, InProcess(cache(pandilla.client_for)))
    yield pandilla
    database.engine.dispose()


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
