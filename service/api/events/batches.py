"""Batches: up to 1,000 events in one JSON body, or any number of events as newline-delimited JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import marshmallow as ma
from flask import Response, request

from service.access.roles import REPORTERS
from service.api.events.routes import EVENT
from service.api.http import examples
from service.api.http.answer_schemas import BatchSchema, StreamSummarySchema
from service.api.http.answers import item_json
from service.api.http.blueprint import Blueprint, answer, caller, database, secret
from service.api.http.bodies import (
    JSON,
    MOST_BYTES_OF_A_BATCH,
    NDJSON,
    is_ndjson,
    json_body,
    ndjson_lines,
    require_media_type,
)
from service.api.http.errors import PROBLEM_JSON, problem, status_of
from service.api.http.problem_schema import ProblemSchema
from service.api.http.queries import BatchQuery
from service.domain.deciding.draft import Submission
from service.errors import RecordError, Unauthenticated
from service.runtime.prefetch import prefetched
from service.usecases.querying.read_operations import read_operation
from service.usecases.recording.appending import Outcome
from service.usecases.recording.record import record_events
from service.wire.checked import load_submission
from service.wire.fields import InstantField
from service.wire.schemas import StrictSchema, WrongFields, check
from service.wire.strict_json import parse

blueprint = Blueprint("batches", __name__, description="Record many events at once")

MOST_EVENTS = 1_000
BYTES_IN_ONE_CHUNK = 1024 * 1024
MOST_REFUSALS = 1_000
NumberedSubmission = tuple[int, Submission | RecordError]
BATCH = {
    "type": "object",
    "additionalProperties": False,
    "required": ["events"],
    "properties": {
        "events": {"type": "array", "minItems": 1, "maxItems": MOST_EVENTS, "items": EVENT},
        "recorded_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "imported operations only: the recorded_at of the events that have none of their own",
        },
    },
}


def _check_length(events: Any) -> None:
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise ma.ValidationError(f"Expected a list of 1 to {MOST_EVENTS} items.")


class Envelope(StrictSchema):
    """The envelope of a batch. Each event in it is checked and refused individually."""

    events = ma.fields.Raw(required=True, validate=_check_length)
    recorded_at = InstantField(allow_none=True)


ENVELOPE = Envelope()


@blueprint.route("/v1/operations/<operation>/batches", methods=["POST"])
@blueprint.requires(*REPORTERS)
@blueprint.query(BatchQuery)
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {JSON: {"schema": BATCH, "example": examples.BATCH}, NDJSON: {"schema": {"type": "string"}}},
    }
)
@blueprint.answers(
    {
        201: BatchSchema,
        200: {JSON: {"anyOf": [BatchSchema, StreamSummarySchema]}},
        207: {JSON: {"anyOf": [BatchSchema, StreamSummarySchema]}},
        422: {JSON: BatchSchema, PROBLEM_JSON: ProblemSchema},
    },
    problems=(400, 404, 413, 415),
)
def post_batch(query: dict[str, Any], operation: str) -> Response:
    """Record many events; the answer gives the outcome for each, in input order.

    201 if any event was recorded, 200 if all were replays, 207 if any was refused. With `atomic=true` either all
    events are recorded or none: the answer is then 422, and the events without an error of their own get 424.

    A body of lines (`application/x-ndjson`) may hold any number of events. They are committed in chunks of 1,000 and
    answered with a summary after the last line; a refused line does not stop the others. If the credential is revoked
    or expires while lines arrive, no further line is recorded, and the 401 states how many were.
    """
    if is_ndjson(request):
        return _stream(operation, query)
    require_media_type(request, JSON, NDJSON)
    rows = _events_of(json_body(request, MOST_BYTES_OF_A_BATCH))
    outcomes = record_events(
        database(),
        operation=operation,
        sender=secret(),
        submissions=[_submission(row) for row in rows],
        atomic=query["atomic"],
        dry_run=query["dry_run"],
    )
    results = [item_json(index, outcome) for index, outcome in enumerate(outcomes)]
    status = _batch_status(outcomes, atomic=query["atomic"])
    return answer({"dry_run": query["dry_run"], "results": results}, status)


def _events_of(body: Any) -> list[Any]:
    check(ENVELOPE, body)
    if body.get("recorded_at") is None:
        return list(body["events"])
    shared = {"recorded_at": body["recorded_at"]}
    return [shared | row if isinstance(row, dict) else row for row in body["events"]]


def _submission(row: Any) -> Submission | RecordError:
    try:
        return load_submission(row)
    except RecordError as error:
        return error


def _batch_status(outcomes: Sequence[Outcome], *, atomic: bool) -> HTTPStatus:
    if any(outcome.error for outcome in outcomes):
        return HTTPStatus.UNPROCESSABLE_ENTITY if atomic else HTTPStatus.MULTI_STATUS
    return HTTPStatus.CREATED if any(outcome.is_new for outcome in outcomes) else HTTPStatus.OK


@dataclass(slots=True)
class _Summary:
    recorded: int = 0
    replayed: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def until(self, line: int) -> str:
        """Return what became of the lines before this one, as a sentence."""
        return (
            f"Of the lines before line {line:,}, {self.recorded:,} were recorded, {self.replayed:,} had been recorded "
            f"before and {self.refused:,} were refused. No later line was recorded."
        )

    def add(self, line: int, outcome: Outcome) -> None:
        if outcome.error is None:
            self.recorded += outcome.is_new
            self.replayed += not outcome.is_new
            return
        self.refused += 1
        if len(self.refusals) < MOST_REFUSALS:
            status = int(status_of(outcome.error))
            self.refusals.append({"line": line, "status": status, "problem": problem(outcome.error)})


def _stream(operation: str, query: dict[str, Any]) -> Response:
    for name in ("atomic", "dry_run"):
        if query[name]:
            raise WrongFields(f"Lines are committed in chunks: use {name} with a JSON batch.", pointer=f"/{name}")
    read_operation(database(), operation=operation, credential=caller())
    summary = _Summary()
    # Another thread reads the body; there, the proxy `request` has no request to refer to.
    body = _chunks(ndjson_lines(request._get_current_object()))  # type: ignore[attr-defined]  # noqa: SLF001
    for chunk in prefetched(body):
        submissions = [submission for _number, submission in chunk]
        try:
            outcomes = record_events(database(), operation=operation, sender=secret(), submissions=submissions)
        except Unauthenticated as error:
            raise type(error)(f"{error.detail} {summary.until(chunk[0][0])}") from error
        for (number, _submission), outcome in zip(chunk, outcomes, strict=True):
            summary.add(number, outcome)
    head, _operation = read_operation(database(), operation=operation, credential=caller())
    summed = {
        "recorded": summary.recorded,
        "replayed": summary.replayed,
        "refused": summary.refused,
        "head": head.seq,
        "refusals": summary.refusals,
    }
    return answer(summed, HTTPStatus.MULTI_STATUS if summary.refused else HTTPStatus.OK)


def _chunks(lines: Iterable[tuple[int, bytes | RecordError]]) -> Iterator[list[NumberedSubmission]]:
    """Yield the events of numbered lines in chunks no larger than a batch, and smaller if the lines are long."""
    chunk: list[NumberedSubmission] = []
    size = 0
    for number, line in lines:
        chunk.append((number, _line_submission(line)))
        size += len(line) if isinstance(line, bytes) else 0
        if len(chunk) == MOST_EVENTS or size > BYTES_IN_ONE_CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _line_submission(line: bytes | RecordError) -> Submission | RecordError:
    if isinstance(line, RecordError):
        return line
    try:
        return load_submission(parse(line))
    except RecordError as error:
        return error
