"""`oprecord returns`: who owes which returns; and a return declared for a force that telephones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import click

from service.cli.calling.service import Json, RemoteService, calls_service, new_id, service_of
from service.cli.output import as_json, print_json, print_table, remark
from service.cli.remote.words import day_text, moment_text
from service.plurals import counted

DAYS_SHOWN = 7
STATUSES = ("complete", "nil", "partial")
ALL_STATUSES = ("none", "partial", "complete", "nil", "reopened")
WORDS = {"none": "No return", "partial": "Partial", "complete": "Complete", "nil": "Nil", "reopened": "Reopened"}
OWED = ("none", "partial", "reopened")


@click.command()
@click.argument("operation")
@click.option(
    "--declare",
    nargs=3,
    metavar="FORCE DAY STATUS",
    help=f"Declare a return: the force, a day such as 2024-01-16 or the first and the last of several such as "
    f"2024-01-16/2024-01-19, and {', '.join(STATUSES)}.",
)
@click.option("--measures", help="The measures that the declared return covers, comma-separated; all by default.")
@click.option("--status", help=f"Show only returns with this status: {', '.join(ALL_STATUSES)}, comma-separated.")
@calls_service
@as_json
def returns(
    operation: str,
    *,
    declare: tuple[str, str, str] | None,
    measures: str | None,
    status: str | None,
    url: str | None,
    secret: str | None,
    as_json: bool,
) -> None:
    """Show which forces owe which returns of an OPERATION, by force and day.

    Example: oprecord returns spring-2024 --declare surrey 2024-03-05 complete
    """
    if measures is not None and declare is None:
        raise click.UsageError("--measures says what a return covers that --declare declares: give both.")
    service = service_of(url, secret)
    if declare is not None:
        force, days, declared = declare
        named = {} if measures is None else {"measures": measures.split(",")}
        _declare(service, operation, force, {**_days(days), "status": _status(declared), **named})
    found = _read(service, operation, {} if status is None else {"status": status})
    print_json(found) if as_json else _print(found, status)


def _read(service: RemoteService, operation: str, query: dict[str, str]) -> Json:
    """Return the returns of all pages as one answer."""
    path = f"operations/{operation}/returns"
    found = service.get(path, **query)
    page = found
    while page["next"] is not None:
        page = service.get(path, **query, after=page["next"])
        found["returns"] += page["returns"]
    return found | {"next": None}


def _status(status: str) -> str:
    if status not in STATUSES:
        raise click.UsageError(f"Expected {', '.join(STATUSES)} as the status of the return; found {status!r}.")
    return status


def _days(said: str) -> Json:
    """Return the fields of a return that name its days."""
    first, _slash, last = said.partition("/")
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        start, end = date.max, date.min
    if end < start:
        raise click.UsageError(
            f"Expected a day such as 2024-01-16, or the first and the last of several such as 2024-01-16/2024-01-19; "
            f"found {said!r}."
        )
    if start == end:
        return {"day": str(start)}
    return {"day_from": str(start), "day_before": str(end + timedelta(days=1))}


def _declare(service: RemoteService, operation: str, force: str, data: Json) -> None:
    body = {"id": new_id(), "type": "return.declared", "force": force, "data": data}
    receipt = service.post(f"operations/{operation}/events", body)
    shown = data["day"] if "day" in data else f"{data['day_from']} to {_last(data)}"
    remark(f"Declared {force}'s return for {shown} {data['status']}, as event {receipt['seq']}.")


def _last(days: Json) -> date:
    return date.fromisoformat(days["day_before"]) - timedelta(days=1)


def _print(found: Json, status: str | None) -> None:
    cells = {(one["force"], one["day"]): one for one in found["returns"]}
    every_day = sorted({one["day"] for one in found["returns"]})
    if not cells and status is not None:
        remark(f"No return is {status.replace(',', ', ')}.")
        return
    if not cells:
        remark("No returns are due yet: no day has begun, or no force reports.")
        return
    days = every_day[-DAYS_SHOWN:]
    forces = list(dict.fromkeys(one["force"] for one in found["returns"]))
    rows = [[force, *(_words(cells.get((force, day))) for day in days)] for force in forces]
    print_table(f"{found['operation']} at event {found['seq']}", ("force", *map(day_text, days)), rows)
    if len(every_day) > len(days):
        remark(f"The last {len(days)} of {counted(len(every_day), 'day')} are shown; --json has all.")
    if status is None or set(OWED) & set(status.split(",")):
        _print_owed(found["returns"])


def _words(one: Json | None) -> str:
    """Return a return in words; empty if it was not asked for."""
    if one is None:
        return ""
    words = [WORDS[one["status"]]]
    words += ["late"] if one["late"] else []
    words += [f"overdue since {moment_text(one['due_at'])}"] if one["overdue"] else []
    return ", ".join(words)


def _print_owed(every: Sequence[Json]) -> None:
    owed: dict[str, list[str]] = {}
    for one in every:
        if one["status"] in OWED:
            owed.setdefault(one["force"], []).append(day_text(one["day"]))
    if not owed:
        click.echo("Every return is in.")
    for force, days in owed.items():
        click.echo(f"{force} owes {counted(len(days), 'return')}: {_shown(days)}")


def _shown(days: Sequence[str]) -> str:
    """Return the last of the days, and how many more there are."""
    more = len(days) - DAYS_SHOWN
    return ", ".join(days[-DAYS_SHOWN:]) + (f", and {counted(more, 'earlier day')}" if more > 0 else "")
