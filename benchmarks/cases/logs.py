"""Whole logs: exported, imported, verified, and the projections built anew; against the peer's replay."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.archive import export, fill
from benchmarks.cases.batches import Batches
from benchmarks.command import Run, run_command
from benchmarks.measure import Bar, Comparison, by_turns, memory, paired
from benchmarks.ours import root_of
from benchmarks.peer_process import run_peer
from benchmarks.stage import LARGE, Stage

PART = "part"


def exported(stage: Stage) -> list[Comparison]:
    """Export a log to a file, against the peer's replay of as many events."""
    file = stage.databases.folder / "exported.ndjson"
    return _against_replay(stage, "export", "export", LARGE, "--output", str(file), bar=Bar(2.0), goal=None)


def verified(stage: Stage) -> list[Comparison]:
    """Verify a log: hashes, columns and all projections."""
    return _against_replay(stage, "verify", "verify", LARGE, bar=Bar(1.5), goal=Bar(3.0))


def rebuilt(stage: Stage) -> list[Comparison]:
    """Build all projections of a log anew."""
    return _against_replay(stage, "rebuild", "projections", "rebuild", LARGE, bar=Bar(1.0), goal=Bar(3.0))


def imported(stage: Stage) -> list[Comparison]:
    """Import a log into an empty database, where it must get the root it had; against our own batches over HTTP."""
    size, folder = stage.sizes.imported_events, stage.databases.folder
    fill(stage.ours, PART, size)
    root = root_of(stage.ours.urls.owner, PART)
    file = folder / "part.ndjson"
    export(stage.ours, PART, file)
    batches = Batches(stage.ours, "beside-import", stage.sizes.seconds)
    turns = by_turns(
        stage.sizes,
        ours=lambda: run_command(folder, stage.databases.migrated().owner, "import", str(file), "--root", root),
        batches=batches.ours_turn,
    )
    rates = paired([size / run.seconds for run in turns["ours"]], turns["batches"])
    return [
        Comparison(case="import", what="our batches", unit="events/s", pairs=rates, bar=Bar(1.0), goal=Bar(2.0)),
        memory("import", "largest process", [run.peak_bytes for run in turns["ours"]]),
    ]


def _against_replay(stage: Stage, case: str, *command: str, bar: Bar, goal: Bar | None) -> list[Comparison]:
    url, size = stage.archive.urls.owner, stage.sizes.events
    ours: Callable[[], Run] = lambda: run_command(stage.databases.folder, url, *command)  # noqa: E731
    turns = by_turns(stage.sizes, ours=ours, peer=lambda: run_peer(*stage.peer_log).rate)
    rates = paired([size / run.seconds for run in turns["ours"]], turns["peer"])
    peaks = [run.peak_bytes for run in turns["ours"]]
    return [
        Comparison(case=case, what="peer, replay", unit="events/s", pairs=rates, bar=bar, goal=goal),
        memory(case, "largest process", peaks),
    ]
