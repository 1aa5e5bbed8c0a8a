"""The app over a test's database, and an app into which a real operation has been replayed."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from service.app import CLOSING_EXTENSION, connect, new_app
from service.cli.calling.http_client import JsonResponse
from service.cli.replay.replay_directory import replay_directory
from service.config import Config
from service.storage.db import Database, open_database
from tests.databases import FOLDER_VARIABLE
from tests.factories.credentials import issued_secret
from tests.factories.logs import SEED
from tests.factories.setup import LEAD
from tests.functional.calls import Caller
from tests.functional.compiled import keep_compiled_templates

ClientFor = Callable[..., Caller]


@contextmanager
def running_app(database: Database, **settings: int) -> Iterator[Flask]:
    """Create an app; after the block, end its live feeds before its database is dropped."""
    app = make_app(database, **settings)
    try:
        yield app
    finally:
        app.extensions[CLOSING_EXTENSION].set()
        for thread in threading.enumerate():
            if thread.name == "feeds":
                thread.join()


def make_app(database: Database, **settings: int) -> Flask:
    """Return an app whose test clients are callers, and whose feeds poll for new events often."""
    app = copy(routed_app())
    app.extensions = dict(app.extensions)
    app.test_client_class = Caller
    connect(app, Config(**{"feed_poll_milliseconds": 10} | settings), database)
    return app


@cache
def routed_app() -> Flask:
    """Return the app whose routes and templates the apps of this process share: compiling them takes half a second."""
    # Outside pytest, as for the golden files, there is no folder that processes share.
    if folder := os.environ.get(FOLDER_VARIABLE):
        keep_compiled_templates(folder)
    app = new_app()
    # Flask creates the environment, which keeps the compiled templates, on first use. A copy of the app then shares it.
    assert app.jinja_env is not None
    return app


def with_secret(app: Flask, secret: str) -> Caller:
    """Return a client that carries this credential."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


@dataclass(frozen=True)
class InProcess:
    """A client for a replay that calls the app itself, with each force's credential."""

    client_for: Callable[[str], Caller]

    def get(self, path: str, force: str) -> JsonResponse:
        return _answer(self.client_for(force).get(path))

    def post(self, path: str, body: Mapping[str, Any], force: str) -> JsonResponse:
        return _answer(self.client_for(force).post(path, json=body))

    def post_file(self, path: str, body: bytes, media: str, force: str) -> JsonResponse:
        return _answer(self.client_for(force).post(path, data=body, content_type=media))


def _answer(response: TestResponse) -> JsonResponse:
    return JsonResponse(response.status_code, response.json)


@dataclass(frozen=True)
class Pandilla:
    """The operation of the seeds directory, replayed. Tests share it, so they must only read it."""

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
