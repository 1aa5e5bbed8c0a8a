"""POST /v1/operations/{operation}/reconciliation: compare printed figures with the record, without changing it."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.access.roles import READERS
from service.api.http import examples
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import MOST_BYTES_OF_A_CALL, read_body, require_media_type
from service.api.reconciliation.as_json import reconciliation_json
from service.api.reconciliation.schemas import ClaimsSchema, ReconciliationSchema
from service.usecases.reconciliation.reconcile import reconcile
from service.wire.claims_body import CSV, JSON, TOML, read_claims_body

blueprint = Blueprint("reconciliation", __name__, description="Compare printed figures with the record")


@blueprint.route("/v1/operations/<operation>/reconciliation", methods=["POST"])
@blueprint.requires(*READERS)
@blueprint.query()
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {
            JSON: {"schema": ClaimsSchema, "example": examples.CLAIMS},
            TOML: {"schema": {"type": "string"}, "example": examples.CLAIMS_TOML},
            CSV: {"schema": {"type": "string"}, "example": examples.CLAIMS_CSV},
        },
    }
)
@blueprint.answers({200: ReconciliationSchema}, problems=(400, 404, 413, 415, 422))
def post_reconciliation(_query: dict[str, Any], operation: str) -> Response:
    """Compare claims, which are figures as printed, with the totals and with each other. Nothing is recorded.

    The format claims/1 is described in docs/reference/claims.md. 422 lists the errors in the file with their places.
    A process makes two reconciliations at once; beyond that the answer is 503 with Retry-After.
    """
    require_media_type(request, JSON, TOML, CSV)
    body, media = read_body(request, MOST_BYTES_OF_A_CALL), request.mimetype
    found = reconcile(
        database(),
        operation=operation,
        credential=caller(),
        read=lambda measures, name: read_claims_body(body, media, measures, name),
    )
    return answer(reconciliation_json(found))
