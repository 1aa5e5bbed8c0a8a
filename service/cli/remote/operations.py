"""`oprecord operations`: the operations that the caller leads or takes part in."""

from __future__ import annotations

import click

from service.cli.calling.service import Json, calls_service, service_of
from service.cli.output import as_json, print_json, print_table, remark
from service.cli.remote.words import moment_text


@click.command()
@calls_service
@as_json
def operations(*, url: str | None, secret: str | None, as_json: bool) -> None:
    """List your operations: those that your force leads or takes part in."""
    found = list(service_of(url, secret).pages("operations", "operations", limit=200))
    if as_json:
        print_json(found)
        return
    if not found:
        remark("You have no operations.")
        return
    columns = ("operation", "name", "state", "starts", "ends", "lead", "forces", "last event")
    print_table("Operations", columns, [_row(one) for one in found])


def _row(one: Json) -> list[str]:
    return [
        *(one["operation"], one["name"], "closed" if one["closed"] else "open"),
        *(moment_text(one["starts_at"]), moment_text(one["ends_at"]), one["lead_force"], str(len(one["forces"]))),
        f"{one['head']['seq']}, {moment_text(one['head']['recorded_at'])}",
    ]
