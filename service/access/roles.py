"""The four roles. Every route in `service.api` states which of them may call it."""

from __future__ import annotations

from service.errors import Forbidden

FORCE = "force"
COORDINATOR = "coordinator"
OBSERVER = "observer"
ADMINISTRATOR = "administrator"

ROLES = (FORCE, COORDINATOR, OBSERVER, ADMINISTRATOR)
# Roles that send events, and those that may see totals.
REPORTERS = (FORCE, COORDINATOR)
READERS = (FORCE, COORDINATOR, OBSERVER)


class RoleMayNot(Forbidden):
    """The credential's role may not make this call."""

    code = "role_may_not"


def require_role(role: str, roles: tuple[str, ...]) -> None:
    """Refuse a credential of another role.

    Raises:
        RoleMayNot.
    """
    if role not in roles:
        raise RoleMayNot(f"Expected a credential with one of the roles {', '.join(roles)}; found the role {role}.")
