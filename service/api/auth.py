"""Authentication: the bearer credential of a request, looked up for every request so that revoking is immediate."""

from __future__ import annotations

from flask import Request

from service.access.credentials import Credential, CredentialMissing, Secret, authenticate, require_well_formed
from service.access.roles import require_role
from service.api.database import database

SCHEME = "bearer "


def secret_of(request: Request, roles: tuple[str, ...]) -> Secret:
    """Return the secret sent with a request, for a call that these roles may make.

    Raises:
        CredentialMissing, CredentialMalformed.
    """
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith(SCHEME):
        raise CredentialMissing("Send the header Authorization: Bearer CREDENTIAL.")
    text = header[len(SCHEME) :].strip()
    require_well_formed(text)
    return Secret(text, roles)


def proved(secret: Secret) -> Credential:
    """Return the credential of a secret.

    Raises:
        CredentialUnknown, CredentialRevoked, CredentialExpired, RoleMayNot.
    """
    with database().reading() as connection:
        credential = authenticate(connection, secret.text)
    require_role(credential.role, secret.roles)
    return credential
