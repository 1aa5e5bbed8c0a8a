"""Runs each turn of the reference in its own process, so that the benchmark's own work is not measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.processes import ROOT


class ReferenceFailed(RuntimeError):
    """The reference's process failed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The result of one turn. After a fill, `aggregate` is the id that holds the events."""

    events: int
    seconds: float
    aggregate: str = ""

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


def run_reference(url: str, *arguments: object) -> Turn:
    """Run one of the turns that `benchmarks/reference.py` lists.

    Raises:
        ReferenceFailed: the exit code was not 0.
    """
    command = [sys.executable, "-m", "benchmarks.reference", url, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ReferenceFailed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return Turn(**json.loads(done.stdout))
