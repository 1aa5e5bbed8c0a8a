"""The PostgreSQL engine: connection settings, and a check of idle connections before reuse."""

from __future__ import annotations

from time import monotonic
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import event

# psycopg relies on these to write bytes and to read moments and bytes. A server, database or role can change them.
SETTINGS = "SET standard_conforming_strings = on; SET DateStyle = ISO; SET bytea_output = hex"
# An opening connection is given up after 5 seconds. A peer that has vanished is noticed after 30.
WAITS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
# A connection that was idle for longer is checked before reuse.
UNCHECKED_IDLE_SECONDS = 1


class Limits(NamedTuple):
    """How long a statement may wait for a lock, and how long it may take in all; 0: no limit."""

    lock_seconds: int = 0
    statement_seconds: int = 0

    def settings(self) -> str:
        """Return the SQL that sets the limits for a session."""
        return f"SET lock_timeout = '{self.lock_seconds}s'; SET statement_timeout = '{self.statement_seconds}s'"


NO_LIMITS = Limits()


def postgresql_engine(address: sa.URL, pool: dict[str, Any], limits: Limits = NO_LIMITS) -> sa.Engine:
    """Return the engine of a URL; `pool` holds arguments of `sqlalchemy.create_engine`.

    An idle connection is checked before reuse, because the server may have closed it. psycopg prepares no statements
    itself: at each rollback it would deallocate all, including those of `service.storage.pipeline`.
    """
    # What the URL says goes before these.
    given = {name: value for name, value in WAITS.items() if name not in address.query}
    settings: dict[str, Any] = {
        "isolation_level": "READ COMMITTED",
        "connect_args": {"prepare_threshold": None} | given,
        # No column is an hstore, so the first connection need not ask the server for that type.
        "use_native_hstore": False,
    }
    engine = sa.create_engine(address.set(drivername="postgresql+psycopg"), **settings, **pool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(SETTINGS)
        if limits != NO_LIMITS:
            connection.execute(limits.settings())
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _released(connection: Any, record: Any) -> None:
        record.info["idle_since"] = monotonic()
        if connection is not None and connection.read_only is False:
            # SQLAlchemy sets False after a read-only transaction. The next transaction would begin READ WRITE, which a
            # standby refuses.
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
