"""`oprecord returns`: who owes which returns; and a return declared for a force that telephones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from service.cli.calling.service import Json, Service, calls_service, new_id, service_of
from service.cli.output import as_json, counted, print_json, print_table, remark
from service.cli.remote.words import day_text, moment_text

DAYS_SHOWN = 7
STATUSES = ("complete", "nil", "partial")
WORDS = {"none": "No return", "partial": "Partial", "complete": "Complete", "nil": "Nil", "reopened": "Reopened"}
OWED = ("none", "partial", "reopened")


@click.command()
@click.argument("operation")
@click.option(
    "--declare",
    nargs=3,
    metavar="FORCE DAY STATUS",
    help=f"Declare a return: the force, a day such as 2024-01-16, and {', '.join(STATUSES)}.",
)
@calls_service
@as_json
def returns(
    operation: str, *, declare: tuple[str, str, str] | None, url: str | None, secret: str | None, as_json: bool
) -> None:
    """Show which forces owe which returns of an OPERATION, by force and day.

    Example: oprecord returns spring-2024 --declare surrey 2024-03-05 complete
    """
    service = service_of(url, secret)
    if declare is not None:
        _declare(service, operation, *declare)
    found = service.get(f"operations/{operation}/returns")
    print_json(found) if as_json else _print(found)


def _declare(service: Service, operation: str, force: str, day: str, status: str) -> None:
    if status not in STATUSES:
        raise click.UsageError(f"Expected {', '.join(STATUSES)} as the status of the return; found {status!r}.")
    try:
        date.fromisoformat(day)
    except ValueError:
        raise click.UsageError(f"Expected a day such as 2024-01-16; found {day!r}.") from None
    data = {"day": day, "status": status}
    body = {"id": new_id(), "type": "return.declared", "force": force, "data": data}
    receipt = service.post(f"operations/{operation}/events", body)
    remark(f"Declared {force}'s return for {day} {status}, as event {receipt['seq']}.")


def _print(found: Json) -> None:
    cells = {(one["force"], one["day"]): one for one in found["returns"]}
    every_day = sorted({one["day"] for one in found["returns"]})
    if not cells:
        remark("No returns are due yet: no day has begun, or no force reports.")
        return
    days = every_day[-DAYS_SHOWN:]
    forces = list(dict.fromkeys(one["force"] for one in found["returns"]))
    rows = [[force, *(_words(cells[force, day]) for day in days)] for force in forces]
    print_table(f"{found['operation']} at event {found['seq']}", ("force", *map(day_text, days)), rows)
    if len(every_day) > len(days):
        remark(f"The last {len(days)} of {counted(len(every_day), 'day')} are shown; --json has all.")
    _print_owed(found["returns"])


def _words(one: Json) -> str:
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
        click.echo(f"{force} owes {counted(len(days), 'return')}: {', '.join(days[-DAYS_SHOWN:])}")
