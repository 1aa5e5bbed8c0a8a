"""Possible duplicates: pairs of events that may be one, and the pairs that the coordinator rules out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.access.roles import COORDINATOR, REPORTERS
from service.api.http import examples
from service.api.http.answer_schemas import PossibleDuplicatesSchema, ReceiptSchema
from service.api.http.answers import receipt_answer
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import MOST_BYTES_OF_A_CALL, json_body
from service.api.http.queries import PossibleDuplicatesQuery
from service.api.operations import CHANGES, WRITING_PROBLEMS
from service.domain.duplicates.evidence import Evidence
from service.usecases.querying.possible_duplicates import PossibleDuplicates, possible_duplicates
from service.usecases.querying.search_duplicates import DuplicateKey
from service.usecases.recording.rule_out import rule_out_duplicate
from service.wire.checked import load_change
from service.wire.codec import as_json
from service.wire.schemas import change_schema

blueprint = Blueprint("possible_duplicates", __name__, description="Find events that may have been counted twice")

RULED_OUT = "possible-duplicates/ruled-out"


@blueprint.route("/v1/operations/<operation>/possible-duplicates")
@blueprint.requires(*REPORTERS)
@blueprint.query(PossibleDuplicatesQuery)
@blueprint.answers({200: PossibleDuplicatesSchema}, problems=(404, 422))
def get_possible_duplicates(query: dict[str, Any], operation: str) -> Response:
    """List arrests and seizures of different forces that may be one event, certain pairs first.

    A pair is certain if both events have the same incident and type. It is likely if they have the same type, related
    categories and the same place, and are at most the window apart. If one of them has only its day (`occurred_on`),
    the other must be on that day. Only standing versions are compared, and pairs that were ruled out are left out.

    The coordinator sees both events of a pair; a force sees each of its own events that is in a pair once, and of the
    other event only that it exists.

    An operation with parts also lists pairs of events from two operations: itself and all its parts, each operation
    once. Such a pair may be of a single force. Pairs within one part are listed only for that part. A force sees a
    pair only if it takes part in the operations of both events.
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

    This holds even if either event is corrected later. Give `operations`, in the order of `events`, unless both events
    belong to this operation. The pair is then also not listed in any operation that this one is a part of.

    If the two events are one, withdraw the event of the force that does not count it, with the reason `duplicate`.
    """
    submission = load_change(CHANGES[RULED_OUT], json_body(request, MOST_BYTES_OF_A_CALL), caller().force)
    return receipt_answer(rule_out_duplicate(database(), operation=operation, sender=caller(), submission=submission))


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
                "evidence": _evidence_json(one.evidence, is_whole=len(one.events) > 1),
                "events": [as_json(recorded) for recorded in one.events],
            }
            for one in found.found
        ],
        "next": None if found.next_after is None else _cursor_text(found.next_after),
    }


def _evidence_json(evidence: Evidence, *, is_whole: bool) -> dict[str, Any]:
    """Return the evidence; for a force, which sees one event only, just the shared features."""
    same: dict[str, Any] = {"same": list(evidence.same)}
    if not is_whole:
        return same
    return same | {
        "place": evidence.place,
        "categories": list(evidence.categories),
        **({} if evidence.seconds_apart is None else {"seconds_apart": evidence.seconds_apart}),
        "assisting": list(evidence.assisting),
    }


def _cursor_text(key: DuplicateKey) -> str:
    return ".".join((key.certainty, *(f"{operation}:{seq}" for operation, seq in key.versions)))
