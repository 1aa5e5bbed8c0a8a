"""The pages, for people who coordinate, report and observe. They call the same use cases as the API."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from service.access.accounts import Accounts
from service.storage.db import Database
from service.usecases.querying.feed import Feeds
from service.web.access import routes as access
from service.web.account import routes as account
from service.web.compare import routes as compare
from service.web.day import routes as day
from service.web.duplicates import routes as duplicates
from service.web.events import correct
from service.web.events import routes as events
from service.web.live import routes as live
from service.web.operations import routes as operations
from service.web.overview import files as tables
from service.web.overview import routes as overview
from service.web.overview import then_and_now
from service.web.public import routes as public
from service.web.publications import routes as publications
from service.web.record import routes as record
from service.web.returns import routes as returns
from service.web.setup import routes as setup
from service.web.sign_in import accounts
from service.web.sign_in import routes as sign_in
from service.web.site import assets
from service.web.site.blueprint import EXTENSION, Site
from service.web.site.errors import register_errors
from service.web.site.forms import MOST_BYTES_OF_A_FORM, check_origin
from service.web.site.headers import add_headers
from service.web.site.rendering import register_templates
from service.web.uploads import routes as uploads

PLACES = (
    sign_in,
    accounts,
    account,
    operations,
    overview,
    then_and_now,
    tables,
    live,
    day,
    events,
    correct,
    record,
    returns,
    duplicates,
    compare,
    public,
    publications,
    setup,
    access,
    uploads,
    assets,
)


def connect_pages(app: Flask, database: Database, feeds: Feeds, with_accounts: Accounts | None) -> None:
    """Give the pages of an application their database, the live feeds, and what signs people in with accounts."""
    app.extensions[EXTENSION] = Site(database, feeds, with_accounts)


def register_pages(app: Flask, *, problem: Callable[[HTTPException], Response]) -> None:
    """Register every place that a person can go to. `problem` makes the API's answer to an unknown address."""
    register_templates(app)
    pages = Blueprint("pages", __name__)
    pages.before_request(_limit_form)
    pages.before_request(check_origin)
    pages.after_request(add_headers)
    register_errors(app, pages, problem)
    for place in PLACES:
        pages.register_blueprint(place.pages)
    app.register_blueprint(pages)


def _limit_form() -> None:
    """Limit what is sent to a page, also by who is not signed in; a page that takes more says so."""
    request.max_content_length = MOST_BYTES_OF_A_FORM
