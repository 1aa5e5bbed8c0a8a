"""Forms: each must come from a page of this service, and of this session."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import g, request

from service.errors import Invalid
from service.web.site.session import session_secret

FIELD = "csrf_token"
PURPOSE = b"form"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
MOST_BYTES_OF_A_FORM = 200_000


class FormFromElsewhere(Invalid):
    """The form was not sent by a page of this service, or the person has signed in again since the page was opened."""

    code = "form_from_elsewhere"


def check_origin() -> None:
    """Refuse a form that another site has sent. Browsers state the origin with every form.

    Raises:
        FormFromElsewhere.
    """
    if request.method in SAFE_METHODS:
        return
    sent_by, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    # Browsers send the former only over HTTPS and to this machine.
    is_own = sent_by == "same-origin" if sent_by is not None else _host_of(origin or "") == request.host
    if not is_own:
        raise FormFromElsewhere("Expected a form of this service; found one of another site. Open the page again.")


def _host_of(origin: str) -> str | None:
    """Return the host in an origin; None if it is malformed, as no browser sends it."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def check_form() -> None:
    """Refuse a form that a page of another session has sent.

    Raises:
        FormFromElsewhere.
    """
    if request.method in SAFE_METHODS:
        return
    sent = request.form.get(FIELD, "")
    if not hmac.compare_digest(sent.encode(), form_token().encode()):
        raise FormFromElsewhere("Expected a form of this session; found one of another. Open the page again.")


def form_token() -> str:
    """Return the token that every form of this session carries. It does not reveal the session's secret."""
    if "form_token" not in g:
        g.form_token = hmac.new(session_secret().encode(), PURPOSE, hashlib.sha256).hexdigest()
    token: str = g.form_token
    return token


def local_address(sent: str | None, default: str) -> str:
    """Return an address to go on to, if it is one of this service; otherwise the default.

    A link to the sign-in page may name any address. Browsers read two slashes, also backward ones, as another site.
    """
    if sent is None or not sent.startswith("/") or sent.startswith(("//", "/\\")):
        return default
    if any(ord(character) < ord(" ") or character == "\\" for character in sent):
        return default
    parts = urlsplit(sent)
    return default if parts.scheme or parts.netloc else sent
