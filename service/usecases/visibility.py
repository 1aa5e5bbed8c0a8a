"""Who may know of an operation: its participants and its lead force. To everybody else it does not exist."""

from __future__ import annotations

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.roles import COORDINATOR
from service.domain.operation import Operation, fold
from service.eventlog import read
from service.eventlog.head import Head, UnknownOperation, read_head


def visible(
    connection: sa.Connection, operation: str, credential: Credential, *, as_of_seq: int | None = None
) -> tuple[Head, Operation]:
    """Return the operation's head and what it is now, or was at a seq.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    head = read_head(connection, operation)
    state = fold(read.setup_events(connection, operation)) if head is not None and head.seq else None
    head, state = require_visible(operation, credential, head, state)
    if as_of_seq is not None and as_of_seq < head.seq:
        state = operation_at(connection, head, as_of_seq)
    return head, state


def operation_at(connection: sa.Connection, head: Head, seq: int) -> Operation:
    """Return what the operation was at a seq."""
    return fold(read.setup_events(connection, head.operation, up_to=seq))


def require_visible(
    name: str, credential: Credential, head: Head | None, operation: Operation | None
) -> tuple[Head, Operation]:
    """Return the head and the operation, if the credential may know of them.

    Raises:
        UnknownOperation: otherwise; the answer is the same whether it exists or not.
    """
    if head is not None and operation is not None and knows_of(credential, operation):
        return head, operation
    raise UnknownOperation(f"There is no operation {name!r} that this credential may see.")


def knows_of(credential: Credential, operation: Operation) -> bool:
    """Return whether the operation exists for this credential: its force takes part or leads, within its limits."""
    is_in_it = credential.force in operation.participants or credential.force == operation.lead_force
    return is_in_it and credential.reaches(operation.operation)


def coordinates(credential: Credential, operation: Operation) -> bool:
    """Return whether the credential is a coordinator's of the force that leads the operation."""
    return credential.role == COORDINATOR and credential.force == operation.lead_force
