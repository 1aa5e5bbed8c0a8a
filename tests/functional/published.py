"""The releases of tests/claims, each recorded through an app's own calls when it is first used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.test import TestResponse

from service.storage.db import Database, open_database
from tests.factories.credentials import issued_secret
from tests.factories.releases import Release
from tests.functional.apps import make_app, with_secret
from tests.functional.calls import Caller


@dataclass
class Published:
    """An app that holds the releases used so far."""

    app: Flask
    database: Database
    leads: dict[str, Caller] = field(default_factory=dict)
    recorded: set[str] = field(default_factory=set)

    def lead_of(self, release: Release) -> Caller:
        """Return the lead force's client, with the release and the operations inside it recorded."""
        if release.key not in self.recorded:
            self.recorded.add(release.key)
            self._record(release)
            for part in release.parts:
                self._record(part, release.lead)
                accepted = {"id": str(uuid4()), "part": part.operation, "recorded_at": release.reported_at}
                done(self._client_of(release.lead).change(release.operation, "parts", **accepted))
        return self._client_of(release.lead)

    def _record(self, release: Release, *watching: str) -> None:
        lead = self._client_of(release.lead)
        done(lead.post("/v1/operations", json=release.opening(*watching)))
        for measure in release.registrations():
            done(lead.change(release.operation, "measures", **measure))
        done(lead.batch(release.operation, release.events(), atomic="true"))

    def _client_of(self, force: str) -> Caller:
        if force not in self.leads:
            self.leads[force] = with_secret(self.app, issued_secret(self.database, force, "coordinator"))
        return self.leads[force]


def done(response: TestResponse) -> Any:
    assert response.status_code == 201, response.json
    return response.json


@contextmanager
def publishing(url: str) -> Iterator[Published]:
    database = open_database(url)
    yield Published(make_app(database), database)
    database.engine.dispose()
