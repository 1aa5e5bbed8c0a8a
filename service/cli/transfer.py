"""`oprecord export` and `oprecord import`: copy a log from one database to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

import click

from service.cli.output import progress, remark
from service.cli.settings import Settings, pass_settings
from service.plurals import counted
from service.runtime.garbage_collector import collecting_rarely
from service.usecases.maintenance.transfer import export_operation, import_operation

LONGEST_LINE_BYTES = 1024 * 1024
LINES_BETWEEN_REPORTS = 100


@click.command("export", short_help="Print the log of an operation.")
@click.argument("operation")
@click.option("--output", type=click.File("wb", lazy=True), default="-", help="File to write instead of stdout.")
@pass_settings
def export_log(settings: Settings, operation: str, output: IO[bytes]) -> None:
    """Print the log of an OPERATION: its size and root, then the canonical text of each event, one per line.

    An event's leaf hash is the SHA-256 of a zero byte followed by its line.
    """
    with settings.database() as database:
        output.writelines(export_operation(database, operation).lines())


@click.command("import", short_help="Record an exported log in this database.")
@click.argument("file", type=click.File("rb"))
@click.option("--root", metavar="HEX", help="Root hash that the log must have. Default: any.")
@pass_settings
def import_log(settings: Settings, file: IO[bytes], root: str | None) -> None:
    """Record the exported log in FILE (- for stdin), all or nothing. The operation must not exist in this database.

    Every event is checked against the rules again, and so are their number and root, which the first line gives. To
    prove that it is the log you expect, give --root: the root of the last receipt, or the root that `oprecord verify`
    prints for the database the log comes from.
    """
    with settings.database() as database, progress("Importing") as report, collecting_rarely():
        imported = import_operation(database, _lines(file, report), expected_root=root)
    remark(f"Imported {imported.operation}: {counted(imported.size, 'event')}")
    if not imported.is_complete:
        remark(
            "Its first line does not say how many events it has, as in exports of older versions. If the file was cut "
            "at the end of a line, events are missing: compare the root with one that you know."
        )
    click.echo(imported.root)


def _lines(file: IO[bytes], report: Callable[[int, int], None]) -> Iterator[bytes]:
    """Yield the lines of a file. An overlong line is cut: it is then refused, without having filled the memory."""
    number = 0
    while line := file.readline(LONGEST_LINE_BYTES):
        number += 1
        yield line
        if number % LINES_BETWEEN_REPORTS == 0:
            report(number, 0)
