"""Whole logs: export, import, verification and rebuild of the projections; compared with the reference's replay."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.archive import export, fill
from benchmarks.cases.batches import Batches
from benchmarks.command import Run, run_command
from benchmarks.measure import Bar, Comparison, interleave, memory, paired
from benchmarks.ours import root_of
from benchmarks.reference_process import run_reference
from benchmarks.stage import LARGE, Stage

PART = "part"


def exported(stage: Stage) -> list[Comparison]:
    """Export a log to a file, compared with the reference's replay of as many events."""
    file = stage.databases.folder / "exported.ndjson"
    return _against_replay(stage, "export", "export", LARGE, "--output", str(file), bar=Bar(2.0), goal=None)


def verified(stage: Stage) -> list[Comparison]:
    """Verify a log: hashes, columns and all projections."""
    return _against_replay(stage, "verify", "verify", LARGE, bar=Bar(1.5), goal=Bar(3.0))


def rebuilt(stage: Stage) -> list[Comparison]:
    """Rebuild all projections of a log."""
    return _against_replay(stage, "rebuild", "projections", "rebuild", LARGE, bar=Bar(1.0), goal=Bar(3.0))


def imported(stage: Stage) -> list[Comparison]:
    """Import a log into an empty database and check its root; compared with the service's own batches over HTTP."""
    size, folder = stage.sizes.import_events, stage.databases.folder
    fill(stage.ours, PART, size)
    root = root_of(stage.ours.urls.owner, PART)
    file = folder / "part.ndjson"
    export(stage.ours, PART, file)
    batches = Batches(stage.ours, "import-batches", stage.sizes.seconds)
    turns = interleave(
        stage.sizes,
        ours=lambda: run_command(folder, stage.databases.migrated().owner, "import", str(file), "--root", root),
        batches=batches.ours_turn,
    )
    rates = paired([size / run.seconds for run in turns["ours"]], turns["batches"])
    return [
        Comparison(
            case="import", compared_with="our batches", unit="events/s", pairs=rates, bar=Bar(1.0), goal=Bar(2.0)
        ),
        memory("import", [run.peak_bytes for run in turns["ours"]]),
    ]


def _against_replay(stage: Stage, case: str, *command: str, bar: Bar, goal: Bar | None) -> list[Comparison]:
    url, size = stage.archive.urls.owner, stage.sizes.events
    ours: Callable[[], Run] = lambda: run_command(stage.databases.folder, url, *command)  # noqa: E731
    turns = interleave(stage.sizes, ours=ours, reference=lambda: run_reference(*stage.reference_log).rate)
    rates = paired([size / run.seconds for run in turns["ours"]], turns["reference"])
    peaks = [run.peak_bytes for run in turns["ours"]]
    return [
        Comparison(case=case, compared_with="reference, replay", unit="events/s", pairs=rates, bar=bar, goal=goal),
        memory(case, peaks),
    ]
