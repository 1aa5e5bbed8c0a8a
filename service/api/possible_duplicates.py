"""Possible duplicates: pairs of events that may be one, and the pairs that the coordinator rules out or reopens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import marshmallow as ma
from flask import Response, request

from service.access.roles import COORDINATOR, REPORTERS
from service.api.http import examples
from service.api.http.answer_schemas import (
    PairsRuledOutSchema,
    PossibleDuplicatesSchema,
    ReceiptSchema,
    RuledOutPageSchema,
)
from service.api.http.answers import item_json, receipt_answer
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import MOST_BYTES_OF_A_BATCH, MOST_BYTES_OF_A_CALL, json_body
from service.api.http.changes import CHANGES
from service.api.http.queries import PageQuery, PossibleDuplicatesQuery
from service.api.operations import WRITING_PROBLEMS
from service.domain.deciding.draft import Submission
from service.domain.duplicates.evidence import Evidence
from service.domain.duplicates.ranking import AMOUNTS
from service.errors import RecordError
from service.usecases.querying.possible_duplicates import PossibleDuplicates, list_ruled_out, possible_duplicates
from service.usecases.querying.search_duplicates import DuplicateKey
from service.usecases.recording.rule_out import reopen_duplicate, rule_out_duplicate, rule_out_duplicates
from service.wire.checked import load_change
from service.wire.codec import as_json
from service.wire.schemas import StrictSchema, change_schema, check

blueprint = Blueprint("possible_duplicates", __name__, description="Find events that may have been counted twice")

RULED_OUT, REOPENED = "possible-duplicates/ruled-out", "possible-duplicates/reopened"
MOST_PAIRS = 500


def _check_length(pairs: Any) -> None:
    if not isinstance(pairs, list) or not 1 <= len(pairs) <= MOST_PAIRS:
        raise ma.ValidationError(f"Expected a list of 1 to {MOST_PAIRS} items.")


class PairsSchema(StrictSchema):
    """The envelope of a list of pairs. Each pair in it is checked and refused individually."""

    pairs = ma.fields.Raw(required=True, validate=_check_length)


PAIRS = PairsSchema()
PAIRS_BODY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {
        "pairs": {"type": "array", "minItems": 1, "maxItems": MOST_PAIRS, "items": change_schema(CHANGES[RULED_OUT])},
    },
}


@blueprint.route("/v1/operations/<operation>/possible-duplicates")
@blueprint.requires(*REPORTERS)
@blueprint.query(PossibleDuplicatesQuery)
@blueprint.answers({200: PossibleDuplicatesSchema}, problems=(404, 422))
def get_possible_duplicates(query: dict[str, Any], operation: str) -> Response:
    """List arrests and seizures that may be one event, the likeliest pairs first.

    A pair is certain if two forces name the same incident and type. It is repeated if one force sent the same in two
    calls: the same reason and count, or lines, with the same incident, or place and minute. It is likely if two forces
    have the same type, related categories and the same place, at most the window apart, with amounts that do not differ
    by more than 5 %. If one of the two has only its day (`occurred_on`), the other must be on that day. Only standing
    versions are compared, and pairs that were ruled out are left out.

    Certain pairs come first, then repeated, then likely ones. In each they are sorted by `evidence.amounts`, in the
    order of its values, then by the time between the two events, then by type, place, time and seq.

    The coordinator sees all pairs. A force sees pairs of its own events alone: whether an event of another force is
    like one of its own is shown to the coordinator only.

    An operation with parts also lists pairs of events from two operations: itself and all its parts, each operation
    once. Such a pair may be of a single force. Pairs within one part are listed only for that part.
    """
    found = possible_duplicates(
        database(),
        operation=operation,
        credential=caller(),
        window_minutes=query.get("window_minutes"),
        after=query.get("after"),
        limit=query["limit"],
    )
    return answer(_found_json(found))


@blueprint.route(f"/v1/operations/<operation>/{RULED_OUT}", methods=["POST"])
@blueprint.requires(COORDINATOR)
@blueprint.query()
@blueprint.takes(change_schema(CHANGES[RULED_OUT]), example=examples.CHANGES[CHANGES[RULED_OUT]])
@blueprint.answers({201: ReceiptSchema, 200: ReceiptSchema}, problems=WRITING_PROBLEMS)
def post_ruled_out(_query: dict[str, Any], operation: str) -> Response:
    """Rule out a possible duplicate: record that the two events are different. The pair is not listed again.

    This holds even if either event is corrected later, until the pair is reopened. Give `operations`, in the order of
    `events`, unless both events belong to this operation. The pair is then also not listed in any operation that this
    one is a part of.

    If the two events are one, withdraw the event of the force that does not count it, with the reason `duplicate`.
    """
    submission = load_change(CHANGES[RULED_OUT], json_body(request, MOST_BYTES_OF_A_CALL), caller().force)
    return receipt_answer(rule_out_duplicate(database(), operation=operation, sender=caller(), submission=submission))


@blueprint.route(f"/v1/operations/<operation>/{RULED_OUT}/batches", methods=["POST"])
@blueprint.requires(COORDINATOR)
@blueprint.query()
@blueprint.takes(PAIRS_BODY, example=examples.PAIRS)
@blueprint.answers(
    {201: PairsRuledOutSchema, 200: PairsRuledOutSchema, 207: PairsRuledOutSchema}, problems=(400, 404, 413, 415, 422)
)
def post_many_ruled_out(_query: dict[str, Any], operation: str) -> Response:
    """Rule out up to 500 possible duplicates in one call; the answer gives the outcome for each pair, in input order.

    Each item of `pairs` is the body of a call that rules out one pair, and becomes an event of its own: a pair that is
    refused does not affect the others, and each can be reopened alone. 201 if any pair was recorded, 200 if all were
    replays, 207 if any was refused.
    """
    body = json_body(request, MOST_BYTES_OF_A_BATCH)
    check(PAIRS, body)
    submissions = [_submission(row) for row in body["pairs"]]
    outcomes = rule_out_duplicates(database(), operation=operation, sender=caller(), submissions=submissions)
    results = [item_json(index, outcome) for index, outcome in enumerate(outcomes)]
    if any(outcome.error for outcome in outcomes):
        return answer({"results": results}, HTTPStatus.MULTI_STATUS)
    is_new = any(outcome.is_new for outcome in outcomes)
    return answer({"results": results}, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


@blueprint.route(f"/v1/operations/<operation>/{RULED_OUT}")
@blueprint.requires(COORDINATOR)
@blueprint.query(PageQuery)
@blueprint.answers({200: RuledOutPageSchema}, problems=(404, 422))
def get_ruled_out(query: dict[str, Any], operation: str) -> Response:
    """List the pairs that are ruled out and were not reopened since, as the events that ruled them out, by seq."""
    found = list_ruled_out(
        database(), operation=operation, credential=caller(), after=query["after"], limit=query["limit"]
    )
    return answer(
        {
            "operation": operation,
            "head": found.head.seq,
            "ruled_out": [as_json(recorded) for recorded in found.events],
            "next": found.next_after,
        }
    )


@blueprint.route(f"/v1/operations/<operation>/{REOPENED}", methods=["POST"])
@blueprint.requires(COORDINATOR)
@blueprint.query()
@blueprint.takes(change_schema(CHANGES[REOPENED]), example=examples.CHANGES[CHANGES[REOPENED]])
@blueprint.answers({201: ReceiptSchema, 200: ReceiptSchema}, problems=WRITING_PROBLEMS)
def post_reopened(_query: dict[str, Any], operation: str) -> Response:
    """Undo that a pair was ruled out. It is listed as a possible duplicate again, and can be ruled out again.

    Send the `events` and `operations` of the event that ruled it out, or later versions of these events.
    """
    submission = load_change(CHANGES[REOPENED], json_body(request, MOST_BYTES_OF_A_CALL), caller().force)
    return receipt_answer(reopen_duplicate(database(), operation=operation, sender=caller(), submission=submission))


def _submission(row: Any) -> Submission | RecordError:
    try:
        return load_change(CHANGES[RULED_OUT], row, caller().force)
    except RecordError as error:
        return error


def _found_json(found: PossibleDuplicates) -> dict[str, Any]:
    own, *parts = found.heads
    return {
        "operation": found.operation.operation,
        "imported": found.operation.imported,
        "marking": found.operation.marking,
        "head": own.seq,
        "parts": [{"operation": part.operation, "head": part.seq} for part in parts],
        "window_minutes": found.window_minutes,
        "pairs": [
            {
                "certainty": one.certainty,
                "evidence": _evidence_json(one.evidence),
                "events": [as_json(recorded) for recorded in one.events],
            }
            for one in found.found
        ],
        "next": None if found.next_after is None else _cursor_text(found.next_after),
    }


def _evidence_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "same": list(evidence.same),
        "place": evidence.place,
        "categories": list(evidence.categories),
        **({} if evidence.seconds_apart is None else {"seconds_apart": evidence.seconds_apart}),
        "assisting": list(evidence.assisting),
        "amounts": evidence.amounts,
        "because": AMOUNTS[evidence.amounts],
    }


def _cursor_text(key: DuplicateKey) -> str:
    return ".".join((key.certainty, *(f"{operation}:{seq}" for operation, seq in (*key.versions, *key.block))))
