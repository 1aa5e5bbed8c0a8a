"""The feed behind a page that updates by itself: it states only that the log has grown; the page then asks again."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request

from service.access.roles import READERS
from service.errors import Unauthenticated
from service.storage.db import Database
from service.usecases.access.sign_in import signed_in
from service.web.site.blueprint import PageNotFound, Pages, credential, database, site
from service.web.site.session import session_secret

pages = Pages("live", __name__)

EVENT_STREAM = "text/event-stream"
RETRY_MILLISECONDS = 2_000
MOST_DIGITS = 18


@pages.route("/operations/<operation>/live")
@pages.requires(*READERS)
def feed(operation: str) -> Response:
    """Stream `event: head` with the size of the log whenever it has grown beyond `after`."""
    sent = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= MOST_DIGITS):
        raise PageNotFound("There is no such feed.")
    seqs = site().feeds.subscribe_to_head(operation=operation, credential=credential(), after=int(sent))
    response = Response(_stream(seqs, database(), session_secret()), content_type=EVENT_STREAM)
    # nginx would hold it back otherwise.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _stream(seqs: Iterator[int | None], database: Database, secret: str) -> Iterator[str]:
    """Yield the stream until the session ends, which is checked at each heartbeat and each head."""
    yield f"retry: {RETRY_MILLISECONDS}\n\nevent: hello\ndata: {{}}\n\n"
    for seq in seqs:
        try:
            signed_in(database, secret, is_use=False)
        except Unauthenticated:
            break
        yield "event: beat\ndata: {}\n\n" if seq is None else f"id: {seq}\nevent: head\ndata: {seq}\n\n"
    yield "event: bye\ndata: {}\n\n"
