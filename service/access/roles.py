"""The four roles. What each may do is written beside every route in `service.api`."""

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
        raise RoleMayNot(f"This call is for the roles {', '.join(roles)}; this credential's role is {role}.")
