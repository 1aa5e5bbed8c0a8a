"""Facts about a run: machine, versions and revision, without any host or user name."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.databases import Databases
from benchmarks.processes import ROOT
from service.config import Config
from service.storage.db import open_database

PACKAGES = ("gunicorn", "flask", "marshmallow", "sqlalchemy", "psycopg", "eventsourcing")
BYTES_IN_A_GIB = 1024**3


def run_facts(size: str, databases: Databases) -> dict[str, str]:
    """Return the facts that are printed above the table."""
    config = Config()
    system = f"{platform.system()} {platform.release()}"
    return {
        "revision": revision(),
        "run": f"{size}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load before {os.getloadavg()[0]:.2f}",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GiB, {system}",
        "servers": f"{config.workers} process, {config.threads} threads for requests, on both sides",
        "PostgreSQL": databases.server_version(),
        "SQLite": f"{_sqlite_version()} WAL synchronous=FULL",
        "versions": " ".join([f"python {platform.python_version()}", *map(_version, PACKAGES)]),
    }


def revision() -> str:
    """Return the git revision, with `-dirty` if the checkout has uncommitted changes."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} missing"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / BYTES_IN_A_GIB


def _sqlite_version() -> str:
    database = open_database("sqlite:///:memory:")
    with database.engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one())
