"""`oprecord serve`: run the service; with `--replay`, first replay a real operation into it."""

from __future__ import annotations

from pathlib import Path

import click

from service.access.accounts import open_accounts
from service.cli.addresses import address_of
from service.cli.output import remark
from service.cli.settings import Settings, pass_settings


@click.command(short_help="Serve the pages and the API.")
@click.option(
    "--replay",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="First replay the operation in this directory and show its results.",
)
@pass_settings
def serve(settings: Settings, directory: Path | None) -> None:
    """Serve the pages and the API at OPRECORD_HOST and OPRECORD_PORT until stopped by SIGTERM or Ctrl-C.

    With --replay, first create the tables if needed, issue each force in the directory a credential for 24 hours, send
    all messages, and print the published figures beside the record's, then the publications and the returns, and for
    each role a link that signs in to the pages. Replaying the directory again changes no figure.
    """
    config = settings.config()
    open_accounts(config)
    if directory:
        # Late, for a server that replays nothing.
        from service.cli.server.replaying import serve_replay  # noqa: PLC0415

        serve_replay(config, settings, directory)
        return
    with settings.database():
        # Late, so that wrong settings are reported without waiting for the whole application to be imported.
        from service.cli.server.gunicorn_server import listen, run_server, settings_of  # noqa: PLC0415

        listener = listen(config)
    config = settings_of(config, listener)
    remark(f"Serving at {address_of(config)}, documentation at {address_of(config)}/docs")
    run_server(config, listener)
