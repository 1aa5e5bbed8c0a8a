"""Starting: how long until the first answer, and the memory of a server that nobody has asked anything yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from benchmarks.measure import BYTES_IN_A_MEGABYTE, Comparison, by_turns, paired
from benchmarks.processes import FLOOR, OURS, Start
from benchmarks.stage import Stage


def first_answer(stage: Stage) -> list[Comparison]:
    """Start the service and the floor, each until it says that it is ready, and look at its processes' memory then."""
    ours, floor = stage.databases.migrated().serving, stage.databases.empty()
    further = replace(stage.sizes, rounds=stage.sizes.rounds - 1)
    turns = by_turns(further, ours=partial(_start, stage, OURS, ours), floor=partial(_start, stage, FLOOR, floor))
    # The first round was when the servers of the other cases were started.
    starts, floors = [stage.ours.server.started, *turns["ours"]], [stage.floor.started, *turns["floor"]]
    seconds, megabytes = paired(_seconds(starts), _seconds(floors)), paired(_megabytes(starts), _megabytes(floors))
    return [
        Comparison(case="start", what="floor, first answer", unit="s", pairs=seconds),
        Comparison(case="start", what="floor, idle, in all", unit="MB", pairs=megabytes),
    ]


def _start(stage: Stage, module: tuple[str, ...], url: str) -> Start:
    server = stage.server(module, url)
    server.stop()
    return server.started


def _seconds(starts: Sequence[Start]) -> list[float]:
    return [start.seconds for start in starts]


def _megabytes(starts: Sequence[Start]) -> list[float]:
    return [start.resident_bytes / BYTES_IN_A_MEGABYTE for start in starts]
