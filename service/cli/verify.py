"""`oprecord verify`: recompute the hashes and totals of operations and compare them with what is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from service.cli.exit_codes import DONE, WRONG
from service.cli.output import as_json, print_json, progress
from service.cli.settings import Settings, pass_settings
from service.errors import Invalid
from service.storage.db import Database
from service.usecases.maintenance.verify import Verification, list_heads, verify_operation
from service.usecases.maintenance.verify_receipts import verify_receipts


class NotAReceiptFile(Invalid):
    """The file does not hold receipts as JSON."""

    code = "not_a_receipt_file"


@click.command(short_help="Recompute all hashes and totals and compare them.")
@click.argument("operation", required=False)
@click.option(
    "--receipt",
    "receipts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also compare the receipts in this file: one JSON value, one value per line, or the answer to a batch.",
)
@as_json
@pass_settings
def verify(settings: Settings, operation: str | None, receipts: Path | None, *, as_json: bool) -> int:
    """Recompute the hashes and totals of an OPERATION, or of all operations, and compare them with what is stored.

    Names the first event that is wrong and exits with 1. If an event was rewritten together with everything derived
    from it, only the receipts that the forces keep reveal it: use --receipt.
    """
    if receipts and operation is None:
        raise click.UsageError("--receipt needs the OPERATION that the receipts are for.")
    with settings.database() as database:
        names = [operation] if operation else [head.operation for head in list_heads(database)]
        found = [_verified(database, name, receipts) for name in names]
    if as_json:
        print_json(found)
    else:
        for one in found:
            _print(one)
        if not found:
            click.echo("There are no operations yet.")
    return WRONG if any(one["fault"] or one["wrong_receipts"] for one in found) else DONE


def _verified(database: Database, operation: str, receipts: Path | None) -> dict[str, Any]:
    with progress(f"Verifying {operation}") as report:
        found = verify_operation(database, operation, report)
    verified = _verification_json(found)
    if receipts:
        compared = verify_receipts(database, operation, _receipts(receipts))
        verified["checked"]["receipts"] = compared.checked
        verified["wrong_receipts"] = [
            {"number": one.number, "id": one.id, "detail": one.detail} for one in compared.faults
        ]
    return verified


def _verification_json(found: Verification) -> dict[str, Any]:
    fault = found.fault
    return {
        "operation": found.operation,
        "checked": dict(found.checked),
        "root": found.root or None,
        "fault": None if fault is None else {"table": fault.table, "seq": fault.seq, "detail": fault.detail},
        "wrong_receipts": [],
    }


def _print(found: dict[str, Any]) -> None:
    checked = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found["checked"].items())
    click.echo(f"{found['operation']}: checked {checked}")
    if found["root"]:
        click.echo(f"  root {found['root']}")
    if fault := found["fault"]:
        where = fault["table"] if fault["seq"] is None else f"{fault['table']}, seq {fault['seq']}"
        click.echo(f"  WRONG: {where}: {fault['detail']}")
    for wrong in found["wrong_receipts"]:
        click.echo(f"  WRONG: receipt {wrong['number']} {wrong['id']}: {wrong['detail']}")
    if not fault and not found["wrong_receipts"]:
        click.echo("  all right")


def _receipts(path: Path) -> list[dict[str, Any]]:
    """Return the receipts in a file; an item of a batch's answer holds either a receipt or a problem."""
    rows = [row.get("receipt", row) if isinstance(row, dict) else row for row in _rows(path) if not _is_refusal(row)]
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise NotAReceiptFile(f"{path}: expected a JSON object as receipt {number}.")
    if not rows:
        raise NotAReceiptFile(f"{path}: expected receipts; found none.")
    return rows


def _is_refusal(row: Any) -> bool:
    return isinstance(row, dict) and "problem" in row


def _rows(path: Path) -> list[Any]:
    """Return the values in a file: one JSON value, which may be a list or a batch's answer, or one value per line."""
    text = path.read_bytes()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [_line(line, f"{path}, line {number}") for number, line in enumerate(text.splitlines(), start=1)]
    if isinstance(value, dict):
        value = value.get("results", [value])
    return value if isinstance(value, list) else [value]


def _line(line: bytes, where: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NotAReceiptFile(f"{where}: expected a receipt as JSON.") from error
