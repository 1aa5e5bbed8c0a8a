"""Liveness and readiness. Neither reveals anything about an operation, so neither needs a credential."""

from __future__ import annotations

from threading import Lock
from time import monotonic

from flask import Response

from service.api.http.answer_schemas import HealthSchema
from service.api.http.blueprint import Blueprint, answer, database
from service.errors import RecordError
from service.storage.db import Database
from service.usecases.maintenance.migrate import require_migrated

blueprint = Blueprint("health", __name__, description="Check whether the service is up")

SECONDS_KEPT = 1.0


class Readiness:
    """Whether the service was ready when it was last checked, for a second. One thread checks at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._checked_at = -SECONDS_KEPT
        self._error: RecordError | None = None

    def check(self, asked: Database) -> None:
        """Check the database, unless it was checked less than a second ago.

        Raises:
            NotMigrated, DatabaseBusy, DatabaseFailed: the service is not ready.
        """
        with self._lock:
            if monotonic() - self._checked_at >= SECONDS_KEPT:
                self._error = _error_of(asked)
                self._checked_at = monotonic()
            if self._error is not None:
                # The same error is raised many times: it must not keep the frames of each request alive.
                raise self._error.with_traceback(None)


def _error_of(asked: Database) -> RecordError | None:
    try:
        require_migrated(asked)
    except RecordError as error:
        return error
    return None


@blueprint.route("/healthz")
@blueprint.answers({200: HealthSchema})
def get_liveness() -> Response:
    """Check that the process is alive."""
    return answer({"status": "alive"})


@blueprint.route("/readyz")
@blueprint.answers({200: HealthSchema})
def get_readiness() -> Response:
    """Check that the database answers and has the tables that this version of the code needs.

    Anyone may ask, so the database is asked at most once a second.
    """
    database().singleton(Readiness).check(database())
    return answer({"status": "ready"})
