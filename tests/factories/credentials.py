"""Factories for credentials: a stored one, and the secret of an issued one."""

from datetime import UTC, datetime
from uuid import uuid4

import factory

from service.access.credentials import Credential, issue
from service.access.roles import COORDINATOR, FORCE
from service.storage.db import Database
from tests.factories.setup import LEAD

LONG_AGO = datetime(2023, 1, 1, tzinfo=UTC)


class CredentialFactory(factory.Factory):
    """A credential without limits; for the lead force, a coordinator's."""

    class Meta:
        model = Credential

    id = factory.LazyFunction(uuid4)
    force = "surrey"
    role = factory.LazyAttribute(lambda credential: COORDINATOR if credential.force == LEAD else FORCE)
    operations = ()
    created_at = LONG_AGO
    expires_at = None
    revoked_at = None


def issued_secret(database: Database, force: str, role: str | None = None, operations: tuple[str, ...] = ()) -> str:
    """Issue a credential and return its secret. The default role for the lead force is coordinator."""
    role = role or CredentialFactory(force=force).role
    with database.writing() as connection:
        _credential, secret = issue(
            connection, force=force, role=role, operations=operations, now=LONG_AGO, expires_at=None
        )
    return secret
