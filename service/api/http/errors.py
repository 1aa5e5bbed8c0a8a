"""Errors as answers: problem+json (RFC 9457). This module alone maps error classes to HTTP statuses."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from time import monotonic
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from service.api.http.bodies import BodyCutShort, BodyTooLarge, NotTheMediaType, discard_rest
from service.errors import Conflict, Failed, Forbidden, Invalid, NotFound, RecordError, Unauthenticated, Unavailable
from service.exports.media import NotAcceptable
from service.storage.db import DatabaseBusy, DatabaseFailed
from service.usecases.recording.record import NotRecorded
from service.wire.schemas import wrong_fields
from service.wire.strict_json import JsonTrap, NotJson

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_SECONDS = 2
SECONDS_BETWEEN_REASONS = 5.0

logger = logging.getLogger(__name__)
_last_logged: dict[str, float] = {}


class NoSuchAddress(NotFound):
    """There is nothing at this address."""

    code = "no_such_address"


class MethodNotAllowed(Invalid):
    """The address does not support this method; the Allow header lists the methods it supports."""

    code = "method_not_allowed"


class BadRequest(Invalid):
    """The request cannot be read."""

    code = "bad_request"


class InternalError(Failed):
    """The service failed. Events that have a receipt are recorded; send the others again."""

    code = "internal_error"


# The nearest class in an error's ancestry gives its status.
STATUSES: dict[type[RecordError], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadRequest: HTTPStatus.BAD_REQUEST,
    NotJson: HTTPStatus.BAD_REQUEST,
    JsonTrap: HTTPStatus.BAD_REQUEST,
    BodyCutShort: HTTPStatus.BAD_REQUEST,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    NotTheMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    NotRecorded: HTTPStatus.FAILED_DEPENDENCY,
    Failed: HTTPStatus.INTERNAL_SERVER_ERROR,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: RecordError) -> HTTPStatus:
    """Return the HTTP status of an error."""
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def problem(error: RecordError) -> dict[str, Any]:
    """Return an error as a problem object: type, title, status, detail, code, errors, and any further members."""
    return {
        "type": f"urn:operation-record:problem:{error.code}",
        "title": title_of(type(error)),
        "status": int(status_of(error)),
        "detail": error.detail,
        "code": error.code,
        "errors": [{"pointer": one.pointer, "detail": one.detail} for one in error.errors],
        **error.members,
    }


def title_of(cls: type[RecordError]) -> str:
    """Return the title of an error class: the first paragraph of its docstring."""
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split())


def problem_response(error: RecordError) -> Response:
    """Return the answer for an error. What the database said goes to the log alone."""
    if isinstance(error, DatabaseBusy | DatabaseFailed):
        _log_reason(error)
    body = problem(error)
    if "request_id" in g:
        body["instance"] = f"urn:operation-record:request:{g.request_id}"
    response = Response(json.dumps(body), status=status_of(error), content_type=PROBLEM_JSON)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = f'Bearer realm="operation record", error="{error.code}"'
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def framework_response(error: HTTPException) -> Response:
    """Return the answer for an error of the framework: unknown address or method, invalid query, internal failure."""
    messages = (getattr(error, "data", None) or {}).get("messages")
    if messages:
        return problem_response(wrong_fields(next(iter(messages.values()))))
    response = problem_response(_framework_error(error))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def register_errors(app: Flask) -> None:
    """Answer every error of the service, and every error of the framework, as a problem."""
    app.register_error_handler(RecordError, problem_response)
    app.register_error_handler(HTTPException, framework_response)
    app.after_request(_discard_body)


def _log_reason(error: DatabaseBusy | DatabaseFailed) -> None:
    """Log what the database said: a line at most every few seconds, however many requests it concerns."""
    now = monotonic()
    if now - _last_logged.get(error.code, -SECONDS_BETWEEN_REASONS) >= SECONDS_BETWEEN_REASONS:
        _last_logged[error.code] = now
        logger.warning("%s: %s", error.code, error.reason or error.detail)


def _discard_body(response: Response) -> Response:
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        discard_rest(request)
    return response


def _framework_error(error: HTTPException) -> RecordError:
    match error.code:
        case HTTPStatus.NOT_FOUND:
            return NoSuchAddress("There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotAllowed("This address does not support this method; see the Allow header.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return BodyTooLarge("The body is larger than this call accepts.")
        case code if code is not None and code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return BadRequest(error.description or "The request cannot be read.")
    return InternalError("The service failed; see its log. Send the same request again: nothing is counted twice.")
