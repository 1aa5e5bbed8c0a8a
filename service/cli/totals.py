"""`oprecord totals`: the totals of an operation, from the database, or from the service for those who call it."""

from __future__ import annotations

from typing import Any

import click

from service.api.http.answers import totals_json
from service.api.http.queries import TotalsQuery
from service.api.totals import selection_of
from service.cli.calling.service import Json, calls_service, service_of
from service.cli.output import as_json, print_json, print_table
from service.cli.settings import Settings, pass_settings
from service.plurals import counted
from service.usecases.maintenance.credentials import credential_of_lead
from service.usecases.querying.as_of import Moment
from service.usecases.querying.totals import totals as totals_of
from service.wire.schemas import wrong_fields

QUERY = TotalsQuery()


def _query_options(command: Any) -> Any:
    """Add an option for each query parameter of GET /v1/operations/{operation}/totals to a command."""
    for name, field in reversed(QUERY.fields.items()):
        help_text = field.metadata.get("description", "")
        command = click.option(f"--{name.replace('_', '-')}", name, help=help_text)(command)
    return command


@click.command(short_help="Show the totals of an operation.")
@click.argument("operation")
@_query_options
@calls_service
@as_json
@pass_settings
def totals(
    settings: Settings, /, operation: str, *, as_json: bool, url: str | None, secret: str | None, **query: str | None
) -> None:
    """Show the totals of an OPERATION. Lists are comma-separated.

    With --url they come from the service at that address, as your credential may see them; without it from the
    database, as the coordinator sees them.
    """
    given = {name: value for name, value in query.items() if value is not None}
    if messages := QUERY.validate(given):
        raise wrong_fields(messages)
    if url is not None:
        answer = service_of(url, secret).get(f"operations/{operation}/totals", **given)
    else:
        answer = _from_database(settings, operation, QUERY.load(given))
    print_json(answer) if as_json else _print(answer)


def _from_database(settings: Settings, operation: str, parameters: Json) -> Json:
    with settings.database() as database:
        found = totals_of(
            database,
            operation=operation,
            credential=credential_of_lead(database, operation),
            selection=selection_of(parameters),
            moment=Moment(parameters.get("as_of"), parameters.get("as_of_seq")),
        )
    return totals_json(found)


def _print(answer: dict[str, Any]) -> None:
    columns = (
        "measure",
        *answer["by"],
        *(() if "category" in answer["by"] else ("category",)),
        "figure",
        "outstanding",
    )
    rows = [[_cell(figure, name) for name in columns] for figure in answer["figures"]]
    as_of = answer["as_of"]
    title = f"{answer['operation']} as of seq {as_of['seq']} of {answer['log_size']}, {as_of['recorded_at']}"
    print_table(title, columns, rows, numbers=("figure",))
    click.echo(f"root {as_of['root']}")
    click.echo(f"returns: {answer['completeness']['status']}")
    for one in answer["completeness"]["outstanding"]:
        days = counted(one["days"], "day")
        of = f", of {', '.join(one['measures'])}" if one["measures"] else ""
        click.echo(f"outstanding: {_debtor(one)}, {days} from {one['day_from']}, before {one['day_before']}{of}")
    if more := answer["completeness"].get("outstanding_not_listed"):
        click.echo(f"outstanding: {counted(more, 'further day')}, not listed")
    if answer.get("other_parts"):
        click.echo("other parts: in the sums, and not shown by force, because your force is not in them")
    for one in answer.get("left_out", []):
        click.echo(f"left out: {one['measure']}, which its parts do not count alike ({', '.join(one['units'])})")
    for one in answer["completeness"]["overdue"]:
        days = counted(one["days"], "day")
        click.echo(f"overdue: {one['force']}, {days}, since {one['since']}")


def _cell(figure: dict[str, Any], name: str) -> str:
    if name == "figure":
        return str(figure["display"])
    if name != "outstanding":
        return "" if figure.get(name) is None else str(figure[name])
    forces = ", ".join(dict.fromkeys(_debtor(one) for one in figure["outstanding"]))
    return f"{forces}, and more" if figure.get("outstanding_not_listed") else forces


def _debtor(owed: dict[str, Any]) -> str:
    return owed["force"] or "other parts"
