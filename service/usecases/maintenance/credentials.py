"""Issuing, listing and revoking credentials, for those who run the service."""

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
    """No force of this key is known: not in the reference data, not added, and not taking part in any operation."""

    code = "unknown_force"


class NotAnOperationName(Invalid):
    """A credential is to be limited to something that cannot be the name of an operation."""

    code = "not_an_operation_name"


def issue_credential(
    database: Database, *, force: str, role: str, operations: tuple[str, ...], expires_in: timedelta | None
) -> tuple[Credential, str]:
    """Issue a credential and return it with its secret, which is shown this once.

    `operations` limits it to those, which need not be open yet; none means no limit. `expires_in` None: never.

    Raises:
        UnknownForce, RoleUnknown, NotAnOperationName.
    """
    for operation in operations:
        if not is_operation_name(operation):
            raise NotAnOperationName(f"Wanted the name of an operation, found {operation!r}.", pointer="/operations")
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
    """End a credential at once.

    Raises:
        NoSuchCredential: no credential has this id.
    """
    with database.writing() as connection:
        credentials.revoke(connection, credential_id, database.now(connection))


def credential_of_lead(database: Database, operation: str) -> Credential:
    """Return a coordinator's credential of the force that leads an operation, which is stored nowhere.

    Those who run the service can read the whole database; with this they ask as the coordinator does.

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
    """Refuse a force that nobody has heard of: its credential would open nothing, and be a typing error."""
    takes_part = sa.select(participants.c.force).where(participants.c.force == force).limit(1)
    if force not in known_forces(connection) and connection.scalar(takes_part) is None:
        raise UnknownForce(f"Wanted a force from GET /v1/forces, found {force!r}.", pointer="/force")
