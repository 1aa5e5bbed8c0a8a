"""The Flask application: the database, the API, the pages, and the live feeds of this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from service.access.accounts import open_accounts
from service.api.document import register_api
from service.api.events import feed
from service.api.http.access_log import register_access_log
from service.api.http.blueprint import DATABASE_EXTENSION
from service.api.http.errors import framework_response, register_errors
from service.api.http.security import register_security
from service.config import Config
from service.storage.db import Database, open_database
from service.storage.postgresql import Limits
from service.usecases.querying.feed import Feeds
from service.usecases.recording.clocks import ClockTolerance
from service.usecases.recording.record import RequestGroupCommit
from service.web.pages import connect_pages, register_pages

CLOSING_EXTENSION = "closing"

logger = logging.getLogger(__name__)


class RecordApp(Flask):
    """A Flask application without asynchronous code, which logs a failure without its address.

    The address may contain the token of a link.
    """

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is: Flask would inspect each of them several times in a request."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """Log an exception that nothing handled; the request's route and id are part of the line."""
        logger.error("the service failed", exc_info=exc_info)


def create_app(config: Config, database: Database | None = None) -> Flask:
    """Return the application for these settings; `database` replaces the database that they name.

    Setting the threading.Event in `app.extensions["closing"]` ends the live feeds.
    """
    app = new_app()
    connect(app, config, database)
    return app


def new_app() -> Flask:
    """Return the application with all its routes. It can answer once it has been connected."""
    app = RecordApp("service", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    # A wrong address is answered with a problem, not with a redirect.
    app.url_map.merge_slashes = False
    register_access_log(app)
    register_security(app)
    register_errors(app)
    register_api(app)
    register_pages(app, problem=framework_response)
    return app


def connect(app: Flask, config: Config, database: Database | None = None) -> None:
    """Give an application its database and its live feeds, with the time limits of these settings.

    Raises:
        AccountsMisconfigured, AccountsNotInstalled: people cannot sign in with accounts as the settings say.
    """
    database = database or open_database(
        config.database_url,
        pool_size=config.threads + 1,
        pool_timeout_seconds=config.pool_timeout_seconds,
        limits=Limits(config.lock_timeout_seconds, config.statement_timeout_seconds),
    )
    database.singleton(RequestGroupCommit).wait_seconds = config.lock_timeout_seconds
    database.singleton(ClockTolerance).seconds = config.clock_tolerance_seconds
    closing = threading.Event()
    feeds = Feeds(
        database=database,
        max_subscribers=config.feed_subscribers,
        poll_seconds=config.feed_poll_milliseconds / 1_000,
        closing=closing,
    )
    app.extensions[DATABASE_EXTENSION] = database
    app.extensions[CLOSING_EXTENSION] = closing
    app.extensions[feed.EXTENSION] = feeds
    connect_pages(app, database, feeds, open_accounts(config))
