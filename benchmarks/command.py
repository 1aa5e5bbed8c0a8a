"""Runs an `oprecord` command in its own process and measures its time, without Python's start-up, and its memory.

python -m benchmarks.command RESULT_FILE verify OPERATION
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.ours import RecordBroken
from benchmarks.processes import ROOT, memory_bytes

KIBIBYTE = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one run of a command. `peak_bytes` is the peak memory of its largest process."""

    code: int
    seconds: float
    peak_bytes: int


def run_command(folder: Path, url: str, *arguments: str) -> Run:
    """Run `oprecord` with these arguments on a database, in its own process.

    Raises:
        RecordBroken: the exit code was not 0.
    """
    result = folder / "command.json"
    command = [sys.executable, "-m", "benchmarks.command", str(result), "--database-url", url, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RecordBroken(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    run = Run(**json.loads(result.read_text(encoding="utf-8")))
    if run.code != 0:
        raise RecordBroken(f"{' '.join(command)}: exit code {run.code}\n{done.stdout}{done.stderr}")
    return run


def main() -> None:
    """Run the command, and write its result to the file."""
    result, *arguments = sys.argv[1:]
    run = _imported(arguments)
    begin = time.perf_counter()
    code = run(arguments)
    seconds = time.perf_counter() - begin
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIBIBYTE
    peak = max(memory_bytes(os.getpid(), "VmHWM"), children)
    Path(result).write_text(json.dumps(asdict(Run(code, seconds, peak))), encoding="utf-8")


def _imported(arguments: Sequence[str]) -> Callable[[Sequence[str]], int]:
    """Import all that the command imports when it runs; return what runs it."""
    from service.cli.main import COMMANDS, run  # noqa: PLC0415 - only this process needs the whole service

    for name in COMMANDS.keys() & set(arguments):
        import_module(f"service.cli.{COMMANDS[name]}")
    import_module("service.storage.pipeline")
    return run


if __name__ == "__main__":
    main()
