"""Visibility: who may know of an operation, of its parts, and who may read a publication under embargo.

Participants and the lead force may know of an operation. For all others it does not exist. Of the parts of an
operation, its lead force may see all; others may see those that they take part in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from service.access.credentials import Credential
from service.access.roles import COORDINATOR
from service.domain.model.events import FiguresPublished
from service.domain.model.operation import Operation
from service.eventlog.head import Head, UnknownOperation


def require_visible(
    name: str, credential: Credential, head: Head | None, operation: Operation | None
) -> tuple[Head, Operation]:
    """Return the head and the operation if the credential may know of them.

    Raises:
        UnknownOperation: otherwise; the error does not reveal whether the operation exists.
    """
    if head is not None and operation is not None and knows_of(credential, operation):
        return head, operation
    raise UnknownOperation(f"There is no operation {name!r} that this credential may see.")


def knows_of(credential: Credential, operation: Operation) -> bool:
    """Return whether the credential may know of the operation: its force takes part or leads, within its limits."""
    is_in_it = credential.force in operation.participants or credential.force == operation.lead_force
    return is_in_it and credential.reaches(operation.operation)


def coordinates(credential: Credential, operation: Operation) -> bool:
    """Return whether the credential belongs to a coordinator of the force that leads the operation."""
    return credential.role == COORDINATOR and credential.force == operation.lead_force


def leads(credential: Credential, operation: Operation) -> bool:
    """Return whether the credential belongs to the force that leads the operation, in any role."""
    return credential.force == operation.lead_force


def visible_parts(credential: Credential, operations: Sequence[Operation]) -> frozenset[str]:
    """Return which of an operation, the first, and its parts a credential that may know of it may see by name.

    These are the parts that the credential may know of, and all that are in an operation which its force leads, at any
    depth. All others count in sums, and are neither named nor shown by force.
    """
    whole = operations[0]
    seen = {whole.operation, *(one.operation for one in operations if knows_of(credential, one))}
    led = {one.operation for one in operations if one.operation in seen and leads(credential, one)}
    waiting = [one for one in operations if one.operation in led]
    by_name = {one.operation: one for one in operations}
    while waiting:
        inside = [by_name[part] for part in waiting.pop().parts if part in by_name and part not in led]
        led.update(one.operation for one in inside)
        waiting += inside
    return frozenset(seen | led)


def is_embargoed(published: FiguresPublished, now: datetime) -> bool:
    """Return whether a publication is under embargo at this moment. An embargo does not apply to the coordinator."""
    return published.embargo_until is not None and published.embargo_until > now
