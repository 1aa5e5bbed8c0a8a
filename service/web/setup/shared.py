"""Who may see the pages for setting up an operation."""

from __future__ import annotations

from service.access.roles import COORDINATOR
from service.domain.model.operation import Operation
from service.web.site.blueprint import PageNotFound, credential
from service.web.site.rendering import part_of


def require_coordinator(state: Operation) -> None:
    """Refuse everybody but a coordinator of the force that leads the operation.

    Raises:
        PageNotFound.
    """
    if part_of(state, credential()) != COORDINATOR:
        raise PageNotFound("There is no such page.")
