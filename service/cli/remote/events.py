"""`oprecord events`: the log of an operation, newest first."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import click

from service.cli.calling.service import Json, RemoteService, calls_service, service_of
from service.cli.output import as_json, print_json, print_table, remark
from service.cli.remote.words import moment_text

WITHDRAWN = "event.withdrawn"


@click.command()
@click.argument("operation")
@click.option("--force", metavar="FORCES", help="Only events of these forces, joined by commas.")
@click.option("--type", "types", metavar="TYPES", help="Only events of these types, such as arrest.recorded.")
@click.option("--last", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many events.")
@calls_service
@as_json
def events(operation: str, *, url: str | None, secret: str | None, as_json: bool, **asked: Any) -> None:
    """Show the last events of an OPERATION, newest first. A force sees its own, the coordinator all."""
    found, head = _last(service_of(url, secret), operation, asked)
    # A correction comes after what it corrects, so every correction of these events has been read.
    later = {one["corrects"]: one for one in found if "corrects" in one}
    types = (asked["types"] or "").split(",")
    last = list(islice((one for one in reversed(found) if not asked["types"] or one["type"] in types), asked["last"]))
    if as_json:
        print_json(last)
        return
    if not last:
        remark("Nothing is recorded yet.")
        return
    columns = ("event", "recorded", "force", "type", "occurred", "place", "what", "state")
    print_table(
        f"{operation}: the last {len(last)} events, up to {head}",
        columns,
        [_row(one, later.get(one["id"])) for one in last],
    )


def _last(service: RemoteService, operation: str, asked: dict[str, Any]) -> tuple[list[Json], int]:
    """Return enough events from the end of the log, or all, in its order; and the seq of its last event."""
    head: int = service.get(f"operations/{operation}")["head"]["seq"]
    types, span = set((asked["types"] or "").split(",")), asked["last"]
    while True:
        after = max(0, head - span)
        pages = service.pages(
            f"operations/{operation}/events", "events", limit=1_000, force=asked["force"], after=after
        )
        found = list(pages)
        if not after or sum(not asked["types"] or one["type"] in types for one in found) >= asked["last"]:
            return found, head
        span *= 4


def _row(one: Json, later: Json | None) -> list[str]:
    return [
        *(str(one["seq"]), moment_text(one["recorded_at"]), one["force"], one["type"]),
        *(moment_text(one.get("occurred_at")), one.get("place", ""), _what(one.get("data", {}))),
        "" if later is None else f"{'withdrawn' if later['type'] == WITHDRAWN else 'corrected'} by {later['seq']}",
    ]


def _what(data: Json) -> str:
    """Return an event's data in short: its values, without lists of objects."""
    shown = {name: value for name, value in data.items() if name not in ("figures", "parts", "root", "figures_hash")}
    text = ", ".join(
        f"{name} {json.dumps(value) if isinstance(value, list) else value}" for name, value in shown.items()
    )
    return text if len(text) <= 100 else f"{text[:99]}…"  # noqa: PLR2004 - the width of a line
