"""Events: record one, list them, and show one with its corrections."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, request

from service.access.roles import REPORTERS
from service.api.http import examples
from service.api.http.answer_schemas import DryRunSchema, EventHistorySchema, EventPageSchema, ReceiptSchema
from service.api.http.answers import receipt_answer
from service.api.http.blueprint import Blueprint, answer, caller, database, secret
from service.api.http.bodies import JSON, MOST_BYTES_OF_AN_EVENT, NDJSON, json_body
from service.api.http.queries import EventsQuery, RecordQuery
from service.exports.tables_of_answers import FILES, events_table, preferred_media, table_answer
from service.usecases.querying.read_events import EventNotFound, Filter, read_event, read_page, stream_lines
from service.usecases.recording.record import record_events
from service.wire.checked import load_submission
from service.wire.schemas import REPORT_TYPES, event_schema

blueprint = Blueprint("events", __name__, description="Record and read single events")

EVENT = {"oneOf": [event_schema(wire_type) for wire_type in REPORT_TYPES]}


@blueprint.route("/v1/operations/<operation>/events", methods=["POST"])
@blueprint.requires(*REPORTERS, proved_by_view=True)
@blueprint.query(RecordQuery)
@blueprint.takes(EVENT, example=examples.ARREST)
@blueprint.answers(
    {201: ReceiptSchema, 200: {JSON: {"anyOf": [ReceiptSchema, DryRunSchema]}}}, problems=(400, 404, 409, 413, 415, 422)
)
def post_event(query: dict[str, Any], operation: str) -> Response:
    """Record one event: 201 with its receipt, or 200 with the identical receipt if it is already recorded."""
    submission = load_submission(json_body(request, MOST_BYTES_OF_AN_EVENT))
    (outcome,) = record_events(
        database(), operation=operation, sender=secret(), submissions=[submission], dry_run=query["dry_run"]
    )
    if query["dry_run"] and outcome.error is None:
        status = HTTPStatus.CREATED if outcome.is_new else HTTPStatus.OK
        return answer({"dry_run": True, "status": int(status)})
    return receipt_answer(outcome)


@blueprint.route("/v1/operations/<operation>/events")
@blueprint.requires(*REPORTERS)
@blueprint.query(EventsQuery)
@blueprint.answers({200: {JSON: EventPageSchema, NDJSON: {"type": "string"}} | FILES}, problems=(404, 406, 409, 422))
def get_events(query: dict[str, Any], operation: str) -> Response:
    """List events in log order: a force sees its own events, the coordinator all.

    With `Accept: application/x-ndjson`, the log is streamed up to its head as the canonical text of each event, one per
    line, and `limit` is ignored. The SHA-256 of a zero byte followed by a line is the event's leaf hash. With `Accept:
    text/csv`, or the media type of XLSX, the answer is a table with a row for each line of a seizure.

    `cursor` is how far you have read: send it as `after`, now or later. It carries the root of the log there, so it is
    refused (`cursor_of_another_history`) once the database has lost events that you read. A bare seq is not checked.
    """
    media = preferred_media(NDJSON)
    wanted = Filter(forces=query.get("force", ()), types=query.get("type", ()))
    if media != JSON:
        lines = stream_lines(database(), operation=operation, credential=caller(), wanted=wanted, after=query["after"])
        if media == NDJSON:
            return Response(lines, content_type=NDJSON)
        return table_answer(media, f"{operation}-events", [events_table(lines)])
    page = read_page(
        database(),
        operation=operation,
        credential=caller(),
        wanted=wanted,
        after=query["after"],
        limit=query["limit"],
    )
    return answer(
        {
            "operation": operation,
            "imported": page.head.imported,
            "head": page.head.seq,
            "events": page.events,
            "next": page.next_after,
            "cursor": page.cursor,
        }
    )


@blueprint.route("/v1/operations/<operation>/events/<event_id>")
@blueprint.requires(*REPORTERS)
@blueprint.query()
@blueprint.answers({200: EventHistorySchema}, problems=(404, 422))
def get_event(_query: dict[str, Any], operation: str, event_id: str) -> Response:
    """Show an event, its corrections in order, and its standing version, null if the event was withdrawn."""
    found = read_event(database(), operation=operation, credential=caller(), event_id=_uuid(event_id))
    return answer(
        {
            "imported": found.imported,
            "event": found.event,
            "corrections": found.corrections,
            "standing": found.standing,
        }
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise EventNotFound("Expected the id of an event, a UUID.") from error
