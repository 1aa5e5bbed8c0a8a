"""Operations: the coordinator opens, changes, closes and reopens them; the forces that take part read them."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.access.roles import COORDINATOR, REPORTERS
from service.api.http import examples
from service.api.http.answer_schemas import OperationListSchema, OperationSchema, ReceiptSchema
from service.api.http.answers import operation_json, receipt_answer
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import MOST_BYTES_OF_A_CALL, json_body
from service.api.http.changes import CHANGES
from service.api.http.queries import OperationsQuery
from service.usecases.querying.read_operations import list_operations, read_operation
from service.usecases.recording.operations import change_operation, open_operation
from service.wire.checked import load_change, load_opening
from service.wire.schemas import change_schema, opening_schema

blueprint = Blueprint("operations", __name__, description="Open, change and read operations")

WRITING_PROBLEMS = (400, 404, 409, 413, 415, 422)


@blueprint.route("/v1/operations", methods=["POST"])
@blueprint.requires(COORDINATOR)
@blueprint.query()
@blueprint.takes(opening_schema(), example=examples.OPENING)
@blueprint.answers({201: ReceiptSchema, 200: ReceiptSchema}, problems=(400, 409, 413, 415, 422))
def open_new_operation(_query: dict[str, Any]) -> Response:
    """Open an operation together with its first forces, in their publishing order; 200 for a replay."""
    opening = load_opening(json_body(request, MOST_BYTES_OF_A_CALL), caller().force)
    return receipt_answer(open_operation(database(), sender=caller(), opening=opening))


@blueprint.route("/v1/operations")
@blueprint.requires(*REPORTERS)
@blueprint.query(OperationsQuery)
@blueprint.answers({200: OperationListSchema}, problems=(422,))
def get_operations(query: dict[str, Any]) -> Response:
    """List the operations that the caller's force takes part in or leads, ordered by key."""
    found, following = list_operations(database(), credential=caller(), after=query["after"], limit=query["limit"])
    return answer({"operations": [operation_json(*one) for one in found], "next": following})


@blueprint.route("/v1/operations/<operation>")
@blueprint.requires(*REPORTERS)
@blueprint.query()
@blueprint.answers({200: OperationSchema}, problems=(404, 422))
def get_operation(_query: dict[str, Any], operation: str) -> Response:
    """Show an operation: days, forces in publishing order, places, the measures it registered, and the log's head."""
    return answer(operation_json(*read_operation(database(), operation=operation, credential=caller())))


def _change(address: str, wire_type: str, summary: str) -> None:
    @blueprint.route(f"/v1/operations/<operation>/{address}", methods=["POST"], endpoint=f"post_{address}")
    @blueprint.requires(COORDINATOR)
    @blueprint.query()
    @blueprint.takes(change_schema(wire_type), example=examples.CHANGES[wire_type])
    @blueprint.answers({201: ReceiptSchema, 200: ReceiptSchema}, problems=WRITING_PROBLEMS)
    @blueprint.doc(summary=summary)
    def change(_query: dict[str, Any], operation: str) -> Response:
        submission = load_change(wire_type, json_body(request, MOST_BYTES_OF_A_CALL), caller().force)
        outcome = change_operation(database(), operation=operation, sender=caller(), submission=submission)
        return receipt_answer(outcome)


_change("forces", CHANGES["forces"], "Add a force")
_change("forces/left", CHANGES["forces/left"], "Remove a force that joined by mistake and has recorded nothing")
_change("forces/amendments", CHANGES["forces/amendments"], "Correct the name of a force, or what it reports")
_change("measures", CHANGES["measures"], "Register a measure, or further categories of a known one")
_change("amendments", CHANGES["amendments"], "Change dates, places, returns deadline or marking")
_change("parts", CHANGES["parts"], "Accept an operation as a part: its totals are included in this one's from now on")
_change("parts/removed", CHANGES["parts/removed"], "Take a part out: from now on its totals are no longer included")
_change("close", CHANGES["close"], "Close the operation to new facts")
_change("reopen", CHANGES["reopen"], "Reopen the operation")
