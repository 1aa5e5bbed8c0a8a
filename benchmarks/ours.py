"""The service as in production: `oprecord serve`, a credential for each force, operations opened over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection

import sqlalchemy as sa

from benchmarks.databases import DatabaseUrls
from benchmarks.processes import ServerProcess
from benchmarks.reports import FORCES, LEAD, SETUP_EVENTS, opening
from service.eventlog.table import events
from service.storage.db import open_database
from service.usecases.maintenance.credentials import issue_credential
from service.usecases.maintenance.verify import verify_operation

CREATED = 201


class RecordBroken(AssertionError):
    """The record lacks acknowledged events or does not verify, so the server's figures are invalid."""


@dataclass
class Ours:
    """The service on one database, and the number of events that it has acknowledged in each operation."""

    urls: DatabaseUrls
    server: ServerProcess
    secrets: Mapping[str, str]
    acknowledged: dict[str, int] = field(default_factory=dict)

    def open(self, operation: str) -> None:
        """Open an operation in which all forces take part."""
        connection = HTTPConnection("127.0.0.1", self.server.port)
        body = json.dumps(opening(operation))
        headers = {"Authorization": f"Bearer {self.secrets[LEAD]}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/operations", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != CREATED:
            raise RecordBroken(f"Could not open {operation}: {answer.status} {content[:500]!r}")
        self.acknowledged[operation] = SETUP_EVENTS

    def note(self, operation: str, count: int) -> None:
        """Add to the number of acknowledged events."""
        self.acknowledged[operation] += count

    def check(self) -> None:
        """Check that each log holds every acknowledged event and no other.

        Raises:
            RecordBroken: a log has more or fewer events than were acknowledged.
        """
        found = log_sizes(self.urls.owner)
        for operation, count in self.acknowledged.items():
            if found.get(operation, 0) != count:
                raise RecordBroken(f"{operation}: {count:,} acknowledged, {found.get(operation, 0):,} recorded")

    def verify(self) -> None:
        """Verify the shortest log.

        Raises:
            RecordBroken: the log does not verify.
        """
        if self.acknowledged:
            root_of(self.urls.owner, min(self.acknowledged, key=lambda name: self.acknowledged[name]))


def issue_to_forces(urls: DatabaseUrls) -> dict[str, str]:
    """Issue a credential to each force, to the lead force as coordinator; return the secrets by force."""
    database = open_database(urls.owner)
    roles = {force: "coordinator" if force == LEAD else "force" for force in FORCES}
    secrets = {
        force: issue_credential(database, force=force, role=role, operations=(), expires_in=None)[1]
        for force, role in roles.items()
    }
    database.engine.dispose()
    return secrets


def issue_to_coordinators(urls: DatabaseUrls, count: int) -> list[str]:
    """Issue this many more credentials to the lead force as coordinator; return their secrets."""
    database = open_database(urls.owner)
    secrets = [
        issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)[1]
        for _number in range(count)
    ]
    database.engine.dispose()
    return secrets


def log_sizes(url: str) -> dict[str, int]:
    """Return the number of events in each operation's log."""
    database = open_database(url)
    statement = sa.select(events.c.operation_id, sa.func.count().label("size")).group_by(events.c.operation_id)
    with database.reading() as connection:
        sizes = {row.operation_id: row.size for row in connection.execute(statement)}
    database.engine.dispose()
    return sizes


def root_of(url: str, operation: str) -> str:
    """Verify a log and its projections; return its root.

    Raises:
        RecordBroken: the log does not verify.
    """
    database = open_database(url)
    found = verify_operation(database, operation)
    database.engine.dispose()
    if found.fault is not None:
        raise RecordBroken(f"{operation} does not verify: {found.fault}")
    return found.root
