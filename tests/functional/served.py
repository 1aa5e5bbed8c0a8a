"""The service in its own process, for what only a real server shows: memory, streams, and being killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.functional.preloaded import Command

COMMAND = Path(sys.executable).with_name("oprecord")
PATIENCE_SECONDS = 60.0


class Served:
    """A server process over one database. It can be killed and started again at the same port."""

    def __init__(self, database_url: str, **settings: object) -> None:
        self.port = free_port()
        named = {"database_url": database_url, "port": self.port, "feed_poll_milliseconds": 20} | settings
        own = {f"OPRECORD_{name.upper()}": str(value) for name, value in named.items()}
        self.environment = {**os.environ, **own}
        self.process: Command | subprocess.Popen[bytes] | None = None
        self.stdout: str | Path = os.devnull

    def start(self) -> None:
        """Start the server and return when it is ready."""
        self.process = Command(["serve"], self.environment, stdout=self.stdout)
        wait_until(self.is_ready)

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the server ended"
        try:
            return self.request("GET", "/readyz").status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """Kill all of the server's processes at once, as a power failure would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def stop(self) -> int:
        """Stop the server; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def request(self, method: str, path: str, secret: str = "", body: Any = None, **headers: str) -> HTTPResponse:
        """Make a call on a new connection; a body that is neither bytes nor an iterator is sent as JSON."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {secret}", "Connection": "close"}
        if isinstance(body, dict):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=sent, encode_chunked=isinstance(body, Iterator))
            return connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def lines(self, operation: str, secret: str, body: bytes | Iterator[bytes]) -> HTTPResponse:
        """Send lines; an iterator is sent chunk by chunk, without a Content-Length."""
        headers = {"Content_Type": "application/x-ndjson"}
        if not isinstance(body, bytes):
            headers["Transfer_Encoding"] = "chunked"
        return self.request("POST", f"/v1/operations/{operation}/batches", secret, body, **headers)

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        assert self.process is not None
        own = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{own}/task/{own}/children").read_text().split()]

    def peak_memory_bytes(self) -> int:
        """Return the worker's peak memory."""
        (worker,) = self.workers()
        status = Path(f"/proc/{worker}/status").read_text().splitlines()
        (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(peak) * 1024


@contextmanager
def serving(database_url: str, *, stdout: str | Path = os.devnull, **settings: object) -> Iterator[Served]:
    """Start a server for the block; no process of it is left behind. The file or terminal `stdout` takes its log."""
    served = Served(database_url, **settings)
    served.stdout = stdout
    try:
        served.start()
        yield served
    finally:
        if served.process is not None and served.process.poll() is None:
            served.kill()


def answer(response: HTTPResponse) -> Any:
    with response:
        return json.loads(response.read())


def wait_until(is_so: Callable[[], bool]) -> None:
    """Poll until the condition holds, for at most a minute."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def chunked(lines: Iterable[dict[str, Any]], size: int = 50) -> Iterator[bytes]:
    """Yield events as lines, several in each chunk."""
    chunk: list[bytes] = []
    for line in lines:
        chunk.append(json.dumps(line).encode() + b"\n")
        if len(chunk) == size:
            yield b"".join(chunk)
            chunk = []
    yield b"".join(chunk)
