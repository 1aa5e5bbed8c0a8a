"""Servers as processes of their own, started as people start them, and the memory of all their processes."""

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
FLOOR = ("-m", "benchmarks.floor")
PATIENCE_SECONDS = 60.0
OK = 200


class ServerBroken(RuntimeError):
    """A server did not start, or has ended; the message has what it wrote."""


@dataclass(frozen=True, slots=True)
class Start:
    """How long a server took until it answered that it is ready, and the memory of all its processes then."""

    seconds: float
    resident_bytes: int


class ServerProcess:
    """A server over one database: the arbiter that was started, and its workers."""

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
        """Start it, and wait until it answers that it is ready."""
        begin = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.module], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        while not self._is_ready():
            if self.process.poll() is not None or time.perf_counter() - begin > PATIENCE_SECONDS:
                raise ServerBroken(f"{self.module}: {self.log.read_text(errors='replace')}")
            time.sleep(0.005)
        seconds = time.perf_counter() - begin
        self.started = Start(seconds, sum(memory_bytes(pid, "VmRSS") for pid in self._pids()))

    def tell_to_stop(self) -> None:
        """Tell it to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """Stop it and wait until it has ended."""
        self.tell_to_stop()
        if self.process is not None:
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def peak_bytes(self) -> list[int]:
        """Return the most memory that each of its processes has ever had."""
        return [memory_bytes(pid, "VmHWM") for pid in self._pids()]

    def _pids(self) -> list[int]:
        assert self.process is not None
        return with_descendants(self.process.pid)

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def with_descendants(pid: int) -> list[int]:
    """Return a process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(found for child in children for found in with_descendants(int(child)))]


def memory_bytes(pid: int, name: str) -> int:
    """Return what Linux says of a process's memory: VmRSS is resident now, VmHWM the most that ever was."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
