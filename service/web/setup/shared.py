"""What the pages for setting up an operation share: who may see them, and what their layout needs."""

from __future__ import annotations

from typing import Any

from service.access.roles import COORDINATOR
from service.domain.model.operation import Operation
from service.web.site.blueprint import PageNotFound, credential
from service.web.site.rendering import address, part_of


def require_coordinator(state: Operation) -> None:
    """Refuse everybody but a coordinator of the force that leads the operation.

    Raises:
        PageNotFound.
    """
    if part_of(state, credential()) != COORDINATOR:
        raise PageNotFound("There is no such page.")


def shared(state: Operation, *above: tuple[str, str | None]) -> dict[str, Any]:
    """Return what the layout needs. `above` are the places between the operation and the page."""
    return {
        "marking": state.marking,
        "operation": state,
        "tab": "setup.show",
        "place": "operations.show",
        "trail": [
            ("Operations", address("operations.show")),
            (state.name, address("overview.show", operation=state.operation)),
            *above,
        ],
    }
