"""GET /v1/operations/{operation}/feed: events as they are recorded, streamed as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from flask import Response, current_app, request

from service.access.roles import REPORTERS
from service.api.http.blueprint import EVENT_STREAM, Blueprint, NoQuery, caller
from service.api.http.errors import problem
from service.eventlog.cursors import CURSOR_TEXT, Cursor, HistoryChanged, parse_cursor
from service.usecases.querying.feed import Feeds, Item
from service.wire.schemas import WrongFields

blueprint = Blueprint("feed", __name__, description="Follow an operation's events live")

EXTENSION = "oprecord_feeds"
RETRY_MILLISECONDS = 2_000


@blueprint.route("/v1/operations/<operation>/feed")
@blueprint.requires(*REPORTERS)
@blueprint.query(NoQuery)
@blueprint.doc(
    parameters=[
        {
            "name": "Last-Event-ID",
            "in": "header",
            "schema": {"type": "string", "pattern": f"^{CURSOR_TEXT.pattern}$"},
            "description": "return events after this one: the `id` of an event of the feed, or a seq; without it, "
            "events recorded from now on",
        }
    ]
)
@blueprint.answers({200: {EVENT_STREAM: {"type": "string"}}}, problems=(404, 409, 422))
def feed(_query: dict[str, Any], operation: str) -> Response:
    """Stream new events: a force receives its own, the coordinator all. The id of each is its cursor.

    A cursor is a seq and the first digits of the root there, such as `11-3f9a2c4d5e6f7081`. If the database loses
    events that the feed has sent, the feed ends with `event: reset`, whose data is a problem of the code
    `history_changed`. A cursor that counts lost events is refused with `cursor_of_another_history`. A bare seq is
    not checked.
    """
    feeds: Feeds = current_app.extensions[EXTENSION]
    items = feeds.subscribe(operation=operation, credential=caller(), after=_last_event_id())
    response = Response(_stream(items), content_type=EVENT_STREAM)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _last_event_id() -> Cursor | None:
    sent = request.headers.get("Last-Event-ID")
    if sent is None:
        return None
    cursor = parse_cursor(sent)
    if cursor is None:
        raise WrongFields(
            "Expected the id of an event of the feed, or a seq, as Last-Event-ID.", pointer="/Last-Event-ID"
        )
    return cursor


def _stream(feed: Iterator[list[Item]]) -> Iterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    try:
        for items in feed:
            yield "".join(map(_frame, items)) or ": still here\n\n"
    except HistoryChanged as error:
        yield f"event: reset\ndata: {json.dumps(problem(error))}\n\n"
    else:
        yield "event: bye\ndata: {}\n\n"


@lru_cache(2_000)
def _frame(item: Item) -> str:
    """Return an event as a server-sent event. It is the same for every subscriber, and so is built only once."""
    return f"id: {item.cursor.text}\nevent: {orjson.loads(item.text)['type']}\ndata: {item.text}\n\n"
