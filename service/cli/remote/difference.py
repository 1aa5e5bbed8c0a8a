"""`oprecord difference`: what has changed since a publication."""

from __future__ import annotations

import click

from service.cli.calling.service import calls_service, service_of
from service.cli.output import as_json, print_json

MOST_EVENTS = 1_000
# The layouts themselves need the libraries of the database, which this command starts without.
PLAIN = "text/plain"


@click.command()
@click.argument("operation")
@click.argument("number", type=int)
@calls_service
@as_json
def difference(operation: str, number: int, *, url: str | None, secret: str | None, as_json: bool) -> None:
    """Say which figures of an OPERATION differ from publication NUMBER, and which events changed them."""
    service, address = service_of(url, secret), f"operations/{operation}/publications/{number}/difference"
    if not as_json:
        click.echo(service.text(address, PLAIN, limit=MOST_EVENTS), nl=False)
        return
    first = service.get(address, limit=MOST_EVENTS)
    events = [*first["events"]]
    if first["next"] is not None:
        events += service.pages(address, "events", limit=MOST_EVENTS, after=first["next"])
    print_json(first | {"events": events, "next": None})
