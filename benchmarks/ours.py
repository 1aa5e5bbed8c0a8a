"""Our service as people run it: `oprecord serve`, a credential for each force, operations opened over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import sqlalchemy as sa

from benchmarks.databases import DatabaseUrls
from benchmarks.processes import ROOT, ServerProcess
from benchmarks.reports import FORCES, LEAD, SETUP_EVENTS, opening
from service.db import open_database
from service.eventlog.table import events
from service.usecases.credentials import issue_credential

CREATED = 201


class RecordBroken(AssertionError):
    """The record lacks what was acknowledged, or does not verify: figures of such a server count nothing."""


@dataclass
class Ours:
    """The service over one database, and how many events it has acknowledged in each operation."""

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
        said = answer.read()
        connection.close()
        if answer.status != CREATED:
            raise RecordBroken(f"{operation} was not opened: {answer.status} {said[:500]!r}")
        self.acknowledged[operation] = SETUP_EVENTS

    def note(self, operation: str, count: int) -> None:
        """Remember that so many more events were acknowledged."""
        self.acknowledged[operation] += count

    def check(self) -> None:
        """See that every acknowledged event is in the log, and no other; and that one of the operations verifies.

        Raises:
            RecordBroken: it is not so.
        """
        for operation, count in self.acknowledged.items():
            found = recorded(self.urls.owner, operation)
            if found != count:
                raise RecordBroken(f"{operation}: {count:,} events were acknowledged, {found:,} are recorded")
        verify(self.urls.owner, min(self.acknowledged, key=lambda name: self.acknowledged[name]))


def issue_to_forces(urls: DatabaseUrls) -> dict[str, str]:
    """Issue a credential to each force, to the lead as the coordinator; return the secrets."""
    database = open_database(urls.owner)
    roles = {force: "coordinator" if force == LEAD else "force" for force in FORCES}
    secrets = {
        force: issue_credential(database, force=force, role=role, operations=(), expires_in=None)[1]
        for force, role in roles.items()
    }
    database.engine.dispose()
    return secrets


def recorded(url: str, operation: str) -> int:
    """Return how many events an operation's log holds."""
    database = open_database(url)
    with database.snapshot() as connection:
        statement = sa.select(sa.func.count()).select_from(events).where(events.c.operation_id == operation)
        found: int = connection.execute(statement).scalar_one()
    database.engine.dispose()
    return found


def verify(url: str, operation: str) -> Any:
    """Let `oprecord verify` compute everything of an operation again.

    Raises:
        RecordBroken: something is not as it should be.
    """
    command = [sys.executable, "-m", "service.cli.main", "--database-url", url, "verify", operation, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RecordBroken(f"{operation} does not verify: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)
