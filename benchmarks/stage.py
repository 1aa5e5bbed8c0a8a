"""What the cases of one run share. Each thing is made when a case first asks for it, so `--only` makes little."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from benchmarks.archive import fill
from benchmarks.databases import Databases, DatabaseUrls
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
        return self.started(FLOOR, self.databases.empty())

    @cached_property
    def floor_on_sqlite(self) -> ServerProcess:
        """The floor on SQLite."""
        return self.started(FLOOR, self.databases.empty_sqlite())

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

    def serve(self, urls: DatabaseUrls, **settings: object) -> Ours:
        """Start our service over a database; it ends with the run."""
        ours = Ours(urls, self.started(OURS, urls.serving, **settings), issue_to_forces(urls))
        self.services.append(ours)
        return ours

    def started(self, module: tuple[str, ...], url: str, **settings: object) -> ServerProcess:
        """Start a server over a database; it ends with the run."""
        number = next(self.databases.numbers)
        server = ServerProcess(module, url, self.databases.folder / f"server_{number}.log", **settings)
        self.servers.append(server)
        server.start()
        return server

    def verify(self) -> None:
        """Let each of our records verify itself: one operation of each.

        Raises:
            RecordBroken: one is not as it should be.
        """
        for ours in self.services:
            ours.verify()

    def close(self) -> None:
        """Stop all servers and remove all databases."""
        for server in self.servers:
            server.tell_to_stop()
        for server in self.servers:
            server.stop()
        self.databases.close()
