"""Issuing, listing and revoking credentials: for those who run the service, and for callers within their rights."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from service.access import credentials
from service.access.credentials import Credential, NoSuchCredential
from service.access.forces import known_forces
from service.access.issuing import Wanted, check_issue, may_revoke
from service.access.roles import COORDINATOR
from service.errors import Invalid
from service.eventlog.head import existing_head, read_head
from service.eventlog.known_logs import known_logs, state_at
from service.projections.participants import participants
from service.storage.db import Database
from service.usecases.maintenance.log_lines import is_operation_name

# The id of no credential.
NOBODY = UUID(int=0)


class UnknownForce(Invalid):
    """No force has this key: none in the reference data, none added, and none that takes part in an operation."""

    code = "unknown_force"


class NotAnOperationName(Invalid):
    """A credential was limited to a text that cannot be the name of an operation."""

    code = "not_an_operation_name"


def issue_credential(
    database: Database,
    *,
    force: str,
    role: str,
    operations: tuple[str, ...],
    expires_in: timedelta | None,
    app_role: str | None = None,
) -> tuple[Credential, str]:
    """Issue a credential; return it with its secret, which is never shown again.

    `operations` limits it to these operations, which need not exist yet; empty means no limit. `expires_in` None means
    that it never expires. Accounts of the identity provider that have the `app_role` sign in with it.

    Raises:
        UnknownForce, RoleUnknown, NotAnOperationName, NotAnAppRole.
    """
    _require_names(operations)
    with database.writing() as connection:
        _require_known(connection, force)
        now = database.now(connection)
        expires_at = None if expires_in is None else now + expires_in
        return credentials.issue(
            connection,
            force=force,
            role=role,
            operations=operations,
            now=now,
            expires_at=expires_at,
            app_role=app_role,
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


def issue_within_rights(
    database: Database, *, issuer: Credential, force: str, role: str, operations: tuple[str, ...], expires_in: timedelta
) -> tuple[Credential, str]:
    """Issue a credential as an administrator or a coordinator may; return it with its secret, never shown again.

    The id of the issuer's credential is stored with it.

    Raises:
        UnknownForce, NotAnOperationName: there is no such force, or a name cannot be that of an operation.
        RoleNotYours, OperationsMissing, OperationNotYours, ForceTakesNoPart, ExpiresTooLate: the issuer may not.
        CredentialRevoked, CredentialExpired: the issuer is not valid any more.
    """
    _require_names(operations)
    with database.writing() as connection:
        now = database.now(connection)
        wanted = Wanted(force=force, role=role, operations=operations, expires_at=now + expires_in)
        found = [state_at(connection, database, read_head(connection, name)) for name in operations]
        check_issue(issuer, wanted, found)
        _require_known(connection, force)
        issued = credentials.issue(
            connection,
            force=force,
            role=role,
            operations=operations,
            now=now,
            expires_at=wanted.expires_at,
            issued_by=issuer.id,
        )
        # Last, so that as little time as possible is left in which the issuer can be revoked without that it is seen.
        credentials.require_unrevoked(connection, issuer)
        return issued


def list_within_rights(
    database: Database, *, caller: Credential, after: UUID | None, limit: int
) -> tuple[list[Credential], UUID | None]:
    """Return at most `limit` credentials that the caller may revoke, oldest first, and the cursor of the next page.

    Raises:
        NoSuchCredential: `after` is not one of them.
    """
    with database.reading() as connection:
        every = credentials.list_credentials(connection)
    by_id = {one.id: one for one in every}
    mine = [one for one in every if may_revoke(caller, one, by_id.get(one.issued_by or NOBODY))]
    start = 0
    if after is not None:
        ids = [one.id for one in mine]
        if after not in ids:
            raise _no_such(after)
        start = ids.index(after) + 1
    page = mine[start : start + limit]
    return page, page[-1].id if len(mine) > start + limit else None


def revoke_within_rights(database: Database, *, caller: Credential, credential_id: UUID) -> Credential:
    """Revoke a credential with immediate effect, and return it. Revoking it again changes nothing.

    Raises:
        NoSuchCredential: the caller may not revoke any credential of this id.
    """
    with database.writing() as connection:
        within_rights(connection, caller, credential_id)
        credentials.revoke(connection, credential_id, database.now(connection))
        revoked = credentials.find_credential(connection, credential_id)
    assert revoked is not None, "credentials are never deleted"
    return revoked


def within_rights(connection: sa.Connection, caller: Credential, credential_id: UUID) -> Credential:
    """Return a credential that the caller may revoke.

    Raises:
        NoSuchCredential: the caller may not revoke any credential of this id.
    """
    found = credentials.find_credential(connection, credential_id)
    issuer = None
    if found is not None and found.issued_by is not None:
        issuer = credentials.find_credential(connection, found.issued_by)
    if found is None or not may_revoke(caller, found, issuer):
        raise _no_such(credential_id)
    return found


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
        id=NOBODY, force=lead, role=COORDINATOR, operations=(), created_at=now, expires_at=None, revoked_at=None
    )


def _no_such(credential_id: UUID) -> NoSuchCredential:
    return NoSuchCredential(f"There is no credential {credential_id} that this credential may revoke.")


def _require_names(operations: tuple[str, ...]) -> None:
    for operation in operations:
        if not is_operation_name(operation):
            raise NotAnOperationName(f"Expected the name of an operation; found {operation!r}.", pointer="/operations")


def _require_known(connection: sa.Connection, force: str) -> None:
    """Refuse an unknown force: it is a typing error, and its credential would give access to nothing."""
    takes_part = sa.select(participants.c.force).where(participants.c.force == force).limit(1)
    if force not in known_forces(connection) and connection.scalar(takes_part) is None:
        raise UnknownForce(f"Expected a force from GET /v1/forces; found {force!r}.", pointer="/force")
