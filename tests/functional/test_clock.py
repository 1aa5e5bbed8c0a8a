"""A wrong clock: nothing is recorded at a time that cannot be right, and readiness says so."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from flask import Flask

from service.api.health import SECONDS_KEPT, Readiness
from service.eventlog.table import heads
from service.storage.db import Database
from service.usecases.recording import clocks
from service.usecases.recording.clocks import ClockTolerance
from tests.factories.bodies import arrest, new_id
from tests.functional.calls import Caller, refused


def move_last_event(database: Database, ahead: timedelta) -> None:
    """Leave the log as a clock that was ahead by this much would have left it."""
    with database.writing() as connection:
        connection.execute(heads.update().values(recorded_at=datetime.now(UTC) + ahead))


def clock_in(app: Flask, database: Database) -> str:
    database.singleton(Readiness)._checked_at -= SECONDS_KEPT
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    return str(answer.json["clock"])


def test_nothing_is_recorded_while_the_clock_is_behind_the_log(
    app: Flask, database: Database, live: str, surrey: Caller, lead: Caller
):
    assert clock_in(app, database) == "right"
    move_last_event(database, timedelta(days=730))
    for answer in (surrey.send(live, arrest()), lead.change(live, "publications", id=new_id(), label="final")):
        refused(answer, 503, "clock_wrong")
        assert int(answer.headers["Retry-After"]) > 0
        assert "Set the clock" in answer.json["detail"]
    assert clock_in(app, database) == "wrong"
    assert surrey.get(f"/v1/operations/{live}/totals").status_code == 200


def test_a_clock_that_is_a_little_behind_records_at_the_time_of_the_last_event(
    app: Flask, database: Database, live: str, surrey: Caller
):
    move_last_event(database, timedelta(seconds=30))
    surrey.record(live, arrest())
    assert clock_in(app, database) == "right"
    move_last_event(database, timedelta(days=730))
    database.singleton(ClockTolerance).seconds = 731 * 24 * 3_600
    surrey.record(live, arrest())


def test_nothing_is_recorded_while_the_database_is_ahead_of_the_service(
    app: Flask, database: Database, live: str, surrey: Caller, monkeypatch: pytest.MonkeyPatch
):
    class Behind(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(minutes=5)

    with monkeypatch.context() as patched:
        patched.setattr(clocks, "datetime", Behind)
        refused(surrey.send(live, arrest()), 503, "clock_wrong")
        assert clock_in(app, database) == "wrong"
    surrey.record(live, arrest())
    assert clock_in(app, database) == "right"
