"""Visibility: who may know of an operation, and who may read a publication under embargo.

Participants and the lead force may know of an operation. For all others it does not exist.
"""

from __future__ import annotations

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


def is_embargoed(published: FiguresPublished, now: datetime) -> bool:
    """Return whether a publication is under embargo at this moment. An embargo does not apply to the coordinator."""
    return published.embargo_until is not None and published.embargo_until > now
