"""The operations that a credential may see, and the state of each."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.model.operation import Operation
from service.eventlog import read
from service.eventlog.head import Head
from service.eventlog.table import heads
from service.projections.participants import takes_part
from service.storage.db import Database
from service.usecases.querying.read_context import read_context, visible_context


def read_operation(database: Database, *, operation: str, credential: Credential) -> tuple[Head, Operation]:
    """Return an operation's head, and the operation at the head, without parts that the credential may not see.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        return context.head, context.shown()


def list_operations(
    database: Database, *, credential: Credential, after: str, limit: int
) -> tuple[list[tuple[Head, Operation]], str | None]:
    """Return at most `limit` operations that the credential may see, by name after `after`, and the next cursor."""
    with database.reading() as connection:
        names: list[str] = list(connection.scalars(names_of(credential, after).limit(limit + 1)))
        contexts = [visible_context(connection, database, name, credential) for name in names[:limit]]
        found = [(one.head, one.shown()) for one in contexts]
    return found, names[limit - 1] if len(names) > limit else None


def names_of(credential: Credential, after: str) -> sa.Select[Any]:
    """Select the operations that the credential's force takes part in or leads, by name after `after`."""
    joined = takes_part(credential.force, heads.c.operation_id, heads.c.generation)
    led = read.opened_by(credential.force, heads.c.operation_id)
    statement = sa.select(heads.c.operation_id).where(heads.c.operation_id > after, sa.or_(joined, led))
    if credential.operations:
        statement = statement.where(heads.c.operation_id.in_(credential.operations))
    return statement.order_by(heads.c.operation_id)
