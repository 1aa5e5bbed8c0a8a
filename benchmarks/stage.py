"""What the cases of one run share. Each thing is made when a case first asks for it, so `--only` makes little."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from benchmarks.archive import fill
from benchmarks.databases import Databases, DatabaseUrls
from benchmarks.measure import Comparison
from benchmarks.ours import Ours, issue_to_forces
from benchmarks.peer_process import run_peer
from benchmarks.processes import FLOOR, OURS, ServerProcess
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
        """Our service on PostgreSQL."""
        return self.serve(self.databases.migrated())

    @cached_property
    def ours_on_sqlite(self) -> Ours:
        """Our service on SQLite."""
        return self.serve(self.databases.migrated_sqlite())

    @cached_property
    def floor(self) -> ServerProcess:
        """The floor on PostgreSQL."""
        return self.server(FLOOR, self.databases.empty())

    @cached_property
    def floor_on_sqlite(self) -> ServerProcess:
        """The floor on SQLite."""
        return self.server(FLOOR, self.databases.empty_sqlite())

    @cached_property
    def archive(self) -> Ours:
        """Our service on PostgreSQL, with a large log in its database."""
        fill(self.ours, LARGE, self.sizes.events)
        return self.ours

    @cached_property
    def peer_log(self) -> tuple[str, str, str]:
        """What the peer is to be asked for, so that it replays as many events as the large log has."""
        url = self.databases.empty()
        return url, "replay", run_peer(url, "fill", self.sizes.events).aggregate

    def serve(self, urls: DatabaseUrls) -> Ours:
        """Start our service over a database; it ends with the run."""
        server = self.server(OURS, urls.serving)
        self.services.append(Ours(urls, server, issue_to_forces(urls)))
        return self.services[-1]

    def server(self, module: tuple[str, ...], url: str) -> ServerProcess:
        """Start a server over a database; it ends with the run, if not before."""
        log = self.databases.folder / f"server_{next(self.databases.numbers)}.log"
        self.servers.append(ServerProcess(module, url, log, feed_subscribers=self.sizes.subscribers))
        self.servers[-1].start()
        return self.servers[-1]

    def verified(self) -> list[Comparison]:
        """Verify our records, an operation of each; there is nothing to compare.

        Raises:
            RecordBroken: one is not as it should be.
        """
        for ours in self.services:
            ours.verify()
        return []

    def close(self) -> None:
        """Stop all servers and remove all databases."""
        for server in self.servers:
            server.tell_to_stop()
        for server in self.servers:
            server.stop()
        self.databases.close()
