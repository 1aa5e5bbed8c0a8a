"""A command of ours in a process of its own: how long it took without Python's own start, and its memory.

python -m benchmarks.command RESULT_FILE verify OPERATION
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.ours import RecordBroken
from benchmarks.processes import ROOT, memory_bytes

KIBIBYTE = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a command came to. The peak is that of the largest of its processes."""

    code: int
    seconds: float
    peak_bytes: int


def run_command(folder: Path, url: str, *arguments: str) -> Run:
    """Run `oprecord` with these arguments over a database, in a process of its own.

    Raises:
        RecordBroken: it ended with another code than 0.
    """
    result = folder / "command.json"
    command = [sys.executable, "-m", "benchmarks.command", str(result), "--database-url", url, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RecordBroken(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    run = Run(**json.loads(result.read_text(encoding="utf-8")))
    if run.code != 0:
        raise RecordBroken(f"{' '.join(command)}: code {run.code}\n{done.stdout}{done.stderr}")
    return run


def main() -> None:
    """Run the command, and write what it came to into the file."""
    from service.cli.main import run  # noqa: PLC0415 - only this process needs all of it

    result, *arguments = sys.argv[1:]
    begin = time.perf_counter()
    code = run(arguments)
    seconds = time.perf_counter() - begin
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIBIBYTE
    peak = max(memory_bytes(os.getpid(), "VmHWM"), children)
    Path(result).write_text(json.dumps(asdict(Run(code, seconds, peak))), encoding="utf-8")


if __name__ == "__main__":
    main()
