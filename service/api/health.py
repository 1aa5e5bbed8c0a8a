"""Liveness and readiness. Neither says anything about an operation, so neither wants a credential."""

from __future__ import annotations

from flask import Response

from service.api.answer_schemas import HealthSchema
from service.api.blueprint import Blueprint, answer
from service.api.database import database
from service.errors import Unavailable
from service.usecases.migrate import is_migrated

blueprint = Blueprint("health", __name__, description="Whether the service is up")


class NotMigrated(Unavailable):
    """The database lacks tables that this version of the code wants: run `oprecord init`."""

    code = "not_migrated"


@blueprint.route("/healthz")
@blueprint.answers({200: HealthSchema})
def get_liveness() -> Response:
    """Answer if the process is alive."""
    return answer({"status": "alive"})


@blueprint.route("/readyz")
@blueprint.answers({200: HealthSchema})
def get_readiness() -> Response:
    """Answer if the database answers and has the tables that this version of the code wants."""
    if not is_migrated(database()):
        raise NotMigrated("The database is not at this version's tables. Run: oprecord init")
    return answer({"status": "ready"})
