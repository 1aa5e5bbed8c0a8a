"""The rules for issuing and revoking credentials through the service: who may give whom which access.

An administrator issues credentials for any force, a coordinator those for the operations that its force leads. Nobody
issues a credential that can do more, reaches further or lasts longer than the issuer's own. Only those who run the
service make administrators, with `oprecord credential issue`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.access.credentials import Credential
from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER
from service.domain.model.operation import Operation
from service.errors import Forbidden, Invalid

MOST_DAYS = 366
# The roles that each role may issue.
ISSUED_BY = {ADMINISTRATOR: (FORCE, COORDINATOR, OBSERVER), COORDINATOR: (FORCE, OBSERVER)}


class RoleNotYours(Forbidden):
    """A coordinator issues credentials for forces and observers only, an administrator also those for coordinators."""

    code = "role_not_yours"


class OperationNotYours(Forbidden):
    """The issuer's credential does not reach the operation, or another force leads it."""

    code = "operation_not_yours"


class OperationsMissing(Invalid):
    """The credential must be limited to operations, since its issuer's own credential is."""

    code = "operations_missing"


class ForceTakesNoPart(Invalid):
    """The force does not take part in an operation for which a coordinator issues its credential."""

    code = "force_takes_no_part"


class ExpiresTooLate(Invalid):
    """The credential would outlive that of its issuer."""

    code = "expires_too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The credential that is asked for."""

    force: str
    role: str
    operations: tuple[str, ...]
    expires_at: datetime


def check_issue(issuer: Credential, wanted: Wanted, found: Sequence[Operation | None]) -> None:
    """Refuse a credential that its issuer may not issue. `found` has the operations of `wanted`, None for unknown ones.

    An administrator may name operations that do not exist yet.

    Raises:
        RoleNotYours, OperationsMissing, OperationNotYours, ForceTakesNoPart, ExpiresTooLate.
    """
    roles = ISSUED_BY[issuer.role]
    if wanted.role not in roles:
        raise RoleNotYours(f"Expected one of {', '.join(roles)}; found {wanted.role!r}.", pointer="/role")
    if not wanted.operations and (issuer.operations or issuer.role == COORDINATOR):
        raise OperationsMissing(
            "Expected the operations that the credential is for; found none. Name at least one.", pointer="/operations"
        )
    for index, (name, operation) in enumerate(zip(wanted.operations, found, strict=True)):
        _check_operation(issuer, wanted, name, operation, f"/operations/{index}")
    if issuer.expires_at is not None and wanted.expires_at > issuer.expires_at:
        raise ExpiresTooLate("Your own credential expires earlier. Choose fewer days.", pointer="/expires_in_days")


def may_revoke(revoker: Credential, credential: Credential, issuer: Credential | None) -> bool:
    """Return whether a credential may be seen and revoked. `issuer` is the one it was issued with, if any.

    An administrator may revoke any that its own limit covers; a coordinator, those that a coordinator of its force
    issued for operations that its own credential reaches.
    """
    is_covered = not revoker.operations or (
        bool(credential.operations) and set(credential.operations) <= set(revoker.operations)
    )
    if revoker.role == ADMINISTRATOR:
        return is_covered
    is_of_force = issuer is not None and (issuer.role, issuer.force) == (COORDINATOR, revoker.force)
    return revoker.role == COORDINATOR and is_covered and is_of_force


def _check_operation(issuer: Credential, wanted: Wanted, name: str, operation: Operation | None, pointer: str) -> None:
    is_led = operation is not None and operation.lead_force == issuer.force
    if not issuer.reaches(name) or (issuer.role == COORDINATOR and not is_led):
        raise OperationNotYours(f"Expected an operation of yours; found {name}.", pointer=pointer)
    if operation is None or issuer.role == ADMINISTRATOR:
        return
    if wanted.force not in operation.participants and (wanted.role, wanted.force) != (OBSERVER, operation.lead_force):
        raise ForceTakesNoPart(
            f"Expected a force that takes part in {name}; found {wanted.force}. Add it to the operation first.",
            pointer="/force",
        )
