"""Liveness and readiness. Neither reveals anything about an operation, so neither needs a credential."""

from __future__ import annotations

from flask import Response

from service.api.http.answer_schemas import HealthSchema
from service.api.http.blueprint import Blueprint, answer, database
from service.usecases.maintenance.migrate import require_migrated

blueprint = Blueprint("health", __name__, description="Check whether the service is up")


@blueprint.route("/healthz")
@blueprint.answers({200: HealthSchema})
def get_liveness() -> Response:
    """Check that the process is alive."""
    return answer({"status": "alive"})


@blueprint.route("/readyz")
@blueprint.answers({200: HealthSchema})
def get_readiness() -> Response:
    """Check that the database answers and has the tables that this version of the code needs."""
    require_migrated(database())
    return answer({"status": "ready"})
