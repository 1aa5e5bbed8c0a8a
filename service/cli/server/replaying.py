"""`oprecord serve --replay`: a server in a child process, and beside it the replay and its results."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from multiprocessing.process import BaseProcess
from pathlib import Path

import urllib3

from service.cli.addresses import address_of
from service.cli.calling.http_client import HttpClient
from service.cli.output import remark
from service.cli.replay.command import issue_for, issue_links, print_replay, replay_with_progress
from service.cli.replay.examples import print_examples, print_links
from service.cli.replay.results import read_results
from service.cli.replay.seed_directory import read_seed_directory
from service.cli.server.gunicorn_server import ServerFailed, listen, run_server, settings_of
from service.cli.settings import Settings
from service.config import Config
from service.usecases.maintenance.migrate import migrate_to_head

SECONDS_TO_GET_READY = 60
# The level of a server whose output a person reads.
QUIETER = {"debug": "warning", "info": "warning"}
SECONDS_BETWEEN_CHECKS = 0.1


def serve_replay(config: Config, settings: Settings, directory: Path) -> None:
    """Serve, replay a directory, and print its results, until a signal stops the server.

    Raises:
        AddressNotFree: the service cannot listen at its address.
        ServerFailed: the server stopped unexpectedly.
        NotMigrated, DirectoryUnreadable, ReplayRefused: as of the migration and the replay.
    """
    read_seed_directory(directory)
    listener = listen(config)
    config = settings_of(config, listener)
    migrate_to_head(config.database_url)
    with _stopping_cleanly(), _server_process(config, listener) as server:
        _wait_until_ready(address_of(config), server)
        with settings.database() as database:
            secrets = issue_for(database, directory)
        client = HttpClient(address_of(config), secrets, proxied=False)
        print_replay(replay_with_progress(directory, client), read_results(directory, client))
        print_examples(directory, address_of(config), secrets)
        if not config.oidc_only:
            with settings.database() as database:
                print_links(address_of(config), issue_links(database, directory))
        server.join()
        raise ServerFailed("The server stopped unexpectedly; see its messages above.")


@contextmanager
def _stopping_cleanly() -> Iterator[None]:
    """Make SIGTERM and SIGHUP act like Ctrl-C, and treat all three as the normal end of the block."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        remark("Stopped")


@contextmanager
def _server_process(config: Config, listener: socket.socket) -> Iterator[BaseProcess]:
    """Run the server in a child process during the block; then stop it and wait for it to end."""
    context = multiprocessing.get_context("fork")
    server = context.Process(target=_run_in_child, args=(config, listener))
    server.start()
    listener.close()
    try:
        yield server
    finally:
        server.terminate()
        server.join()


def _run_in_child(config: Config, listener: socket.socket) -> None:
    """Run the server in this child process. The parent reports a failure.

    The parent's results are on stdout too, so no line for each request is.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ServerFailed):
        run_server(
            replace(config, log_level=QUIETER.get(config.log_level, config.log_level)), listener, stop_with_parent=True
        )


def _wait_until_ready(url: str, server: BaseProcess) -> None:
    """Wait until the service reports that it is ready.

    Raises:
        ServerFailed: its process ended, or it was not ready within a minute.
    """
    end = time.monotonic() + SECONDS_TO_GET_READY
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        while server.is_alive() and time.monotonic() < end:
            try:
                if pool.request("GET", f"{url}/readyz").status == HTTPStatus.OK:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(SECONDS_BETWEEN_CHECKS)
    raise ServerFailed("The service did not become ready; see its messages above.")
