"""Reference data, the forces, measures and drugs; and the caller's own credential."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, request

from service.access.roles import ADMINISTRATOR, ROLES
from service.api.http import examples
from service.api.http.answer_schemas import (
    CredentialSchema,
    DrugListSchema,
    ForceListSchema,
    ForceSchema,
    MeasureListSchema,
)
from service.api.http.answers import measure_json
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import JSON, MOST_BYTES_OF_A_CALL, json_body
from service.api.http.drug_answers import drug_list_json
from service.domain.model.instants import format_optional
from service.domain.model.reference_data import Force, NewForce, measure_catalogue
from service.usecases.querying.forces import add_force, list_forces
from service.wire.schemas import check, schema_of

blueprint = Blueprint("reference", __name__, description="Forces, measures, drugs, and the caller's credential")


@blueprint.route("/v1/forces")
@blueprint.requires(*ROLES)
@blueprint.query()
@blueprint.answers({200: ForceListSchema}, problems=(422,))
def get_forces(_query: dict[str, Any]) -> Response:
    """List all forces: the built-in ones, then those that were added."""
    return answer({"forces": [_force_json(force) for force in list_forces(database())]})


@blueprint.route("/v1/forces", methods=["POST"])
@blueprint.requires(ADMINISTRATOR)
@blueprint.query()
@blueprint.takes(schema_of(NewForce), example=examples.FORCE)
@blueprint.answers({201: ForceSchema, 200: ForceSchema}, problems=(400, 409, 413, 415, 422))
def post_force(_query: dict[str, Any]) -> Response:
    """Add a force that is not in the list. Idempotent: adding the same force again changes nothing."""
    row = json_body(request, MOST_BYTES_OF_A_CALL)
    check(schema_of(NewForce)(), row)
    force = Force(force=row["force"], name=row["name"], kind=row["kind"])
    is_new = add_force(database(), force)
    return answer(_force_json(force), HTTPStatus.CREATED if is_new else HTTPStatus.OK)


@blueprint.route("/v1/measures")
@blueprint.requires(*ROLES)
@blueprint.query()
@blueprint.answers({200: MeasureListSchema}, problems=(422,))
def get_measures(_query: dict[str, Any]) -> Response:
    """List the measures that every operation has; GET /v1/operations/{operation} shows those of an operation."""
    return answer({"measures": [measure_json(measure) for measure in measure_catalogue().values()]})


@blueprint.route("/v1/drugs")
@blueprint.requires(*ROLES)
@blueprint.query()
@blueprint.answers({200: DrugListSchema}, problems=(422,))
def get_drugs(_query: dict[str, Any]) -> Response:
    """List the known drugs: classes by day, forms, names, ambiguous words and street values, with their evidence."""
    return Response(drug_list_json(), content_type=JSON)


@blueprint.route("/v1/me")
@blueprint.requires(*ROLES)
@blueprint.query()
@blueprint.answers({200: CredentialSchema}, problems=(422,))
def get_me(_query: dict[str, Any]) -> Response:
    """Show the force, role, operations and expiry of the credential of this request."""
    credential = caller()
    return answer(
        {
            "credential": str(credential.id),
            "force": credential.force,
            "role": credential.role,
            "operations": list(credential.operations),
            "expires_at": format_optional(credential.expires_at),
        }
    )


def _force_json(force: Force) -> dict[str, Any]:
    return {"force": force.force, "name": force.name, "kind": force.kind, "aliases": list(force.aliases)}
