"""Answers to requests that never reach the application: problems, as the application's own."""

from __future__ import annotations

import json
from http import HTTPStatus

from service.api.http.errors import PROBLEM_JSON, RETRY_AFTER_SECONDS, BadRequest, InternalError, problem
from service.errors import RecordError, Unavailable


class ServerBusy(Unavailable):
    """The service receives as many large requests as it can. Send the same again after the time in Retry-After."""

    code = "server_busy"


MALFORMED = "Its first line, a header or a chunk is malformed."
REASONS = {
    HTTPStatus.REQUEST_TIMEOUT: "It did not arrive in time. Send it again on a new connection.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Its headers are too long.",
    HTTPStatus.NOT_IMPLEMENTED: "Send it with a Content-Length, or with Transfer-Encoding: chunked.",
}


def refusal(status: HTTPStatus) -> bytes:
    """Return a whole answer that refuses a request and ends the connection."""
    body = json.dumps(problem(_error(status)) | {"status": int(status)}).encode()
    head = [
        f"HTTP/1.1 {int(status)} {status.phrase}",
        f"Content-Type: {PROBLEM_JSON}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        head.append(f"Retry-After: {RETRY_AFTER_SECONDS}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def _error(status: HTTPStatus) -> RecordError:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ServerBusy("The service receives as many large requests as it can. Send the same again in a moment.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in REASONS:
        return InternalError("The service failed; see its log.")
    return BadRequest(f"The request cannot be read: {status.phrase}. {REASONS.get(status, MALFORMED)}")
