"""GET /v1/operations/{operation}/feed: events as they are recorded, streamed as server-sent events."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from flask import Response, current_app, request

from service.access.roles import REPORTERS
from service.api.http.blueprint import EVENT_STREAM, Blueprint, NoQuery, caller
from service.usecases.querying.feed import Feeds, Item
from service.wire.schemas import WrongFields

blueprint = Blueprint("feed", __name__, description="Follow an operation's events live")

EXTENSION = "oprecord_feeds"
RETRY_MILLISECONDS = 2_000
MOST_DIGITS = 18


@blueprint.route("/v1/operations/<operation>/feed")
@blueprint.requires(*REPORTERS)
@blueprint.query(NoQuery)
@blueprint.doc(
    parameters=[
        {
            "name": "Last-Event-ID",
            "in": "header",
            "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
            "description": "return events after this seq; without it, events recorded from now on",
        }
    ]
)
@blueprint.answers({200: {EVENT_STREAM: {"type": "string"}}}, problems=(404, 422))
def feed(_query: dict[str, Any], operation: str) -> Response:
    """Stream new events: a force receives its own, the coordinator all. The id of each is its seq."""
    feeds: Feeds = current_app.extensions[EXTENSION]
    items = feeds.subscribe(operation=operation, credential=caller(), after=_last_event_id())
    response = Response(_stream(items), content_type=EVENT_STREAM)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _last_event_id() -> int | None:
    sent = request.headers.get("Last-Event-ID")
    if sent is None:
        return None
    if not (sent.isascii() and sent.isdigit() and len(sent) <= MOST_DIGITS):
        raise WrongFields("Expected the seq of an event as Last-Event-ID.", pointer="/Last-Event-ID")
    return int(sent)


def _stream(feed: Iterator[list[Item]]) -> Iterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    for items in feed:
        yield "".join(map(_frame, items)) or ": still here\n\n"
    yield "event: bye\ndata: {}\n\n"


@lru_cache(2_000)
def _frame(item: Item) -> str:
    """Return an event as a server-sent event. It is the same for every subscriber, and so is built only once."""
    seq, _force, text = item
    return f"id: {seq}\nevent: {orjson.loads(text)['type']}\ndata: {text}\n\n"
