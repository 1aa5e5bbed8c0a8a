"""`oprecord` as a process that is forked from one in which it is already imported.

Importing the service takes two seconds of a processor, longer than most tests that need a server. Each process of
tests therefore starts one parent that imports it once; the parent forks a child for each command. The tests of the
command itself (test_serve, test_readme, test_cli) start it as a user does.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECONDS_BETWEEN_CHECKS = 0.01


class Command:
    """A running command, in a process group of its own. It has the methods of subprocess.Popen that tests use."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        self.pid = int(asked("start", arguments, dict(environment)))
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

    def terminate(self) -> None:
        """Send SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)


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
            case ["start", arguments, environment]:
                answer: int | None = os.fork()
                if answer == 0:
                    become(arguments, environment)
            case ["poll", pid]:
                ended, status = os.waitpid(pid, os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if ended else None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def become(arguments: list[str], environment: dict[str, str]) -> None:
    """Turn this child into the command, as a shell would start it without a terminal."""
    from service.cli.main import main  # noqa: PLC0415 - the parent has imported it

    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["oprecord", *arguments]
    main()


if __name__ == "__main__":
    # For the children; the second is imported late, for SQLite.
    import service.cli.server.serve
    import service.storage.pipeline  # noqa: F401
    from tests.functional.compiled import keep_compiled_templates

    keep_compiled_templates(sys.argv[1])
    answer_questions()
