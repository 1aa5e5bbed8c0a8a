"""`oprecord difference`: what has changed since a publication."""

from __future__ import annotations

from collections.abc import Sequence

import click

from service.cli.calling.service import Json, calls_service, service_of
from service.cli.output import as_json, counted, print_json, print_table, remark


@click.command()
@click.argument("operation")
@click.argument("number", type=int)
@calls_service
@as_json
def difference(operation: str, number: int, *, url: str | None, secret: str | None, as_json: bool) -> None:
    """Show the figures of an OPERATION that differ from publication NUMBER, and the events that changed them."""
    service, address = service_of(url, secret), f"operations/{operation}/publications/{number}/difference"
    first = service.get(address, limit=1_000)
    events = [*first["events"]]
    if first["next"] is not None:
        events += service.pages(address, "events", limit=1_000, after=first["next"])
    if as_json:
        print_json(first | {"events": events, "next": None})
        return
    if not first["changes"]:
        remark(f"No figure has changed since publication {number} of {operation}.")
        return
    columns = ("measure", "force", "category", "published", "now")
    print_table(
        f"{operation} since publication {number}", columns, [_row(one) for one in first["changes"]], numbers="now"
    )
    click.echo(f"changed by {counted(len(events), 'event')}: {_numbers(events)}")


def _row(change: Json) -> list[str]:
    published, now = change["published"], change["now"]
    figure = now or published
    shown = ["none" if one is None else one["display"] for one in (published, now)]
    return [figure["measure"], figure["force"] or "all", figure["category"] or "", *shown]


def _numbers(events: Sequence[Json], most: int = 20) -> str:
    more = f" and {len(events) - most} more" if len(events) > most else ""
    return ", ".join(str(one["seq"]) for one in events[:most]) + more
