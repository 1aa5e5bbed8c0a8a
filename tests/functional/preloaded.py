"""`oprecord` as a process that is forked from one in which it is already imported.

Importing the service takes two seconds of a processor, longer than most tests that need a server. Each process of
tests therefore starts one parent that imports it once, and creates the app; the parent forks a child for each command.
The tests of the command itself (test_readme, test_cli, some in test_serve) start it as a user does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
SECONDS_BETWEEN_CHECKS = 0.01


class Command:
    """A running command, in a process group of its own. It has the methods of subprocess.Popen that tests use.

    Its standard streams are the files or terminals at these paths.
    """

    def __init__(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        *,
        stdin: str | Path = os.devnull,
        stdout: str | Path = os.devnull,
        stderr: str | Path = os.devnull,
    ) -> None:
        streams = [str(stdin), str(stdout), str(stderr)]
        self.stderr = Path(stderr)
        self.pid = int(asked("start", arguments, dict(environment), streams))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the command runs."""
        if self.returncode is None:
            self.returncode = asked("poll", self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait until the command has ended; return its exit code."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(["oprecord"], timeout)
            time.sleep(SECONDS_BETWEEN_CHECKS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the command alone."""
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, unless the command has ended."""
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)


def ended(
    arguments: list[str], environment: Mapping[str, str], folder: Path, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Its output is kept in new files in the folder."""
    number = len(list(folder.glob("stdout-*")))
    stdout, stderr = folder / f"stdout-{number}", folder / f"stderr-{number}"
    code = Command(arguments, environment, stdout=stdout, stderr=stderr).wait(timeout)
    return subprocess.CompletedProcess(arguments, code, stdout.read_text(), stderr.read_text())


@cache
def parent() -> subprocess.Popen[str]:
    """Return the parent of the commands. It ends when this process does, which closes its input."""
    from tests.databases import FOLDER_VARIABLE  # noqa: PLC0415 - not for the parent, which has no need of pytest

    started = subprocess.Popen(
        [sys.executable, "-m", "tests.functional.preloaded", os.environ[FOLDER_VARIABLE]],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        # Ctrl-C in a terminal is for the tests alone.
        start_new_session=True,
    )
    atexit.register(end, started)
    return started


def end(started: subprocess.Popen[str]) -> None:
    """Close the parent's pipes, and wait for its end."""
    with started:
        pass


def asked(*question: Any) -> Any:
    """Ask the parent to start a command, or for the exit code of one."""
    pipes = parent()
    assert pipes.stdin is not None
    assert pipes.stdout is not None
    pipes.stdin.write(json.dumps(question) + "\n")
    return json.loads(pipes.stdout.readline())


def answer_questions() -> None:
    """Start commands until the input ends. This is the parent; in a child it returns the command's exit code."""
    # What exists now is never garbage, so that the collections of the children need not copy it.
    gc.collect()
    gc.freeze()
    while question := sys.stdin.readline():
        match json.loads(question):
            case ["start", arguments, environment, streams]:
                answer: int | None = start(arguments, environment, streams)
            case ["poll", pid]:
                ended, status = os.waitpid(pid, os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if ended else None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def start(arguments: list[str], environment: dict[str, str], streams: list[str]) -> int:
    """Start a command in a child; return its process id once the child has opened its streams."""
    ready, opened = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(arguments, environment, streams, opened)
    os.close(opened)
    # Until the child closes its end.
    os.read(ready, 1)
    os.close(ready)
    return pid


def become(arguments: list[str], environment: dict[str, str], streams: list[str], ready: int) -> None:
    """Turn this child into the command, as a shell would start it with these files as its streams.

    `ready` is closed when they are open.
    """
    from service.cli.main import main  # noqa: PLC0415 - the parent has imported it

    os.setsid()
    for stream, path in enumerate(streams):
        # A terminal is not to become the one that controls the process, as it would not for a child of the tests.
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOCTTY, 0o600)
        os.dup2(opened, stream)
        os.close(opened)
    os.close(ready)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["oprecord", *arguments]
    try:
        main()
    except SystemExit as done:
        leave(done.code)


def leave(code: Any) -> NoReturn:
    """End this child, or a worker that it forked, with this exit code, as the children of multiprocessing end.

    Clearing all modules, as Python does at its end, would copy every page of memory that is shared with the parent.
    """
    # As Python does at its end: wait for threads, then call what was registered.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def preload(templates: str) -> None:
    """Import what commands import when they need it, and create the app that a server will connect to its database.

    `templates` is the folder of compiled templates.
    """
    import psycopg  # noqa: F401, PLC0415 - all of these are for the parent alone

    import service.cli.server.gunicorn_server  # noqa: PLC0415
    import service.storage.pipeline  # noqa: F401, PLC0415
    from service import app  # noqa: PLC0415
    from service.cli.main import COMMANDS  # noqa: PLC0415
    from tests.functional.compiled import keep_compiled_templates  # noqa: PLC0415

    for module in COMMANDS.values():
        importlib.import_module(f"service.cli.{module}")
    keep_compiled_templates(templates)
    app.new_app = cache(app.new_app)
    # Flask creates the environment of the templates on first use.
    assert app.new_app().jinja_env is not None


if __name__ == "__main__":
    preload(sys.argv[1])
    answer_questions()
