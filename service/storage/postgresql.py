"""PostgreSQL's engine: the settings of its connections, and the check of an idle one before it is used again."""

from __future__ import annotations

from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

# psycopg relies on these to write bytes and to read moments and bytes. A server, a database or a role can change them.
SETTINGS = "SET standard_conforming_strings = on; SET DateStyle = ISO; SET bytea_output = hex"
# A connection that was idle for longer is checked before it is used.
UNCHECKED_IDLE_SECONDS = 1


def postgresql_engine(address: sa.URL, pool: dict[str, Any]) -> sa.Engine:
    """Return the engine of an address; `pool` are arguments of `sqlalchemy.create_engine`.

    A connection that was idle is checked before it is used again, as the server may have closed it. psycopg prepares no
    statements itself: at each rollback it would deallocate all, including those of `service.storage.pipeline`.
    """
    settings = {"isolation_level": "READ COMMITTED", "connect_args": {"prepare_threshold": None}}
    engine = sa.create_engine(address.set(drivername="postgresql+psycopg"), **settings, **pool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(SETTINGS)
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _released(connection: Any, record: Any) -> None:
        record.info["idle_since"] = monotonic()
        if connection is not None and connection.read_only is False:
            # SQLAlchemy sets this after a read-only transaction. The next one would begin READ WRITE, which a standby
            # refuses.
            connection.read_only = None

    @event.listens_for(engine, "checkout")
    def _check(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("idle_since", monotonic()) < UNCHECKED_IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error

    return engine
