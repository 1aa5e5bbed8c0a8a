"""The databases of a run: a PostgreSQL of its own with its default, durable settings, and SQLite files beside it."""

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
from service.usecases.migrate import grant_to_serving_role, migrate_to_head
from tests.postgres_server import place_for_servers, start_server, stop_server

SERVING_ROLE = "oprecord_serving"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """Where one database is: for its owner, who migrates and looks after it, and for the service."""

    owner: str
    serving: str


@dataclass
class Databases:
    """The folder of a run, which holds all of its databases, and the PostgreSQL server in it, once it is wanted."""

    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="oprecord-bench-", dir=place_for_servers()))
    )
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        # PostgreSQL runs as another user if we are root, and has to enter.
        self.folder.chmod(0o755)

    @cached_property
    def server_url(self) -> str:
        """The address of the PostgreSQL server, started at the first look; its settings are durable."""
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": str(port)}
        start_server(self.folder / "postgresql", self.folder, settings)
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        self._execute(url, f"CREATE ROLE {SERVING_ROLE} LOGIN")
        return url

    def empty(self) -> str:
        """Return the address of a new PostgreSQL database with nothing in it."""
        name = f"bench_{next(self.numbers)}"
        self._execute(self.server_url, f"CREATE DATABASE {name}")
        return sa.make_url(self.server_url).set(database=name).render_as_string(hide_password=False)

    def empty_sqlite(self) -> str:
        """Return the address of an SQLite file that is not there yet."""
        return f"sqlite:///{self.folder / f'bench_{next(self.numbers)}.db'}"

    def migrated(self) -> DatabaseUrls:
        """Return a new PostgreSQL database with our tables in it, which the service reaches as the serving role."""
        url = self.empty()
        migrate_to_head(url)
        grant_to_serving_role(url, SERVING_ROLE)
        serving = sa.make_url(url).set(username=SERVING_ROLE).render_as_string(hide_password=False)
        return DatabaseUrls(owner=url, serving=serving)

    def migrated_sqlite(self) -> DatabaseUrls:
        """Return a new SQLite file with our tables in it."""
        url = self.empty_sqlite()
        migrate_to_head(url)
        return DatabaseUrls(owner=url, serving=url)

    def server_version(self) -> str:
        """Return the version of PostgreSQL, and the settings that decide what a commit is worth."""
        with psycopg.connect(driver_url(self.server_url)) as connection:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
            said = {name: _shown(connection, name) for name in names}
        return " ".join([said.pop("server_version"), *(f"{name}={value}" for name, value in said.items())])

    def close(self) -> None:
        """Stop the server and remove everything."""
        stop_server(self.folder / "postgresql", self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _execute(url: str, statement: str) -> None:
        with psycopg.connect(driver_url(url), autocommit=True) as connection:
            connection.execute(statement.encode())


def driver_url(url: str) -> str:
    """Return an SQLAlchemy address as the driver itself takes it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _shown(connection: psycopg.Connection, name: str) -> str:
    (value,) = connection.execute("SELECT current_setting(%s)", [name]).fetchone() or ("",)
    return str(value)
