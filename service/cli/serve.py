"""`oprecord serve`: the service, and with `--replay` one that shows a real operation to whoever starts it."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from multiprocessing.process import BaseProcess
from pathlib import Path

import click
import urllib3

from service.cli.examples import print_examples
from service.cli.http_client import HttpClient
from service.cli.output import remark
from service.cli.replay import issue_for, replay_with_progress, tell
from service.cli.results import read_results
from service.cli.seed_directory import read_seed_directory
from service.cli.server import ServerFailed, address_of, listen, run_server, settings_of
from service.cli.settings import Settings, pass_settings
from service.config import Config
from service.usecases.migrate import migrate_to_head

SECONDS_TO_GET_READY = 60
SECONDS_BETWEEN_LOOKS = 0.1


@click.command(short_help="Serve the API.")
@click.option(
    "--replay",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="First replay the operation in this directory, and show what it comes to.",
)
@pass_settings
def serve(settings: Settings, directory: Path | None) -> None:
    """Serve the API at OPRECORD_HOST and OPRECORD_PORT until told to stop, by SIGTERM or Ctrl-C.

    With --replay, the tables are made if need be, each force of the directory gets a credential for 24 hours, all that
    it sent is posted, and the published figures are printed beside those of the record, then its publications and
    returns. A second time changes nothing.
    """
    config = settings.config()
    if directory:
        _serve_replay(config, settings, directory)
        return
    with settings.database():
        listener = listen(config)
    config = settings_of(config, listener)
    remark(f"Serving at {address_of(config)}, documentation at {address_of(config)}/docs")
    run_server(config, listener)


def _serve_replay(config: Config, settings: Settings, directory: Path) -> None:
    read_seed_directory(directory)
    listener = listen(config)
    config = settings_of(config, listener)
    migrate_to_head(config.database_url)
    with _stopping_cleanly(), _server_beside(config, listener) as server:
        _wait_until_ready(address_of(config), server)
        with settings.database() as database:
            secrets = issue_for(database, directory)
        client = HttpClient(address_of(config), secrets)
        tell(replay_with_progress(directory, client), read_results(directory, client))
        print_examples(directory, address_of(config), secrets)
        server.join()
        raise ServerFailed("The server has ended.")


@contextmanager
def _stopping_cleanly() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does, and let each end the block as the normal way for it to end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        remark("Stopped")


@contextmanager
def _server_beside(config: Config, listener: socket.socket) -> Iterator[BaseProcess]:
    """Run the server in a process of its own during the block, and wait at its end until it has stopped."""
    context = multiprocessing.get_context("fork")
    server = context.Process(target=_run_beside, args=(config, listener))
    server.start()
    listener.close()
    try:
        yield server
    finally:
        server.terminate()
        server.join()


def _run_beside(config: Config, listener: socket.socket) -> None:
    """Run the server in its own process. That it failed, the parent will say."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ServerFailed):
        run_server(config, listener, stop_with_parent=True)


def _wait_until_ready(url: str, server: BaseProcess) -> None:
    """Return when the service answers that it is ready.

    Raises:
        ServerFailed: its process has ended, or it is not ready within a minute.
    """
    end = time.monotonic() + SECONDS_TO_GET_READY
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        while server.is_alive() and time.monotonic() < end:
            try:
                if pool.request("GET", f"{url}/readyz").status == HTTPStatus.OK:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(SECONDS_BETWEEN_LOOKS)
    raise ServerFailed("The service did not get ready; what it wrote above says why.")
