"""The command `oprecord`: its subcommands, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click

from service.cli.exit_codes import DONE, MEANINGS, USAGE

INTERRUPTED = 130
# The module of each command, in the order of the help.
COMMANDS = {
    "init": "init",
    "serve": "server.serve",
    "replay": "replay.command",
    "totals": "totals",
    "statement": "statement",
    "reconcile": "reconcile",
    "verify": "verify",
    "export": "transfer",
    "import": "transfer",
    "backup": "backup",
    "credential": "credential",
    "projections": "projections",
    "template": "sheets.template",
    "map": "sheets.map",
    "submit": "sheets.submit",
    "login": "remote.login",
    "profile": "remote.login",
    "logout": "remote.login",
    "operations": "remote.operations",
    "returns": "remote.returns",
    "duplicates": "remote.duplicates",
    "publish": "remote.publish",
    "difference": "remote.difference",
    "events": "remote.events",
}


class Commands(click.Group):
    """The subcommands. Each is imported when it is run: importing all of them takes longer than most commands run."""

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command by name; None if there is none."""
        if name not in COMMANDS:
            return None
        module = import_module(f"service.cli.{COMMANDS[name]}")
        return next(one for one in vars(module).values() if isinstance(one, click.Command) and one.name == name)


@click.group(
    cls=Commands,
    epilog="\b\nExit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in MEANINGS.items()),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--database-url", metavar="URL", help="SQLAlchemy URL of the database. Overrides OPRECORD_DATABASE_URL.")
@click.version_option(package_name="operation-record", message="%(version)s")
@click.pass_context
def cli(context: click.Context, database_url: str | None) -> None:
    """Keep the record of a police operation in which several forces take part."""
    context.obj = database_url


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
    except Exception as error:
        # Late, for the commands that end well.
        from service.cli.failing.expected_errors import EXPECTED, exit_code_of, one_line  # noqa: PLC0415
        from service.cli.output import remark  # noqa: PLC0415

        if not isinstance(error, EXPECTED):
            raise
        remark(f"oprecord: {one_line(error)}")
        return exit_code_of(error)
    return returned if isinstance(returned, int) else DONE


if __name__ == "__main__":
    main()
