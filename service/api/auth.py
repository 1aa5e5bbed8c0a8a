"""Who is calling: the bearer credential of a request, looked up at every request so that revoking works at once."""

from __future__ import annotations

from flask import Request

from service.access.credentials import Credential, CredentialMissing
from service.access.credentials import authenticate as authenticate_secret
from service.api.database import database
from service.errors import Forbidden

SCHEME = "bearer "


class RoleMayNot(Forbidden):
    """The credential's role may not make this call."""

    code = "role_may_not"


def authenticate(request: Request) -> Credential:
    """Return the credential of a request.

    Raises:
        CredentialMissing, CredentialMalformed, CredentialUnknown, CredentialRevoked, CredentialExpired.
    """
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith(SCHEME):
        raise CredentialMissing("Send the header Authorization: Bearer CREDENTIAL.")
    with database().snapshot() as connection:
        return authenticate_secret(connection, header[len(SCHEME) :].strip(), database().now(connection))


def require_role(credential: Credential, roles: tuple[str, ...]) -> None:
    """Refuse a credential of another role.

    Raises:
        RoleMayNot.
    """
    if credential.role not in roles:
        raise RoleMayNot(f"This call is for the roles {', '.join(roles)}; this credential's role is {credential.role}.")
