"""Where an answer stands: a reading transaction, and in it the positions of an operation and its parts at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from service.access.credentials import Credential
from service.db import Database
from service.usecases.as_of import Moment, resolve
from service.usecases.positions import Position, positions
from service.usecases.visibility import visible


@contextmanager
def standing_at(
    database: Database, *, operation: str, credential: Credential, moment: Moment
) -> Iterator[tuple[sa.Connection, list[Position]]]:
    """Begin a reading transaction; give its connection and the positions at the moment, the operation's own first.

    Days have begun by the moment asked for, else by that of the seq asked for, else by now.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: by the moment.
    """
    seqs = resolve(database, operation, credential, moment)
    with database.reading() as connection:
        visible(connection, operation, credential)
        begun_by = database.now(connection) if moment.is_now else moment.as_of
        yield connection, positions(connection, operation, begun_by=begun_by, seqs=seqs)
