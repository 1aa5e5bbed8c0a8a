"""Liveness and readiness for monitoring: they need no credential and reveal nothing."""

import sqlalchemy as sa
from flask import Flask

from service.app import create_app
from service.config import Config
from service.storage.db import Database
from tests.functional.calls import refused


def test_a_live_service_with_its_tables_is_ready(app: Flask):
    client = app.test_client()
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "alive"})
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"status": "ready"})


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
