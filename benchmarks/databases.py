"""The databases of a run: its own PostgreSQL server with the default, durable settings, and SQLite files."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg
import sqlalchemy as sa

from benchmarks.processes import free_port
from service.usecases.maintenance.migrate import grant_to_serving_role, migrate_to_head
from tests.postgres_server import servers_parent, start_server, stop_server

SERVING_ROLE = "oprecord_serving"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The URLs of one database: for its owner, who migrates it, and for the serving role."""

    owner: str
    serving: str


@dataclass
class Databases:
    """The databases of a run, all in one folder. The PostgreSQL server starts on first use."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="oprecord-bench-", dir=servers_parent())))
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        # When run as root, PostgreSQL runs as another user, who must be able to enter the folder.
        self.folder.chmod(0o755)

    @cached_property
    def server_url(self) -> str:
        """The URL of the PostgreSQL server, which starts on first use."""
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": str(port)}
        start_server(self.folder / "postgresql", self.folder, settings)
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        self._execute(url, f"CREATE ROLE {SERVING_ROLE} LOGIN")
        return url

    def empty(self) -> str:
        """Create an empty PostgreSQL database; return its URL."""
        name = f"bench_{next(self.numbers)}"
        self._execute(self.server_url, f"CREATE DATABASE {name}")
        return sa.make_url(self.server_url).set(database=name).render_as_string(hide_password=False)

    def empty_sqlite(self) -> str:
        """Return the URL of an SQLite file that does not exist yet."""
        return f"sqlite:///{self.folder / f'bench_{next(self.numbers)}.db'}"

    def migrated(self) -> DatabaseUrls:
        """Create a PostgreSQL database with our tables, which the service reaches as the serving role."""
        url = self.empty()
        migrate_to_head(url)
        grant_to_serving_role(url, SERVING_ROLE)
        serving = sa.make_url(url).set(username=SERVING_ROLE).render_as_string(hide_password=False)
        return DatabaseUrls(owner=url, serving=serving)

    def migrated_sqlite(self) -> DatabaseUrls:
        """Create an SQLite file with our tables."""
        url = self.empty_sqlite()
        migrate_to_head(url)
        return DatabaseUrls(owner=url, serving=url)

    def server_version(self) -> str:
        """Return the version of PostgreSQL, and the settings that decide how durable a commit is."""
        with psycopg.connect(driver_url(self.server_url)) as connection:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
            settings = {name: _current_setting(connection, name) for name in names}
        return " ".join([settings.pop("server_version"), *(f"{name}={value}" for name, value in settings.items())])

    def close(self) -> None:
        """Stop the server and remove the folder."""
        stop_server(self.folder / "postgresql", self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _execute(url: str, statement: str) -> None:
        with psycopg.connect(driver_url(url), autocommit=True) as connection:
            connection.execute(statement.encode())


def driver_url(url: str) -> str:
    """Return an SQLAlchemy URL in the form that psycopg takes."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _current_setting(connection: psycopg.Connection, name: str) -> str:
    (value,) = connection.execute("SELECT current_setting(%s)", [name]).fetchone() or ("",)
    return str(value)
