"""What every request gets: an id, and headers that tell browsers to trust nothing."""

from __future__ import annotations

import re

from flask import Flask, Response, g, request
from uuid_utils.compat import uuid7

from service.api.errors import NoSuchAddress

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def register_security(app: Flask) -> None:
    """Give every request an id and every answer its headers."""
    app.before_request(_name_request)
    app.before_request(_refuse_nul)
    app.after_request(_add_headers)


def _name_request() -> None:
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else str(uuid7())


def _refuse_nul() -> None:
    """Refuse an address with a NUL: nothing of ours has one, and PostgreSQL cannot even be asked.

    Raises:
        NoSuchAddress.
    """
    if "\0" in request.path:
        raise NoSuchAddress("There is nothing at this address.")


def _add_headers(response: Response) -> Response:
    # The answer to every request passes here, and asking its headers for one that they lack is slow.
    set_already = {name.lower() for name, _value in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in set_already:
            response.headers.add(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
