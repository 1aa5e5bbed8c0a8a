"""Issuing, listing and revoking credentials, for operators of the service."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from service.access import credentials
from service.access.credentials import Credential
from service.access.forces import known_forces
from service.access.roles import COORDINATOR
from service.errors import Invalid
from service.eventlog.head import existing_head
from service.eventlog.known_logs import known_logs
from service.projections.participants import participants
from service.storage.db import Database
from service.usecases.maintenance.log_lines import is_operation_name


class UnknownForce(Invalid):
    """No force has this key: none in the reference data, none added, and none that takes part in an operation."""

    code = "unknown_force"


class NotAnOperationName(Invalid):
    """A credential was limited to a text that cannot be the name of an operation."""

    code = "not_an_operation_name"


def issue_credential(
    database: Database, *, force: str, role: str, operations: tuple[str, ...], expires_in: timedelta | None
) -> tuple[Credential, str]:
    """Issue a credential; return it with its secret, which is never shown again.

    `operations` limits it to these operations, which need not exist yet; empty means no limit. `expires_in` None means
    that it never expires.

    Raises:
        UnknownForce, RoleUnknown, NotAnOperationName.
    """
    for operation in operations:
        if not is_operation_name(operation):
            raise NotAnOperationName(f"Expected the name of an operation; found {operation!r}.", pointer="/operations")
    with database.writing() as connection:
        _require_known(connection, force)
        now = database.now(connection)
        expires_at = None if expires_in is None else now + expires_in
        return credentials.issue(
            connection, force=force, role=role, operations=operations, now=now, expires_at=expires_at
        )


def list_credentials(database: Database) -> list[Credential]:
    """Return all credentials ever issued, oldest first, without their secrets."""
    with database.reading() as connection:
        return credentials.list_credentials(connection)


def revoke_credential(database: Database, credential_id: UUID) -> None:
    """Revoke a credential with immediate effect.

    Raises:
        NoSuchCredential: no credential has this id.
    """
    with database.writing() as connection:
        credentials.revoke(connection, credential_id, database.now(connection))


def credential_of_lead(database: Database, operation: str) -> Credential:
    """Return an unstored coordinator credential of the force that leads an operation.

    Operators of the service can read the whole database; this credential gives them the coordinator's view.

    Raises:
        UnknownOperation: there is no such operation.
    """
    with database.reading() as connection:
        lead = known_logs(database).operation(connection, existing_head(connection, operation)).lead_force
        now = database.now(connection)
    return Credential(
        id=UUID(int=0), force=lead, role=COORDINATOR, operations=(), created_at=now, expires_at=None, revoked_at=None
    )


def _require_known(connection: sa.Connection, force: str) -> None:
    """Refuse an unknown force: it is a typing error, and its credential would give access to nothing."""
    takes_part = sa.select(participants.c.force).where(participants.c.force == force).limit(1)
    if force not in known_forces(connection) and connection.scalar(takes_part) is None:
        raise UnknownForce(f"Expected a force from GET /v1/forces; found {force!r}.", pointer="/force")
