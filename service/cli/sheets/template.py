"""`oprecord template`: what a force fills in, as the header of a CSV file or as a workbook for one operation."""

from __future__ import annotations

import csv
import sys
from io import StringIO
from pathlib import Path

import click

from service.cli.calling.http_client import HttpClient
from service.cli.calling.service import CALLER
from service.cli.output import remark
from service.cli.sheets.options import credential_option, operation_option, url_option
from service.cli.sheets.sending.state_file import state_path
from service.errors import Conflict
from service.spreadsheets.reading.file import XLSX
from service.spreadsheets.templates import TEMPLATES, Template


class FileExists(Conflict):
    """There is a file of this name, or the list of rows sent from one. Neither is overwritten."""

    code = "file_exists"


output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to this new file."
)


@click.group()
def template() -> None:
    """Make a spreadsheet to fill in: a workbook with everything, or the header of one sheet as CSV."""


@template.command(short_help="Make a workbook with an operation's codes, as XLSX.")
@operation_option("The operation whose codes the workbook offers.")
@url_option
@credential_option
@output_option
def workbook(operation: str, url: str, secret: str, output: Path | None) -> None:
    """Make an XLSX workbook with a sheet for each template and the codes of an operation as drop-down lists.

    Fill it in and send it with `oprecord submit`. Without --output, it is written to OPERATION.xlsx.
    """
    path = output or Path(f"{operation}.xlsx")
    if path.suffix.lower() != ".xlsx":
        raise click.UsageError(f"Expected a file name that ends in .xlsx; found {path.name!r}.")
    _refuse_existing(path)
    body = HttpClient(url, {CALLER: secret}).get_file(f"/v1/operations/{operation}/template", XLSX, CALLER)
    _write(path, body)
    remark(f"Wrote {path}. Fill it in, then send it: oprecord submit {path} --operation {operation} --url {url}")


def _csv_template(template: Template) -> click.Command:
    @click.command(
        template.name,
        help=f"Print the header of a spreadsheet for {template.name}, as CSV.",
        short_help=f"Print the header for {template.name}, as CSV.",
    )
    @click.option("--describe", is_flag=True, help="Print what goes into each column instead of the header.")
    @output_option
    def print_template(output: Path | None, *, describe: bool) -> None:
        text = StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(
            template.described() if describe else [template.names()],
        )
        if output is None:
            sys.stdout.write(text.getvalue())
        else:
            _refuse_existing(output)
            _write(output, text.getvalue().encode())

    return print_template


for one in TEMPLATES.values():
    template.add_command(_csv_template(one))


def _refuse_existing(path: Path) -> None:
    """Refuse a name that is in use: also that of a file whose rows were sent, or their events would be taken for gone.

    Raises:
        FileExists.
    """
    for found in (path, state_path(path)):
        if found.exists():
            raise FileExists(f"{found} exists and is not overwritten. Give another name with --output.")


def _write(path: Path, body: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(body)
    except FileExistsError as error:
        raise FileExists(f"{path} exists and is not overwritten. Give another name with --output.") from error
