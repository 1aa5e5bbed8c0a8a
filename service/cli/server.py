"""The web server: gunicorn with threads, inside of this command, that lets requests finish when it is told to stop."""

from __future__ import annotations

import gc
import os
import signal
import socket
from dataclasses import replace
from threading import Event
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from service.api.database import EXTENSION as DATABASE_EXTENSION
from service.app import CLOSING_EXTENSION, create_app
from service.cli.affinity import assign_processor, keep_to_processor
from service.config import Config
from service.errors import Unavailable
from service.garbage import look_rarely

BACKLOG = 2048
GRACEFUL_SECONDS = 30


class AddressNotFree(Unavailable):
    """The service cannot listen at its address: it is taken, not of this machine, or not for this user."""

    code = "address_not_free"


class ServerFailed(Unavailable):
    """The server ended by itself; what it wrote to stderr says why."""

    code = "server_failed"


def listen(config: Config) -> socket.socket:
    """Return a socket that listens at the address of the settings.

    Raises:
        AddressNotFree: it cannot.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressNotFree(f"Cannot listen at {config.host} port {config.port}: {error.strerror}.") from error


def settings_of(config: Config, listener: socket.socket) -> Config:
    """Return the settings with the port that the socket listens at: where they say 0, the system has chosen it."""
    return replace(config, port=listener.getsockname()[1])


def address_of(config: Config) -> str:
    """Return the URL at which a client on this machine finds the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104 - to be read, not bound
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


def run_server(config: Config, listener: socket.socket, *, stop_with_parent: bool = False) -> None:
    """Serve until a signal says stop, then return.

    SIGTERM, SIGINT and SIGHUP end live feeds and let requests finish, within 30 seconds; a second SIGINT ends them.

    Raises:
        ServerFailed: the workers do not start.
    """
    parent = os.getppid() if stop_with_parent else None
    try:
        GracefulArbiter(Server(config, listener), parent).run()
    except SystemExit as stopped:
        if stopped.code:
            raise ServerFailed(f"The server ended with code {stopped.code}.") from stopped


class Server(BaseApplication):
    """The application as gunicorn loads it, with gunicorn's settings.

    A worker's heart beats in its main thread, which serves nobody: so an upload may take as long as it takes, and the
    timeout ends only a process that hangs as a whole.
    """

    def __init__(self, config: Config, listener: socket.socket) -> None:
        self.config = config
        self.listener = listener
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        settings = {
            "bind": [f"fd://{self.listener.detach()}"],
            "worker_class": "gthread",
            "workers": self.config.workers,
            "threads": self.config.threads + self.config.feed_subscribers,
            "graceful_timeout": GRACEFUL_SECONDS,
            "loglevel": "warning",
            # Who calls is what the connection says, unless FORWARDED_ALLOW_IPS names the proxies to be believed.
            "forwarded_allow_ips": os.environ.get("FORWARDED_ALLOW_IPS", ""),
            # It would be a file in the home directory, which a container may not have.
            "control_socket_disable": True,
            "post_worker_init": _prepare_worker,
            "worker_exit": _close_database,
        }
        if self.config.worker_affinity:
            settings |= {"pre_fork": assign_processor, "post_fork": keep_to_processor}
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application; each worker has its own, made after the fork."""
        app = create_app(self.config)
        # What there is now stays. Looking through it again and again would take 80 ms each time.
        gc.collect()
        look_rarely()
        return app


class GracefulArbiter(Arbiter):
    """An arbiter that stops gracefully, whatever tells it to: a signal, or the end of the process it belongs to."""

    def __init__(self, server: Server, parent: int | None) -> None:
        super().__init__(server)
        self.parent = parent

    handle_int = Arbiter.handle_term
    handle_hup = Arbiter.handle_term

    def init_signals(self) -> None:
        """Take the signals over, but for a SIGHUP that is ignored: started by nohup, it outlives its terminal."""
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        super().init_signals()
        if ignored:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def murder_workers(self) -> None:
        """Look after the workers, as is done every second, and after the parent."""
        if self.parent is not None and os.getppid() != self.parent:
            raise StopIteration
        super().murder_workers()


def _prepare_worker(worker: ThreadWorker) -> None:
    """Let a stopping worker tell its live feeds to end. Ctrl-C reaches workers too: the arbiter answers it for them."""
    closing: Event = worker.wsgi.extensions[CLOSING_EXTENSION]

    def end_feeds_then(handle: Any) -> Any:
        def handler(number: int, frame: FrameType | None) -> None:
            closing.set()
            handle(number, frame)

        return handler

    signal.signal(signal.SIGTERM, end_feeds_then(worker.handle_exit))
    signal.signal(signal.SIGQUIT, end_feeds_then(worker.handle_quit))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _close_database(_arbiter: Arbiter, worker: ThreadWorker) -> None:
    """Close the worker's connections: the last one to close leaves an SQLite record as one file."""
    if worker.booted:
        worker.wsgi.extensions[DATABASE_EXTENSION].engine.dispose()
