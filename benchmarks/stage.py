"""What the cases of one run share. Each thing is made when a case first asks for it, so `--only` makes little."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property

from benchmarks.databases import Databases, DatabaseUrls
from benchmarks.ours import Ours, issue_to_forces
from benchmarks.processes import FLOOR, OURS, ServerProcess
from benchmarks.sizes import Sizes


@dataclass
class Stage:
    """The databases and servers of a run."""

    sizes: Sizes
    databases: Databases
    servers: ExitStack = field(default_factory=ExitStack)

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

    def serve(self, urls: DatabaseUrls, **settings: object) -> Ours:
        """Start our service over a database; it ends with the run."""
        return Ours(urls, self.started(OURS, urls.serving, **settings), issue_to_forces(urls))

    def started(self, module: tuple[str, ...], url: str, **settings: object) -> ServerProcess:
        """Start a server over a database; it ends with the run."""
        number = next(self.databases.numbers)
        server = ServerProcess(module, url, self.databases.folder / f"server_{number}.log", **settings)
        self.servers.callback(server.stop)
        server.start()
        return server

    def close(self) -> None:
        """Stop all servers and remove all databases."""
        self.servers.close()
        self.databases.close()
