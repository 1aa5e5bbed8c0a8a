"""PostgreSQL's engine: how its connections are set, and tried before they are used again."""

from __future__ import annotations

from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

# psycopg writes bytes, and reads moments and bytes, by these, which a server, a database or a role can set otherwise.
SETTINGS = "SET standard_conforming_strings = on; SET DateStyle = ISO; SET bytea_output = hex"
SECONDS_OF_REST = 1


def postgresql_engine(address: sa.URL, pool: dict[str, Any]) -> sa.Engine:
    """Return the engine of an address; `pool` are arguments of `sqlalchemy.create_engine`.

    It tries a connection before it is used again, if that has rested: the server may have gone.
    psycopg prepares nothing by itself: at each rollback it would forget all that is prepared, `pipeline`'s too.
    """
    settings = {"isolation_level": "READ COMMITTED", "connect_args": {"prepare_threshold": None}}
    engine = sa.create_engine(address.set(drivername="postgresql+psycopg"), **settings, **pool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(SETTINGS)
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _note(connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()
        if connection is not None and connection.read_only is False:
            # SQLAlchemy sets this after a read-only transaction. The next would ask for READ WRITE, which a standby refuses.
            connection.read_only = None

    @event.listens_for(engine, "checkout")
    def _try(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("rests_since", monotonic()) < SECONDS_OF_REST:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error

    return engine
