"""Possible duplicates: events of two forces that may be one, and the pairs that the coordinator has ruled out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.access.roles import COORDINATOR, REPORTERS
from service.api import examples
from service.api.answer_schemas import PossibleDuplicatesSchema, ReceiptSchema
from service.api.answers import receipt_answer
from service.api.blueprint import Blueprint, answer, caller
from service.api.bodies import MOST_BYTES_OF_A_CALL, json_body
from service.api.database import database
from service.api.operations import CHANGES, WRITING_PROBLEMS
from service.api.queries import PossibleDuplicatesQuery
from service.api.schemas import change_schema, load_change
from service.domain.evidence import Evidence
from service.eventlog.codec import as_json
from service.usecases.operations import change_operation
from service.usecases.possible_duplicates import Position, PossibleDuplicates, possible_duplicates

blueprint = Blueprint("possible_duplicates", __name__, description="Events of two forces that may be one")

RULED_OUT = "possible-duplicates/ruled-out"


@blueprint.route("/v1/operations/<operation>/possible-duplicates")
@blueprint.requires(*REPORTERS)
@blueprint.query(PossibleDuplicatesQuery)
@blueprint.answers({200: PossibleDuplicatesSchema}, problems=(404, 422))
def get_possible_duplicates(query: dict[str, Any], operation: str) -> Response:
    """List arrests and seizures of different forces that may be one, certain ones first.

    Certain: of one incident and one type. Likely: of one type, of related categories, at one place, within the window.
    Events that do not stand, and pairs ruled out, are left out. The coordinator sees both events of a pair; a force
    sees each of its own events that is in a pair once, and of the other only that it exists.
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
def rule_out_duplicate(_query: dict[str, Any], operation: str) -> Response:
    """Record that two events that may be one are two. The pair is not shown again, however often either is corrected.

    Where they are one, withdraw the event of the force that does not count it, with the reason `duplicate`.
    """
    submission = load_change(CHANGES[RULED_OUT], json_body(request, MOST_BYTES_OF_A_CALL), caller().force)
    return receipt_answer(change_operation(database(), operation=operation, sender=caller(), submission=submission))


def _found_json(found: PossibleDuplicates) -> dict[str, Any]:
    return {
        "operation": found.operation.operation,
        "imported": found.operation.imported,
        "marking": found.operation.marking,
        "head": found.head.seq,
        "window_minutes": found.window_minutes,
        "pairs": [
            {
                "certainty": one.certainty,
                "evidence": _evidence_json(one.evidence),
                "events": [as_json(recorded) for recorded in one.events],
            }
            for one in found.found
        ],
        "next": None if found.next_after is None else _position_text(found.next_after),
    }


def _evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence; a force is told only what is the same, so the other members are missing there."""
    same: dict[str, Any] = {"same": list(evidence.same)}
    if evidence.seconds_apart is None:
        return same
    return same | {
        "place": evidence.place,
        "categories": list(evidence.categories),
        "seconds_apart": evidence.seconds_apart,
        "assisting": list(evidence.assisting),
    }


def _position_text(position: Position) -> str:
    return ".".join((position.certainty, *map(str, position.seqs)))
