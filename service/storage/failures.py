"""Failures of the database, classified by their codes: whether a retry can succeed, and what the operator reads."""

from __future__ import annotations

import re
from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_CANTOPEN,
    SQLITE_FULL,
    SQLITE_INTERRUPT,
    SQLITE_IOERR,
    SQLITE_LOCKED,
    SQLITE_NOMEM,
    SQLITE_OK,
    SQLITE_PROTOCOL,
    SQLITE_READONLY,
)

import sqlalchemy as sa

# PostgreSQL's SQLSTATEs, by number: psycopg has their names, but takes longer to import than most commands on SQLite
# run. Source: PostgreSQL's manual, appendix A.
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
INVALID_SQL_STATEMENT_NAME = "26000"
DUPLICATE_PREPARED_STATEMENT = "42P05"
READ_ONLY_SQL_TRANSACTION = "25006"
# Class 08: connection; 53: resources; 57: operator intervention, which includes a time limit; 58: system.
TEMPORARY_CLASSES = ("08", "53", "57", "58")
TEMPORARY_STATES = frozenset(
    {
        SERIALIZATION_FAILURE,
        DEADLOCK_DETECTED,
        LOCK_NOT_AVAILABLE,
        # A connection pooler can cause both. The pipeline has already updated its list of prepared statements.
        INVALID_SQL_STATEMENT_NAME,
        DUPLICATE_PREPARED_STATEMENT,
    }
)
TEMPORARY_SQLITE_CODES = frozenset(
    {
        SQLITE_BUSY,
        SQLITE_LOCKED,
        SQLITE_INTERRUPT,
        SQLITE_IOERR,
        SQLITE_FULL,
        SQLITE_CANTOPEN,
        SQLITE_NOMEM,
        SQLITE_PROTOCOL,
    }
)
# A server that refuses a connection sends no code that libpq passes on. These need an operator, not patience.
REFUSED_CONNECTION = re.compile(
    r"password authentication failed|no pg_hba\.conf entry|no password supplied|role \".*\" does not exist"
    r"|database \".*\" does not exist|permission denied for database"
)


def is_temporary(error: sa.exc.DBAPIError) -> bool:
    """Return whether the same transaction can succeed when it is retried later."""
    sqlite_code = _sqlite_code(error)
    if sqlite_code != SQLITE_OK:
        return sqlite_code in TEMPORARY_SQLITE_CODES
    state = _state(error)
    if state is None:
        return isinstance(error, sa.exc.OperationalError) and not REFUSED_CONNECTION.search(str(error.orig))
    return state in TEMPORARY_STATES or state.startswith(TEMPORARY_CLASSES)


def is_read_only(error: sa.exc.DBAPIError) -> bool:
    """Return whether the database is read-only: a standby, a read-only setting, or a file without write access."""
    return _sqlite_code(error) == SQLITE_READONLY or _state(error) == READ_ONLY_SQL_TRANSACTION


def reason_of(error: Exception) -> str:
    """Return the first line of what the database said. It can name addresses and roles: for the operator alone."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def _state(error: sa.exc.DBAPIError) -> str | None:
    """Return the SQLSTATE of a PostgreSQL error; None for another database, and if the server sent none."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _sqlite_code(error: sa.exc.DBAPIError) -> int:
    """Return the primary code of an SQLite error, the lowest byte of the extended code; 0 for another database."""
    code: int = getattr(error.orig, "sqlite_errorcode", None) or SQLITE_OK
    return code & 0xFF
