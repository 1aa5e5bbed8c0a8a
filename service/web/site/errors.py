"""Errors as pages: what happened, whether anything was recorded, and what to do.

A page that a person may not see does not exist for that person: there is no 403.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from service.errors import Forbidden, NotFound, RecordError, Unauthenticated, Unavailable
from service.web.site.blueprint import database
from service.web.site.forms import SAFE_METHODS, FormFromElsewhere
from service.web.site.headers import add_headers
from service.web.site.kept_forms import form_to_keep, kept_form_page
from service.web.site.rendering import render, see_other
from service.web.site.session import require_signed_in

HTML, JSON = "text/html", "application/json"
API = ("/v1/", "/openapi.json", "/docs", "/healthz", "/readyz")


class ErrorPage(NamedTuple):
    """The title and sentences of an error page, and its status."""

    title: str
    sentences: tuple[str, ...]
    status: HTTPStatus


PAGE_NOT_FOUND = ErrorPage(
    "Page not found",
    (
        "If you typed the address, check it.",
        "If you followed a link, the page may be for another force or another role than the one you signed in with.",
    ),
    HTTPStatus.NOT_FOUND,
)
BUSY = ErrorPage(
    "Sorry, the service is busy", ("Nothing was recorded. Try again in a few seconds.",), HTTPStatus.SERVICE_UNAVAILABLE
)
FROM_ELSEWHERE = ErrorPage(
    "Open the form again",
    (
        "Nothing was recorded. The form belongs to an earlier session, or another site sent it.",
        "Go back, reload the page, and send the form again.",
    ),
    HTTPStatus.BAD_REQUEST,
)
TOO_LARGE = ErrorPage(
    "What you sent is too large",
    ("Nothing was recorded. Go back, and send a smaller file or a shorter text.",),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
)
NOT_AT_THIS_PAGE = ErrorPage("This page does not take forms", ("Nothing was recorded.",), HTTPStatus.METHOD_NOT_ALLOWED)
FAILED_LOOKING = ErrorPage(
    "Sorry, there is a problem",
    ("You were only looking, so nothing has changed. Try again in a few minutes.",),
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
FAILED_SENDING = ErrorPage(
    "Sorry, there is a problem",
    (
        "What you sent may have been recorded, or may not.",
        "Go back and send the same form again: it is never recorded twice.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR,
)


def register_errors(app: Flask, pages: Blueprint, problem: Callable[[HTTPException], Response]) -> None:
    """Answer every error of a page with a page, and an unknown address with a page if a browser asks.

    `problem` makes the API's answer to an error of the framework.
    """
    pages.register_error_handler(RecordError, error_page)
    pages.register_error_handler(HTTPException, framework_error_page)

    def unknown(error: HTTPException) -> Any:
        wants_page = request.accept_mimetypes.best_match([JSON, HTML]) == HTML
        if request.path.startswith(API) or not wants_page:
            return problem(error)
        with suppress(RecordError):
            g.signed_in = require_signed_in(database())
        return add_headers(framework_error_page(error))

    for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        app.register_error_handler(status, unknown)


def error_page(error: RecordError) -> AnyResponse:
    """Return the page for an error of the service; who is not signed in is asked to sign in first."""
    if isinstance(error, Unauthenticated):
        try:
            kept = form_to_keep()
        except HTTPException as unreadable:
            return framework_error_page(unreadable)
        if kept is not None:
            return kept_form_page(kept)
        return see_other("sign_in.show", next=_this_page(), ended=error.code)
    return _shown(_page_of(error))


def framework_error_page(error: HTTPException) -> Response:
    """Return the page for an error of the framework."""
    match error.code:
        case HTTPStatus.NOT_FOUND:
            return _shown(PAGE_NOT_FOUND)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return _shown(NOT_AT_THIS_PAGE)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _shown(TOO_LARGE)
    return _shown(FAILED_LOOKING if request.method in SAFE_METHODS else FAILED_SENDING)


def _page_of(error: RecordError) -> ErrorPage:
    if isinstance(error, FormFromElsewhere):
        return FROM_ELSEWHERE
    if isinstance(error, NotFound | Forbidden):
        return PAGE_NOT_FOUND
    if isinstance(error, Unavailable):
        return BUSY
    return ErrorPage("Nothing was recorded", (error.detail,), HTTPStatus.UNPROCESSABLE_ENTITY)


def _shown(page: ErrorPage) -> Response:
    body = render(
        "site/error.html.jinja",
        title=page.title,
        sentences=page.sentences,
        request_id=g.get("request_id") if page.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
    )
    return Response(body, status=page.status, content_type="text/html; charset=utf-8")


def _this_page() -> str:
    """Return the address to come back to after signing in; a form is not sent again by itself."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path
