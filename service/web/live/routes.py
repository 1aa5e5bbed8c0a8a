"""The feed behind a page that updates by itself: it states only that the log has grown; the page then asks again."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request

from service.access.roles import READERS
from service.errors import Unauthenticated
from service.eventlog.cursors import Cursor, CursorOfAnotherHistory, HistoryChanged, parse_cursor
from service.storage.db import Database
from service.usecases.access.sign_in import signed_in
from service.web.site.blueprint import PageNotFound, Pages, credential, database, site
from service.web.site.session import EVENT_STREAM, session_secret

pages = Pages("live", __name__)

RETRY_MILLISECONDS = 2_000
BEAT, BYE = "event: beat\ndata: {}\n\n", "event: bye\ndata: {}\n\n"
RESET = f'event: reset\ndata: {{"code":"{HistoryChanged.code}"}}\n\n'


@pages.route("/operations/<operation>/live")
@pages.requires(*READERS)
def feed(operation: str) -> Response:
    """Stream `event: head` with the size of the log whenever it has grown beyond `after`.

    `event: reset` ends it: the log has lost events that the page shows, so the page must be loaded again.
    """
    after = parse_cursor(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
    if after is None:
        raise PageNotFound("There is no such feed.")
    try:
        cursors = site().feeds.subscribe_to_head(operation=operation, credential=credential(), after=after)
    except CursorOfAnotherHistory:
        # A browser shows a page nothing of an answer that is no stream.
        return Response(RESET, content_type=EVENT_STREAM)
    response = Response(_stream(cursors, database(), session_secret()), content_type=EVENT_STREAM)
    # nginx would hold it back otherwise.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _stream(cursors: Iterator[Cursor | None], database: Database, secret: str) -> Iterator[str]:
    """Yield the stream until the session ends, which is checked at each heartbeat and each head."""
    yield f"retry: {RETRY_MILLISECONDS}\n\nevent: hello\ndata: {{}}\n\n"
    try:
        for cursor in cursors:
            signed_in(database, secret, is_use=False)
            yield BEAT if cursor is None else f"id: {cursor.text}\nevent: head\ndata: {cursor.seq}\n\n"
    except HistoryChanged:
        yield RESET
    except Unauthenticated:
        yield BYE
    else:
        yield BYE
