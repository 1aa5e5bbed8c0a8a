"""The session of a request: a cookie with a secret, of which the database knows only the hash."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

from flask import g, request
from werkzeug.wrappers import Response

from service.access.sessions import LONGEST, SessionUnknown
from service.errors import Unauthenticated
from service.storage.db import Database
from service.usecases.access.sign_in import SignedIn, end_session, signed_in

COOKIE = "oprecord"
# The header of requests that a page makes by itself, to be up to date.
BY_ITSELF = "X-By-Itself"
# A cookie with this prefix is taken by browsers only over HTTPS, for this host alone, and for all its pages.
HTTPS_COOKIE = f"__Host-{COOKIE}"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac": "Mac",
    "Linux": "Linux",
}


def require_signed_in(database: Database) -> SignedIn:
    """Return who is signed in with the cookie of this request.

    Raises:
        SessionUnknown, SessionTooOld, SessionIdle, CredentialUnknown, CredentialRevoked, CredentialExpired.
    """
    secret = session_secret()
    if not secret:
        raise SessionUnknown("Nobody is signed in. Sign in first.")
    return signed_in(database, secret, is_use=BY_ITSELF not in request.headers)


def session_secret() -> str:
    """Return the secret in the cookie of this request; empty if there is none."""
    sent = request.cookies.get(_cookie_name(), "")
    return sent if SECRET.fullmatch(sent) else ""


def keep_session(response: Response, secret: str) -> None:
    """Set the cookie of a new session."""
    response.set_cookie(
        _cookie_name(),
        secret,
        max_age=LONGEST // timedelta(seconds=1),
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def forget_session(response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(_cookie_name(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def end_former_session(database: Database) -> None:
    """End the session that this browser had before, if it has one: a person signs in anew to be somebody else."""
    if session_secret():
        with suppress(Unauthenticated):
            former = require_signed_in(database)
            end_session(database, former, former.session.id)
    g.pop("signed_in", None)


def browser_name() -> str:
    """Return the browser and system of this request, such as `Firefox on Windows`."""
    sent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in sent), "Another browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in sent), "")
    return f"{browser} on {system}" if system else browser


def _cookie_name() -> str:
    return HTTPS_COOKIE if request.is_secure else COOKIE
