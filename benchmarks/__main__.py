"""`python -m benchmarks`: run the cases and print the table."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from benchmarks.databases import Databases
from benchmarks.load import UnexpectedAnswer
from benchmarks.machine import run_facts
from benchmarks.measure import Comparison
from benchmarks.ours import RecordBroken
from benchmarks.processes import ServerBroken
from benchmarks.reference_process import ReferenceFailed
from benchmarks.registry import CASES
from benchmarks.sizes import SIZES
from benchmarks.stage import Stage
from benchmarks.table import as_json, header, table

# These errors end one case. The run goes on, and the figures of the other cases stay valid.
CASE_FAILURES = (UnexpectedAnswer, RecordBroken, ServerBroken, ReferenceFailed, OSError)


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="bench", show_default=True, help="How much to measure.")
@click.option("--only", "only", type=click.Choice(list(CASES)), multiple=True, help="Run only this case. Repeatable.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write all figures to this file."
)
def main(size: str, only: tuple[str, ...], json_file: Path | None) -> None:
    """Compare the service with a baseline, a reference and limits; print one line for each comparison."""
    begin = time.perf_counter()
    with closing(Stage(SIZES[size], Databases())) as stage:
        about = run_facts(size, stage.databases)
        comparisons, failures = run_cases(stage, only or tuple(CASES))
    about["took"] = f"{time.perf_counter() - begin:.0f} s"
    click.echo("\n".join([*header(about), "", *table(comparisons), *failures]))
    if json_file:
        json_file.write_text(json.dumps(as_json(about, comparisons), indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if failures else 0)


def run_cases(stage: Stage, names: Sequence[str]) -> tuple[list[Comparison], list[str]]:
    """Run these cases; return their comparisons, and a line for each case that failed."""
    steps = {name: partial(CASES[name], stage) for name in names} | {"verify all": stage.verified}
    comparisons: list[Comparison] = []
    failures: list[str] = []
    for name, step in steps.items():
        click.echo(f"{datetime.now(UTC):%H:%M:%S}  {name}", err=True)
        try:
            comparisons += step()
        except CASE_FAILURES as error:
            failures.append(f"BROKEN {name}: {error}")
    return comparisons, failures


if __name__ == "__main__":
    main()
