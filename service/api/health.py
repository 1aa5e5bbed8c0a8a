"""Liveness and readiness. Neither reveals anything about an operation, so neither needs a credential."""

from __future__ import annotations

from threading import Lock
from time import monotonic

from flask import Response

from service.api.http.answer_schemas import HealthSchema, ReadinessSchema
from service.api.http.blueprint import Blueprint, answer, database
from service.errors import RecordError
from service.storage.db import Database
from service.usecases.maintenance.schema_version import require_migrated
from service.usecases.recording.clocks import ClockWrong, require_right_clocks

blueprint = Blueprint("health", __name__, description="Check whether the service is up")

SECONDS_KEPT = 1.0


class Readiness:
    """Whether the service was ready when it was last checked, for a second. One thread checks at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._checked_at = -SECONDS_KEPT
        self._error: RecordError | None = None

    def check(self, asked: Database) -> ClockWrong | None:
        """Check the database, unless it was checked less than a second ago; return what is wrong with its clock.

        Raises:
            NotMigrated, DatabaseBusy, DatabaseFailed: the service is not ready.
        """
        with self._lock:
            if monotonic() - self._checked_at >= SECONDS_KEPT:
                self._error = _error_of(asked)
                self._checked_at = monotonic()
            if self._error is None or isinstance(self._error, ClockWrong):
                return self._error
            # The same error is raised many times: it must not keep the frames of each request alive.
            raise self._error.with_traceback(None)


def _error_of(asked: Database) -> RecordError | None:
    try:
        require_migrated(asked)
        require_right_clocks(asked)
    except RecordError as error:
        return error
    return None


@blueprint.route("/healthz")
@blueprint.answers({200: HealthSchema})
def get_liveness() -> Response:
    """Check that the process is alive."""
    return answer({"status": "alive"})


@blueprint.route("/readyz")
@blueprint.answers({200: ReadinessSchema})
def get_readiness() -> Response:
    """Check that the database answers and has the tables that this version of the code needs.

    `clock` is `wrong` if the database's clock is behind the newest event, or ahead of the service's own clock: then
    reading works, and recording gets 503 with the reason. Anyone may ask, so the database is asked at most once a
    second.
    """
    wrong = database().singleton(Readiness).check(database())
    return answer({"status": "ready", "clock": "right" if wrong is None else "wrong"})
