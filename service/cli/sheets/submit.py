"""`oprecord template` and `oprecord submit`: for a force that keeps its results in a spreadsheet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from service.cli.given_credentials import cleaned
from service.cli.http_client import HttpClient
from service.cli.output import counted, progress, remark
from service.cli.sheets.gone_rows import Gone, gone_rows, keep, named
from service.cli.sheets.run_lock import lock_on
from service.cli.sheets.sent_rows import SentRows, sent_rows, state_path
from service.cli.sheets.submission import Call, check, force_of, plan, send
from service.cli.sheets.withdrawals import check_withdrawals, withdraw
from service.errors import Invalid
from service.spreadsheets.events import SheetEvent, sheet_events
from service.spreadsheets.file import read_sheet
from service.spreadsheets.templates import ABOUT_REFERENCE, REFERENCE, TEMPLATES, CellError, Template, template_of

CALLER = "caller"
CREDENTIAL = "OPRECORD_CREDENTIAL"


class RowsRefused(Invalid):
    """Rows of a spreadsheet are invalid; each error has been listed by row and column."""

    code = "rows_refused"


@click.command()
@click.argument("name", metavar="|".join(TEMPLATES), type=click.Choice(list(TEMPLATES)))
@click.option("--describe", is_flag=True, help="Print what goes into each column instead of the header.")
def template(name: str, *, describe: bool) -> None:
    """Print the header of a spreadsheet to fill in, as CSV.

    Example: oprecord template arrests > arrests.csv
    """
    found = TEMPLATES[name]
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    if describe:
        writer.writerows(
            [(REFERENCE, ABOUT_REFERENCE), *((column.name, column.description) for column in found.columns)]
        )
    else:
        writer.writerow(found.names())


def _credential(context: click.Context, parameter: click.Parameter, given: str | None) -> str:
    """Return the credential that was given, cleaned.

    Raises:
        click.UsageError: there is none.
        CredentialUnusable: it was not copied correctly.
    """
    from_environment = context.get_parameter_source(str(parameter.name)) is ParameterSource.ENVIRONMENT
    found = cleaned(given or "", CREDENTIAL if from_environment else "--as")
    if not found:
        raise click.UsageError(
            f"There is no credential: set {CREDENTIAL} to your force's, or give it with --as.", context
        )
    return found


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--operation", required=True, help="The operation to send the rows to.")
@click.option("--url", required=True, metavar="URL", help="Address of the service, such as http://127.0.0.1:8000.")
@click.option(
    "--as",
    "secret",
    envvar=CREDENTIAL,
    metavar="CREDENTIAL",
    callback=_credential,
    help=f"The force's credential. Prefer {CREDENTIAL}, which other users of the machine cannot see.",
)
@click.option("--check", "check_only", is_flag=True, help="Check every row with the service and send nothing.")
@click.option("--correct", is_flag=True, help="Send rows that changed since they were sent as corrections.")
@click.option(
    "--changed-are-new",
    is_flag=True,
    help="Send new rows as new events; rows already sent that are gone stay recorded.",
)
@click.option("--withdraw-missing", is_flag=True, help="Withdraw rows already sent that are gone from FILE.")
def submit(
    file: Path,
    operation: str,
    url: str,
    secret: str,
    *,
    check_only: bool,
    correct: bool,
    changed_are_new: bool,
    withdraw_missing: bool,
) -> None:
    """Send the rows of FILE as events. FILE is a CSV or XLSX made from a template.

    Every row is checked first, here and by the service. If any row is invalid, all errors are listed and nothing is
    sent. Sending the file again counts nothing twice: FILE.sent.json records what was sent and must stay beside FILE.
    """
    if changed_are_new and withdraw_missing:
        raise click.UsageError("Give either --changed-are-new or --withdraw-missing.")
    client = HttpClient(url, {CALLER: secret})
    click.get_current_context().with_resource(lock_on(file))
    force = force_of(client, CALLER)
    sheet = read_sheet(file)
    found = template_of(sheet.header)
    events, errors = sheet_events(sheet, found, force)
    _refuse(errors)
    state, call = sent_rows(file, operation, force), Call(client, operation, CALLER)
    planned = plan(events, state, found, correct=correct, gone_are_decided=changed_are_new or withdraw_missing)
    gone = _gone(events, state, found, withdraw=withdraw_missing)
    withdrawals = check_withdrawals(gone if withdraw_missing else (), state, call)
    with progress("Checking") as report:
        errors = check(planned, call, found, report)
    _refuse(errors)
    if check_only:
        gone_too = f", and {len(withdrawals.to_send):,} withdrawn" if withdrawals.to_send else ""
        remark(f"Checked {_counted(len(planned), found)}: all can be sent{gone_too}. Nothing was sent.")
        return
    if changed_are_new:
        keep(gone, state)
    if withdrawn := withdraw(withdrawals, call, state):
        remark(f"Withdrew {_counted(withdrawn, found)}.")
    with progress("Sending") as report:
        recorded, replayed, errors = send(planned, call, found, state, report)
    already = counted(replayed, "was already recorded", "were already recorded")
    remark(f"Recorded {_counted(recorded, found)}; {already}. Keep {state_path(file).name}.")
    _refuse(errors, "the others are recorded")


def _gone(events: Sequence[SheetEvent], state: SentRows, found: Template, *, withdraw: bool) -> list[Gone]:
    """Return the rows that were sent and are gone, after naming those that are not going to be withdrawn."""
    gone = gone_rows(events, state)
    if not gone or (withdraw and not found.replaced_by_newer):
        return gone
    rows = counted(len(gone), "row that was sent is", "rows that were sent are")
    if found.replaced_by_newer:
        remark(f"{rows} gone: {named(gone)}. Returns cannot be withdrawn: send another return for the day.")
        return []
    remark(f"{rows} gone and still counted: {named(gone)}. Use --withdraw-missing to withdraw what should not count.")
    return gone


def _counted(number: int, found: Template) -> str:
    return counted(number, found.wire_type.partition(".")[0], found.name)


def _refuse(errors: Sequence[CellError], otherwise: str = "nothing was sent") -> None:
    """Print the errors in the rows, if there are any.

    Raises:
        RowsRefused: there are.
    """
    for error in errors:
        where = f"row {error.row}, {error.column}" if error.column else f"row {error.row}"
        remark(f"{where}: {error.detail}")
    if errors:
        rows = counted(len({error.row for error in errors}), "row")
        raise RowsRefused(f"{counted(len(errors), 'error')} in {rows}; {otherwise}.")
