"""The session of a request: a cookie with a secret, of which the database knows only the hash."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import g, request
from werkzeug.wrappers import Response

from service.access.sessions import LONGEST, SessionUnknown
from service.errors import Unauthenticated
from service.storage.db import Database
from service.usecases.access.sign_in import SignedIn, end_session, signed_in
from service.web.site import words

COOKIE = "oprecord"
# The header of requests that a page makes by itself, to be up to date; a browser cannot send it when it opens a stream.
BY_ITSELF = "X-By-Itself"
EVENT_STREAM = "text/event-stream"
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
    is_by_itself = BY_ITSELF in request.headers or EVENT_STREAM in request.headers.get("Accept", "")
    return signed_in(database, secret, is_use=not is_by_itself)


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


def session_state(who: SignedIn) -> dict[str, Any]:
    """Return what a page says about the end of its session, for `session.js`: in how many seconds, and the sentences.

    `person` is the same for the sessions of one person, and tells nothing about who it is.
    """
    ends, latest = who.ends_at(), who.ends_at_the_latest()
    can_stay = ends < latest
    why = "12 hours after you signed in" if latest == who.session.ends_at_the_latest() else "when your access ends"
    at, end = words.clock(ends), f"You will be signed out at {words.clock(ends)}"
    return {
        "person": _digest_of(who),
        "seconds": (ends - who.now) // timedelta(seconds=1),
        "can_stay": can_stay,
        "ends": f"{end} if you do nothing until then, and at {words.clock(latest)} in any case."
        if can_stay
        else f"{end}, {why}.",
        "warning": f"{end}, because you have not opened or sent a page for a while."
        if can_stay
        else f"{end}, {why}. This cannot be put off: send what you have typed before then.",
        "kept": f"You are signed in until {at}.",
        "ended": f"You were signed out at {at}. What you typed is still here. Sign in in another tab, then go on here.",
    }


def browser_name() -> str:
    """Return the browser and system of this request, such as `Firefox on Windows`."""
    sent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in sent), "Another browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in sent), "")
    return f"{browser} on {system}" if system else browser


def _digest_of(who: SignedIn) -> str:
    """Return a text that is the same for all sessions of a person in one force and role."""
    said = "\n".join((who.credential.force, who.credential.role, who.session.subject or ""))
    return hashlib.sha256(said.encode()).hexdigest()


def _cookie_name() -> str:
    return HTTPS_COOKIE if request.is_secure else COOKIE
