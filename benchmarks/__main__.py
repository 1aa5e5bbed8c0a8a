"""`python -m benchmarks`: run the cases, print the table."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from benchmarks.databases import Databases
from benchmarks.load import UnexpectedAnswer
from benchmarks.machine import facts
from benchmarks.measure import Comparison
from benchmarks.ours import RecordBroken
from benchmarks.peer_process import PeerFailed
from benchmarks.processes import ServerBroken
from benchmarks.registry import CASES
from benchmarks.sizes import SIZES
from benchmarks.stage import Stage
from benchmarks.table import as_json, header, table

# What ends a case, and not the run: its figures count nothing, and those of the others do.
BROKEN = (UnexpectedAnswer, RecordBroken, ServerBroken, PeerFailed, OSError)


@click.command()
@click.option(
    "--size", type=click.Choice(list(SIZES)), default="bench", show_default=True, help="How much is measured."
)
@click.option(
    "--only", "only", type=click.Choice(list(CASES)), multiple=True, help="Run this case; may be given again."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write all figures here."
)
def main(size: str, only: tuple[str, ...], json_file: Path | None) -> None:
    """Measure the service beside what it is compared with, and print one line for each comparison."""
    begin = time.perf_counter()
    stage = Stage(SIZES[size], Databases())
    comparisons: list[Comparison] = []
    failures: list[str] = []
    try:
        said = facts(size, stage.databases)
        for name in only or CASES:
            click.echo(f"{time.perf_counter() - begin:6.1f} s  {name}", err=True)
            try:
                comparisons += CASES[name](stage)
            except BROKEN as error:
                failures.append(f"{name}: {type(error).__name__}: {error}")
        stage.verify()
    finally:
        stage.close()
    said["took"] = f"{time.perf_counter() - begin:.0f} s"
    click.echo("\n".join([*header(said), "", *table(comparisons)]))
    if json_file:
        json_file.write_text(json.dumps(as_json(said, comparisons), indent=1) + "\n", encoding="utf-8")
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
