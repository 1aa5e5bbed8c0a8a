"""The baseline: the hand-written minimum that stores the same events without any of the service's guarantees.

A bare Flask view, a marshmallow schema and one INSERT for each event; for a batch, `many=True` and COPY. No credential,
tree, entries, totals or replay check. `python -m benchmarks.baseline` takes the settings, paths and bodies of the
service, and runs on the same server with as many workers and threads.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import Flask, request

from service.cli.server.gunicorn_server import GracefulArbiter, Server, listen
from service.config import Config, load_config

metadata = sa.MetaData()
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("force", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("place", sa.Text),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
)
COPY = f"COPY events ({', '.join(column.name for column in events.c)}) FROM STDIN"


class LineSchema(ma.Schema):
    """One line of a seizure."""

    kind = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("weapon", "ammunition", "drug", "vehicle", "cash", "phone", "other")),
    )
    weapon = ma.fields.String()
    acquired = ma.fields.String()
    drug = ma.fields.String()
    ground = ma.fields.String()
    currency = ma.fields.String(validate=ma.validate.Length(equal=3))
    amount_minor = ma.fields.Integer(strict=True, validate=ma.validate.Range(min=1))
    weight_milligrams = ma.fields.Integer(strict=True, validate=ma.validate.Range(min=1))
    plants = ma.fields.Integer(strict=True, validate=ma.validate.Range(min=1))
    count = ma.fields.Integer(strict=True, validate=ma.validate.Range(min=1))


class DataSchema(ma.Schema):
    """The data of an arrest or a seizure."""

    reason = ma.fields.String()
    count = ma.fields.Integer(strict=True, validate=ma.validate.Range(min=1))
    lines = ma.fields.List(ma.fields.Nested(LineSchema), validate=ma.validate.Length(1, 50))


class EventSchema(ma.Schema):
    """One event."""

    id = ma.fields.UUID(required=True)
    type = ma.fields.String(required=True, validate=ma.validate.OneOf(("arrest.recorded", "seizure.recorded")))
    force = ma.fields.String(required=True, validate=ma.validate.Length(1, 64))
    occurred_at = ma.fields.AwareDateTime(required=True)
    place = ma.fields.String(validate=ma.validate.Length(1, 64))
    data = ma.fields.Nested(DataSchema, required=True)


def create_app(config: Config) -> Flask:
    """Return the application."""
    app = Flask("baseline", static_folder=None)
    engine = open_engine(config)
    one, many = EventSchema(), EventSchema(many=True)

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/v1/operations/<operation>/events")
    def post_event(operation: str) -> tuple[dict[str, str], int]:
        row = _row(operation, one.load(request.get_json()))
        with engine.begin() as connection:
            connection.execute(events.insert(), row)
        return {"id": str(row["id"]), "recorded_at": row["recorded_at"].isoformat()}, 201

    @app.post("/v1/operations/<operation>/batches")
    def post_batch(operation: str) -> tuple[dict[str, int], int]:
        rows = [_row(operation, event) for event in many.load(request.get_json()["events"])]
        with engine.begin() as connection:
            driver: Any = connection.connection.driver_connection
            with driver.cursor().copy(COPY) as copy:
                for row in rows:
                    copy.write_row(tuple(row.values()))
        return {"recorded": len(rows)}, 201

    return app


def _row(operation: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event["id"],
        "operation": operation,
        "type": event["type"],
        "force": event["force"],
        "occurred_at": event["occurred_at"],
        "place": event.get("place"),
        "data": json.dumps(event["data"]),
        "recorded_at": datetime.now(UTC),
    }


def open_engine(config: Config) -> sa.Engine:
    """Return an engine. On SQLite it has the service's settings: WAL, durable commits, and a busy timeout."""
    address = sa.make_url(config.database_url)
    if address.get_backend_name() != "sqlite":
        return sa.create_engine(address, pool_size=config.threads, max_overflow=0)
    module = import_module("pysqlite3.dbapi2" if find_spec("pysqlite3") else "sqlite3")
    engine = sa.create_engine(
        address, module=module, poolclass=sa.pool.QueuePool, pool_size=config.threads, max_overflow=0
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class BaselineServer(Server):
    """The service's server, running the baseline."""

    def load_config(self) -> None:
        """Leave out the worker hooks for feeds and for the service's database."""
        super().load_config()
        self.cfg.set("post_worker_init", lambda _worker: None)
        self.cfg.set("worker_exit", lambda _arbiter, _worker: None)

    def load(self) -> Flask:
        """Return the application."""
        return create_app(self.config)


def main() -> None:
    """Create the table and serve."""
    config = load_config()
    engine = open_engine(config)
    metadata.create_all(engine)
    engine.dispose()
    GracefulArbiter(BaselineServer(config, listen(config)), None).run()


if __name__ == "__main__":
    main()
