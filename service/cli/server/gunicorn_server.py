"""The web server: gunicorn with threads, run inside this command, that lets open requests finish before it stops."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import socket
from dataclasses import replace
from math import inf
from threading import Event, Thread
from threading import enumerate as running_threads
from types import FrameType
from typing import Any

import sqlalchemy as sa
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from service.api.http.blueprint import DATABASE_EXTENSION
from service.app import CLOSING_EXTENSION, create_app
from service.cli.server.affinity import assign_processor, pin_to_processor
from service.cli.server.worker import PatientWorker
from service.config import Config
from service.errors import RecordError, Unavailable
from service.runtime.garbage_collector import collect_rarely
from service.runtime.log_lines import log_to_stdout
from service.storage.db import Database
from service.usecases.access.accounts import delete_ended_sign_ins
from service.usecases.access.uploads import delete_old_uploads

BACKLOG = 2048
GONE_AFTER_SECONDS = 30
GRACEFUL_SECONDS = 30
# nginx keeps its connections for 60 seconds, and so do others.
KEEPALIVE_SECONDS = 75
# Of each process. When there are more, the one that has been silent for longest is closed.
MOST_CONNECTIONS = 4_000
FILES_BESIDE_CONNECTIONS = 200
STDIN = 0
EXPIRY = "expiry"
SECONDS_BETWEEN_DELETIONS = 3_600
SECONDS_TO_END = 5.0

logger = logging.getLogger(__name__)


class AddressNotFree(Unavailable):
    """The service cannot listen at its address: it is in use, not on this machine, or not permitted to this user."""

    code = "address_not_free"


class ServerFailed(Unavailable):
    """The server stopped unexpectedly; its messages on stderr say why."""

    code = "server_failed"


def listen(config: Config) -> socket.socket:
    """Return a socket that listens at the configured address.

    Raises:
        AddressNotFree.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        listener = socket.create_server((config.host, config.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressNotFree(f"Cannot listen at {config.host} port {config.port}: {error.strerror}.") from error
    _notice_vanished_clients(listener)
    return listener


def _notice_vanished_clients(listener: socket.socket) -> None:
    """Let the system end a connection whose client is gone without a word, in half a minute instead of 15 minutes.

    Connections inherit these options. Keep-alive finds that an idle client is gone, and the user timeout that one takes
    nothing of what is sent.
    Only Linux has all of them.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", GONE_AFTER_SECONDS // 2),
        ("TCP_KEEPINTVL", GONE_AFTER_SECONDS // 6),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", GONE_AFTER_SECONDS * 1_000),
    ):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def settings_of(config: Config, listener: socket.socket) -> Config:
    """Return the settings with the port that the socket listens at; for port 0 the operating system has chosen one."""
    return replace(config, port=listener.getsockname()[1])


def run_server(config: Config, listener: socket.socket, *, stop_with_parent: bool = False) -> None:
    """Serve until a signal stops the server; with `stop_with_parent`, also until the parent process ends.

    SIGTERM, SIGINT and the end of its terminal (SIGHUP) end live feeds and give requests 30 seconds to finish; a second
    SIGINT ends them at once. Without a terminal, SIGHUP is ignored.

    Raises:
        ServerFailed: the workers do not start.
    """
    parent = os.getppid() if stop_with_parent else None
    log_to_stdout(config.log_level)
    _allow_open_files()
    try:
        GracefulArbiter(Server(config, listener), parent).run()
    except SystemExit as stopped:
        if stopped.code:
            raise ServerFailed(
                f"The server stopped with exit code {stopped.code}; see its messages above."
            ) from stopped


def _allow_open_files() -> None:
    """Let this process and its workers have as many files open as they may have connections, if the system allows."""
    soft, hard = _limits_of_open_files()
    wanted = MOST_CONNECTIONS + FILES_BESIDE_CONNECTIONS
    if soft < wanted:
        unchanged = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(min(wanted, hard)), unchanged))


def _most_connections() -> int:
    return int(min(MOST_CONNECTIONS, _limits_of_open_files()[0] - FILES_BESIDE_CONNECTIONS))


def _limits_of_open_files() -> tuple[float, float]:
    unlimited = resource.RLIM_INFINITY
    soft, hard = (inf if one == unlimited else one for one in resource.getrlimit(resource.RLIMIT_NOFILE))
    return soft, hard


class Server(BaseApplication):
    """The application as gunicorn loads it, with gunicorn's settings.

    A worker sends its heartbeat from its main thread, which serves no requests. A slow upload therefore never times
    out; the timeout ends only a process that hangs as a whole.
    """

    def __init__(self, config: Config, listener: socket.socket) -> None:
        self.config = config
        self.listener = listener
        super().__init__()

    def load_config(self) -> None:
        """Set the options that differ from gunicorn's defaults."""
        settings = {
            "bind": [f"fd://{self.listener.detach()}"],
            "worker_class": PatientWorker,
            "worker_connections": _most_connections(),
            # Longer than a proxy keeps its connections, or it would send a request on one that is being closed.
            "keepalive": KEEPALIVE_SECONDS,
            # A file sent by the system has no deadline.
            "sendfile": False,
            "workers": self.config.workers,
            "threads": self.config.threads + self.config.feed_subscribers,
            "graceful_timeout": GRACEFUL_SECONDS,
            "loglevel": "warning",
            "logger_class": ForwardingLogger,
            # Trust forwarding headers only from the proxies that FORWARDED_ALLOW_IPS names.
            "forwarded_allow_ips": os.environ.get("FORWARDED_ALLOW_IPS", ""),
            # The control socket is a file in the home directory, which a container may lack.
            "control_socket_disable": True,
            "post_worker_init": _prepare_worker,
            "worker_exit": _close_database,
        }
        if self.config.worker_affinity:
            settings |= {"pre_fork": assign_processor, "post_fork": pin_to_processor}
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application; each worker creates its own after the fork."""
        app = create_app(self.config)
        # The objects that exist now live as long as the process; each garbage collection over them would take 80 ms.
        gc.collect()
        collect_rarely()
        return app


class ForwardingLogger(Logger):
    """gunicorn's logger without handlers of its own: what it says is part of the service's log."""

    def setup(self, cfg: Any) -> None:
        """Set up as gunicorn does, then leave the writing to the handler of this process."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class GracefulArbiter(Arbiter):
    """An arbiter that stops gracefully on every stop signal, and when its parent process ends."""

    def __init__(self, server: Server, parent: int | None) -> None:
        super().__init__(server)
        self.parent = parent

    handle_int = Arbiter.handle_term
    handle_hup = Arbiter.handle_term

    def init_signals(self) -> None:
        """Install the signal handlers, except for a SIGHUP that is ignored.

        It stops the server when its terminal closes. Without a terminal, or under nohup, it is ignored: there it asks
        a server to read its settings again, and these are read once.
        """
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN or not os.isatty(STDIN)
        super().init_signals()
        if ignored:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def murder_workers(self) -> None:
        """Check the workers, as gunicorn does every second, and also the parent process."""
        if self.parent is not None and os.getppid() != self.parent:
            raise StopIteration
        super().murder_workers()


def _prepare_worker(worker: ThreadWorker) -> None:
    """Make a stopping worker end its live feeds first, and let it delete what is old while it runs.

    Ctrl-C also reaches the workers; only the arbiter acts on it.
    """
    closing: Event = worker.wsgi.extensions[CLOSING_EXTENSION]
    expiring = (worker.wsgi.extensions[DATABASE_EXTENSION], closing)
    Thread(target=_delete_expired, args=expiring, name=EXPIRY, daemon=True).start()

    def end_feeds_then(handle: Any) -> Any:
        def handler(number: int, frame: FrameType | None) -> None:
            closing.set()
            handle(number, frame)

        return handler

    signal.signal(signal.SIGTERM, end_feeds_then(worker.handle_exit))
    signal.signal(signal.SIGQUIT, end_feeds_then(worker.handle_quit))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _delete_expired(database: Database, closing: Event) -> None:
    """Delete old uploads and ended sessions now and every hour, until the worker stops."""
    while True:
        try:
            delete_old_uploads(database)
            delete_ended_sign_ins(database)
        except (RecordError, sa.exc.SQLAlchemyError) as error:
            logger.warning("old uploads and ended sessions are not deleted yet: %s", error)
        if closing.wait(SECONDS_BETWEEN_DELETIONS):
            return


def _close_database(_arbiter: Arbiter, worker: ThreadWorker) -> None:
    """Close the worker's connections: when the last one closes, SQLite leaves the record as a single file."""
    if worker.booted:
        worker.wsgi.extensions[CLOSING_EXTENSION].set()
        for thread in running_threads():
            if thread.name == EXPIRY:
                # It may be deleting, and would give its connection back after all are closed.
                thread.join(SECONDS_TO_END)
        worker.wsgi.extensions[DATABASE_EXTENSION].close()
