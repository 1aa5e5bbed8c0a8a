"""Servers as separate processes, started as in production, and the memory of all their processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = ("-m", "service.cli.main", "serve")
BASELINE = ("-m", "benchmarks.baseline")
TIMEOUT_SECONDS = 60.0
OK = 200


class ServerBroken(RuntimeError):
    """A server did not start, or ended early. The message holds its output."""


@dataclass(frozen=True, slots=True)
class Start:
    """The time until a server was ready, and the memory of all its processes at that moment."""

    seconds: float
    resident_bytes: int


class ServerProcess:
    """A server on one database: gunicorn's arbiter and its workers."""

    def __init__(self, module: tuple[str, ...], database_url: str, log: Path, **settings: object) -> None:
        self.module = module
        self.port = free_port()
        self.log = log
        named = {"database_url": database_url, "port": self.port} | settings
        own = {f"OPRECORD_{name.upper()}": str(value) for name, value in named.items()}
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("OPRECORD_")} | own
        self.process: subprocess.Popen[bytes] | None = None
        self.started = Start(0.0, 0)

    def start(self) -> None:
        """Start the server, and wait until it is ready."""
        begin = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.module], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        while not self._is_ready():
            if self.process.poll() is not None or time.perf_counter() - begin > TIMEOUT_SECONDS:
                raise ServerBroken(f"{self.module}: {self.log.read_text(errors='replace')}")
            time.sleep(0.005)
        seconds = time.perf_counter() - begin
        self.started = Start(seconds, sum(memory_bytes(pid, "VmRSS") for pid in self._pids()))

    def request_stop(self) -> None:
        """Ask the server to stop, without waiting."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """Stop the server and wait until it has ended."""
        self.request_stop()
        if self.process is not None:
            try:
                self.process.wait(TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def peak_bytes(self) -> list[int]:
        """Return the peak memory of each of its processes."""
        return [memory_bytes(pid, "VmHWM") for pid in self._pids()]

    def _pids(self) -> list[int]:
        assert self.process is not None
        return with_descendants(self.process.pid)

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def with_descendants(pid: int) -> list[int]:
    """Return the ids of a process and of all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(found for child in children for found in with_descendants(int(child)))]


def memory_bytes(pid: int, name: str) -> int:
    """Return a process's memory as Linux reports it: `VmRSS` is resident memory now, `VmHWM` its peak."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def free_port() -> int:
    """Return a TCP port that is not in use."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
