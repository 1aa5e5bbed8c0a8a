"""Start-up: the time until the server is ready, and the memory of an idle server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from benchmarks.measure import BYTES_IN_A_MEGABYTE, Comparison, interleave, paired
from benchmarks.processes import BASELINE, OURS, Start
from benchmarks.stage import Stage


def first_answer(stage: Stage) -> list[Comparison]:
    """Start the service and the baseline; measure the time until each is ready, and its memory at that moment."""
    ours, baseline = stage.databases.migrated().serving, stage.databases.empty()
    more_rounds = replace(stage.sizes, rounds=stage.sizes.rounds - 1)
    turns = interleave(
        more_rounds, ours=partial(_start, stage, OURS, ours), baseline=partial(_start, stage, BASELINE, baseline)
    )
    # The first round is the start of the servers that the other cases use.
    starts, baselines = [stage.ours.server.started, *turns["ours"]], [stage.baseline.started, *turns["baseline"]]
    seconds = paired(_seconds(starts), _seconds(baselines))
    megabytes = paired(_megabytes(starts), _megabytes(baselines))
    return [
        Comparison(case="start", compared_with="baseline, first answer", unit="s", pairs=seconds),
        Comparison(case="start", compared_with="baseline, idle, all processes", unit="MB", pairs=megabytes),
    ]


def _start(stage: Stage, module: tuple[str, ...], url: str) -> Start:
    server = stage.server(module, url)
    server.stop()
    return server.started


def _seconds(starts: Sequence[Start]) -> list[float]:
    return [start.seconds for start in starts]


def _megabytes(starts: Sequence[Start]) -> list[float]:
    return [start.resident_bytes / BYTES_IN_A_MEGABYTE for start in starts]
