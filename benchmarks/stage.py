"""Databases and servers that the cases of a run share. Each is created on first use, so `--only` starts few."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from benchmarks.archive import fill
from benchmarks.databases import Databases, DatabaseUrls
from benchmarks.measure import Comparison
from benchmarks.ours import Ours, issue_to_forces
from benchmarks.processes import BASELINE, OURS, ServerProcess
from benchmarks.reference_process import run_reference
from benchmarks.sizes import Sizes

LARGE = "large"


@dataclass
class Stage:
    """The databases and servers of a run."""

    sizes: Sizes
    databases: Databases
    services: list[Ours] = field(default_factory=list)
    servers: list[ServerProcess] = field(default_factory=list)

    @cached_property
    def ours(self) -> Ours:
        """The service on PostgreSQL."""
        return self.serve(self.databases.migrated())

    @cached_property
    def ours_on_sqlite(self) -> Ours:
        """The service on SQLite."""
        return self.serve(self.databases.migrated_sqlite())

    @cached_property
    def baseline(self) -> ServerProcess:
        """The baseline on PostgreSQL."""
        return self.server(BASELINE, self.databases.empty())

    @cached_property
    def baseline_on_sqlite(self) -> ServerProcess:
        """The baseline on SQLite."""
        return self.server(BASELINE, self.databases.empty_sqlite())

    @cached_property
    def archive(self) -> Ours:
        """The service on PostgreSQL, with the large log in its database."""
        fill(self.ours, LARGE, self.sizes.events)
        return self.ours

    @cached_property
    def reference_log(self) -> tuple[str, str, str]:
        """The arguments of `run_reference` that replay as many events as the large log has."""
        url = self.databases.empty()
        return url, "replay", run_reference(url, "fill", self.sizes.events).aggregate

    def serve(self, urls: DatabaseUrls, **settings: object) -> Ours:
        """Start the service on a database, with the default settings except these; it stops at the end of the run."""
        server = self.server(OURS, urls.serving, **settings)
        self.services.append(Ours(urls, server, issue_to_forces(urls)))
        return self.services[-1]

    def server(self, module: tuple[str, ...], url: str, **settings: object) -> ServerProcess:
        """Start a server on a database, with the default settings except these; it stops at the end of the run."""
        log = self.databases.folder / f"server_{next(self.databases.numbers)}.log"
        self.servers.append(ServerProcess(module, url, log, **settings))
        self.servers[-1].start()
        return self.servers[-1]

    def verified(self) -> list[Comparison]:
        """Verify one operation in each of the service's databases; return no comparisons.

        Raises:
            RecordBroken: a log does not verify.
        """
        for ours in self.services:
            ours.verify()
        return []

    def close(self) -> None:
        """Stop all servers and remove all databases."""
        for server in self.servers:
            server.request_stop()
        for server in self.servers:
            server.stop()
        self.databases.close()
