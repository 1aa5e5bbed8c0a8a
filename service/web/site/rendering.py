"""Rendering: every page is a template beside its module, inside the layout that all pages share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from flask import Flask, g, redirect, render_template, url_for
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug import Response

from service.access.credentials import Credential
from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER, READERS
from service.domain.model.operation import Operation
from service.usecases.querying.read_context import Position
from service.usecases.querying.visibility import coordinates
from service.web.site import words
from service.web.site.assets import asset_address
from service.web.site.blueprint import accounts, takes_credentials
from service.web.site.forms import FIELD, form_token
from service.web.site.session import session_state

JINJA_OPTIONS: dict[str, Any] = {"autoescape": True}
# The package of its components wants this name.
COMPONENTS = "govuk_frontend_jinja"
# A page above another: its name and its address.
Place: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of an operation, as its navigation names it. `roles` are those that may see it."""

    endpoint: str
    label: str
    roles: tuple[str, ...]


# The pages that do not belong to one operation: endpoint, label, and the roles that may see it.
NAVIGATION = (
    ("operations.show", "Operations", READERS),
    ("access.show", "Access", (ADMINISTRATOR, COORDINATOR)),
)
# In the order in which they are shown.
TABS = (
    Tab("overview.show", "Overview", (COORDINATOR, FORCE, OBSERVER)),
    Tab("day.show", "My day", (FORCE,)),
    Tab("returns.show", "Returns", (COORDINATOR, FORCE)),
    Tab("events.show", "Events", (COORDINATOR, FORCE)),
    Tab("record.show", "Record", (COORDINATOR, FORCE)),
    Tab("uploads.show", "Upload", (COORDINATOR, FORCE)),
    Tab("duplicates.show", "Possible duplicates", (COORDINATOR, FORCE)),
    Tab("publications.show", "Publications", (COORDINATOR, FORCE, OBSERVER)),
    Tab("compare.show", "Compare", (COORDINATOR, FORCE, OBSERVER)),
    Tab("setup.show", "Set up", (COORDINATOR,)),
)


def register_templates(app: Flask) -> None:
    """Let the app find the templates. Flask escapes only `*.html` by itself; these are `*.html.jinja`."""
    app.jinja_options = dict(JINJA_OPTIONS)
    app.jinja_loader = ChoiceLoader(
        [PackageLoader("service.web", ""), PrefixLoader({COMPONENTS: PackageLoader(COMPONENTS)})]
    )
    app.template_context_processors[None].append(_shared)


def render(template: str, **values: Any) -> str:
    """Return a page. Its layout takes `title`, `marking`, `trail`, `operation`, `tab` and `position` from the values.

    `title` is what the page is called; `trail` lists the places above it; `operation` and `tab` choose the navigation
    of an operation; `position` is what the figures of the page are true at. `operation_page` returns them.
    """
    return render_template(template, **values)


def operation_page(
    operation: Operation,
    *,
    tab: str,
    title: str | None = None,
    above: Iterable[Place] = (),
    position: Position | None = None,
) -> dict[str, Any]:
    """Return what the layout needs for a page of an operation: the values of `render` that all such pages share.

    `tab` is the endpoint of the page, or of the one that it belongs to; `above` are the places between the operation
    and the page. Without a `title` it is the page of the operation itself.
    """
    own = () if title is None else ((operation.name, address("overview.show", operation=operation.operation)),)
    return {
        "title": operation.name if title is None else title,
        "marking": operation.marking,
        "trail": [("Operations", address("operations.show")), *own, *above],
        "place": "operations.show",
        "operation": operation,
        "tab": tab,
        "position": position,
    }


def address(endpoint: str, **values: Any) -> str:
    """Return the address of a page by its endpoint, such as `events.show`.

    Raises:
        BuildError: there is no such page, or a value is missing.
    """
    return url_for(f"pages.{endpoint}", **values)


def see_other(endpoint: str, **values: Any) -> Response:
    """Return the redirect to a page after a form was sent, so that a reload does not send it again."""
    return redirect(address(endpoint, **values), HTTPStatus.SEE_OTHER)


def tabs_of(operation: Operation, who: Credential) -> list[tuple[str, str, str]]:
    """Return the pages of an operation that a person may see: endpoint, label and address."""
    role = part_of(operation, who)
    shown = [tab for tab in TABS if role in tab.roles]
    return [(tab.endpoint, tab.label, address(tab.endpoint, operation=operation.operation)) for tab in shown]


def part_of(operation: Operation, who: Credential) -> str:
    """Return the role that a person has in an operation: a coordinator of a force that does not lead it is a force."""
    if who.role == COORDINATOR and not coordinates(who, operation):
        return FORCE
    return who.role


def _shared() -> dict[str, Any]:
    """Return what every template can use."""
    return {
        "accounts": accounts(),
        "address": address,
        "asset": asset_address,
        "form_field": FIELD,
        "form_token": form_token,
        "person": g.get("signed_in"),
        "session_state": lambda: session_state(g.signed_in),
        "site_navigation": NAVIGATION,
        "tabs_of": tabs_of,
        "takes_credentials": takes_credentials(),
        "words": words,
    }
