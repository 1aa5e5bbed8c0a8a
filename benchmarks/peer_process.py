"""The peer's turns, each in a process of its own, so that this one is not what is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.processes import ROOT


class PeerFailed(RuntimeError):
    """The peer did not do its turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to. A fill says which aggregate holds its events."""

    events: int
    seconds: float
    aggregate: str = ""

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def run_peer(url: str, *arguments: object) -> Turn:
    """Let the peer do one of the turns that `benchmarks/peer.py` lists.

    Raises:
        PeerFailed: it did not.
    """
    command = [sys.executable, "-m", "benchmarks.peer", url, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerFailed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return Turn(**json.loads(done.stdout))
