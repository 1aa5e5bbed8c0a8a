"""`oprecord projections`: show which version of the code built the projections, rebuild them, and verify them."""

from __future__ import annotations

from typing import Any

import click

from service.cli.exit_codes import DONE, WRONG
from service.cli.output import as_json, print_json, print_table, progress, remark
from service.cli.settings import Settings, pass_settings
from service.storage.db import Database
from service.usecases.maintenance.rebuild import DEFAULT_SNAPSHOT_EVERY, rebuild
from service.usecases.maintenance.verify import list_heads, verify_projections
from service.usecases.maintenance.verify_blocks import outdated

operation_argument = click.argument("operation", required=False)


@click.group(short_help="Show, rebuild and verify what is derived from the logs.")
def projections() -> None:
    """Show, rebuild and verify what is derived from the logs, for one OPERATION or for all."""


@projections.command(short_help="Show which version of the code built the projections.")
@operation_argument
@as_json
@pass_settings
def status(settings: Settings, operation: str | None, *, as_json: bool) -> None:
    """Show which version of the code built the projections, and whether it is the current one."""
    with settings.database() as database:
        heads = [head for head in list_heads(database) if operation in (None, head.operation)]
    rows = [
        {
            "operation": head.operation,
            "events": head.seq,
            "generation": head.generation,
            "snapshot_every": head.snapshot_every,
            "version": head.projection_version,
            "current": outdated(head) is None,
        }
        for head in heads
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ("operation", "events", "generation", "snapshot_every", "version", "current")
        print_table("Projections", columns, [[str(row[name]) for name in columns] for row in rows])


@projections.command("rebuild", short_help="Rebuild the projections from the log.")
@operation_argument
@click.option(
    "--snapshot-every",
    "--carry-every",
    "snapshot_every",
    metavar="EVENTS",
    type=click.IntRange(min=1),
    help=(
        "Store a totals snapshot every so many EVENTS from now on. The default is the operation's present interval, "
        f"initially {DEFAULT_SNAPSHOT_EVERY:,}. A shorter interval makes past totals faster and takes more space. "
        "--carry-every is the former name of this option."
    ),
)
@pass_settings
def rebuild_all(settings: Settings, operation: str | None, snapshot_every: int | None) -> None:
    """Rebuild the projections from the log while the service keeps running."""
    with settings.database() as database:
        for name in _names(database, operation):
            with progress(f"Rebuilding {name}") as report:
                generation = rebuild(database, name, report, snapshot_every=snapshot_every)
            remark(f"Rebuilt {name}: generation {generation}")


@projections.command("verify")
@operation_argument
@as_json
@pass_settings
def verify_all(settings: Settings, operation: str | None, *, as_json: bool) -> int:
    """Recompute the projections from the log and compare them. Exits with 1 if they differ."""
    with settings.database() as database:
        found = [_verified(database, name) for name in _names(database, operation)]
    if as_json:
        print_json(found)
    else:
        for row in found:
            click.echo(f"{row['operation']}: {'correct' if row['right'] else 'WRONG: ' + row['detail']}")
    return DONE if all(row["right"] for row in found) else WRONG


def _verified(database: Database, operation: str) -> dict[str, Any]:
    with progress(f"Verifying {operation}") as report:
        fault = verify_projections(database, operation, report)
    if fault is None:
        return {"operation": operation, "right": True, "seq": None, "detail": None}
    where = fault.table if fault.seq is None else f"{fault.table}, seq {fault.seq}"
    return {"operation": operation, "right": False, "seq": fault.seq, "detail": f"{where}: {fault.detail}"}


def _names(database: Database, operation: str | None) -> list[str]:
    return [operation] if operation else [head.operation for head in list_heads(database)]
