"""Liveness and readiness. Neither says anything about an operation, so neither wants a credential."""

from __future__ import annotations

from flask import Response

from service.api.answer_schemas import HealthSchema
from service.api.blueprint import Blueprint, answer
from service.api.database import database
from service.usecases.migrate import require_migrated

blueprint = Blueprint("health", __name__, description="Whether the service is up")


@blueprint.route("/healthz")
@blueprint.answers({200: HealthSchema})
def get_liveness() -> Response:
    """Answer if the process is alive."""
    return answer({"status": "alive"})


@blueprint.route("/readyz")
@blueprint.answers({200: HealthSchema})
def get_readiness() -> Response:
    """Answer if the database answers and has the tables that this version of the code wants."""
    require_migrated(database())
    return answer({"status": "ready"})
