"""Security of every request: a request id, and response headers that restrict what browsers may do."""

from __future__ import annotations

import re

from flask import Flask, Response, g, request
from uuid_utils import uuid7

from service.api.http.errors import NoSuchAddress
from service.runtime.request_facts import current_facts

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def register_security(app: Flask) -> None:
    """Add an id to every request and the security headers to every answer."""
    app.before_request(_name_request)
    app.before_request(_refuse_nul)
    app.after_request(_add_headers)


def _name_request() -> None:
    sent = request.headers.get("X-Request-Id", "")
    name = sent if REQUEST_ID.fullmatch(sent) else str(uuid7())
    g.request_id = current_facts()["request_id"] = name


def _refuse_nul() -> None:
    """Refuse an address with a NUL: no resource has one, and PostgreSQL does not accept it in a query.

    Raises:
        NoSuchAddress.
    """
    if "\0" in request.path:
        raise NoSuchAddress("There is nothing at this address.")


def _add_headers(response: Response) -> Response:
    # This runs for every answer, and looking up a header that is not set is slow in Werkzeug.
    set_already = {name.lower() for name, _value in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in set_already:
            response.headers.add(name, value)
    response.headers.add("X-Request-Id", g.get("request_id", ""))
    return response
