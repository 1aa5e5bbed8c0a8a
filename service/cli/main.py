"""The command `oprecord`: its subcommands, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

import click

from service.cli.credential import credential
from service.cli.exit_codes import DONE, EXPECTED, MEANINGS, USAGE, exit_code_of, one_line
from service.cli.init import init
from service.cli.projections import projections
from service.cli.reconcile import reconcile
from service.cli.replay.command import replay
from service.cli.server.serve import serve
from service.cli.settings import Settings
from service.cli.sheets.submit import submit, template
from service.cli.statement import statement
from service.cli.totals import totals
from service.cli.transfer import export_log, import_log
from service.cli.verify import verify

INTERRUPTED = 130


@click.group(
    epilog="\b\nExit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in MEANINGS.items()),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--database-url", metavar="URL", help="SQLAlchemy URL of the database. Overrides OPRECORD_DATABASE_URL.")
@click.version_option(package_name="operation-record", message="%(version)s")
@click.pass_context
def cli(context: click.Context, database_url: str | None) -> None:
    """Keep the record of a police operation in which several forces take part."""
    context.obj = Settings(database_url)


COMMANDS = (
    init,
    serve,
    replay,
    totals,
    statement,
    reconcile,
    verify,
    export_log,
    import_log,
    credential,
    projections,
    template,
    submit,
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> NoReturn:
    """Run the command line of this process, and exit with the command's exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Where the terminal cannot show a character, print a question mark instead of a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. An expected error is printed as one line on stderr."""
    try:
        with cli.make_context("oprecord", list(arguments)) as context:
            returned = cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe. Discard the rest, or Python would report an error when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except EXPECTED as error:
        click.echo(f"oprecord: {one_line(error)}", err=True)
        return exit_code_of(error)
    return returned if isinstance(returned, int) else DONE


if __name__ == "__main__":
    main()
