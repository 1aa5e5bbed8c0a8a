"""Liveness and readiness for monitoring: they need no credential and reveal nothing."""

import sqlalchemy as sa
from flask import Flask

from service.api.health import SECONDS_KEPT, Readiness
from service.app import create_app
from service.config import Config
from service.storage.db import Database
from tests.functional.calls import refused

READY = {"status": "ready", "clock": "right"}


def test_a_live_service_with_its_tables_is_ready(app: Flask):
    client = app.test_client()
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "alive"})
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, READY)


def test_a_service_without_its_tables_is_live_but_not_ready(app: Flask, database: Database):
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    problem = client.get("/readyz")
    refused(problem, 503, "not_migrated")
    assert int(problem.headers["Retry-After"]) > 0


def test_a_service_without_its_database_is_live_and_asks_for_a_retry():
    address = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"
    client = create_app(Config(database_url=address)).test_client()
    assert client.get("/healthz").status_code == 200
    problem = client.get("/readyz")
    refused(problem, 503, "database_busy")
    assert problem.headers["Retry-After"]


def test_the_database_is_asked_at_most_once_a_second(app: Flask, database: Database):
    asked: list[str] = []

    def executing(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    client = app.test_client()
    sa.event.listen(database.engine, "before_cursor_execute", executing)
    try:
        first = client.get("/readyz"), len(asked)
        assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
        assert (first[0].status_code, len(asked)) == (200, first[1])
        database.singleton(Readiness)._checked_at -= SECONDS_KEPT
        client.get("/readyz")
        assert len(asked) == 2 * first[1] > 0
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", executing)
