"""The pages of one place: each states who may see it. To anybody else it does not exist: 404, never 403."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from time import monotonic
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, request

from service.access.accounts import Accounts
from service.access.credentials import Credential
from service.errors import NotFound
from service.storage.db import Database
from service.usecases.access.sign_in import SignedIn
from service.usecases.querying.feed import Feeds
from service.web.site.forms import MOST_BYTES_OF_A_FORM, FormFromElsewhere, check_form
from service.web.site.session import require_signed_in

View = TypeVar("View", bound=Callable[..., Any])

EXTENSION = "oprecord_pages"
MAX_SECONDS_SINCE_PROOF = 1.0


class PageNotFound(NotFound):
    """There is no such page, or it is not for this person."""

    code = "page_not_found"


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages of an app need of it. `accounts` is None where people do not sign in with accounts."""

    database: Database
    feeds: Feeds
    accounts: Accounts | None


class Pages(Blueprint):
    """The blueprint of one place. Each of its views is either `public` or `requires` roles."""

    def requires(
        self, *roles: str, stale: Callable[..., Any] | None = None, most_bytes: int = MOST_BYTES_OF_A_FORM
    ) -> Callable[[View], View]:
        """Show the page only to people who are signed in with one of these roles; others get 404.

        Who is not signed in is asked to sign in, and then taken to the page. A form is at most `most_bytes` long, and
        must have been sent by a page of this session; with `stale`, that view answers other forms, by showing them
        again with what was typed.
        """

        def decorate(view: View) -> View:
            @wraps(view)
            def checked(*args: Any, **kwargs: Any) -> Any:
                begun = monotonic()
                _require_role(roles)
                request.max_content_length = most_bytes
                try:
                    check_form()
                except FormFromElsewhere:
                    if stale is None:
                        raise
                    return stale(*args, **kwargs)
                if monotonic() - begun > MAX_SECONDS_SINCE_PROOF:
                    # The form arrived slowly.
                    _require_role(roles)
                return view(*args, **kwargs)

            checked.roles = roles  # type: ignore[attr-defined]
            checked.keeps_form = stale is not None  # type: ignore[attr-defined]
            return checked  # type: ignore[return-value]

        return decorate

    def public(self, view: View) -> View:
        """Show the page to everybody."""
        view.roles = None  # type: ignore[attr-defined]
        return view


def _require_role(roles: tuple[str, ...]) -> None:
    """Find out who is signed in, and refuse whom the page is not for.

    Raises:
        Unauthenticated, PageNotFound.
    """
    g.signed_in = require_signed_in(database())
    if person().credential.role not in roles:
        raise PageNotFound("There is no such page.")


def database() -> Database:
    """Return the database of the app that answers this request."""
    return site().database


def site() -> Site:
    """Return what the app that answers this request gives its pages."""
    found: Site = current_app.extensions[EXTENSION]
    return found


def accounts() -> Accounts | None:
    """Return what signs people in with accounts; None if that is not set up."""
    return site().accounts


def takes_credentials() -> bool:
    """Return whether people can sign in with a credential or a link."""
    found = accounts()
    return found is None or not found.only


def person() -> SignedIn:
    """Return who is signed in, on a page that requires it."""
    found: SignedIn = g.signed_in
    return found


def credential() -> Credential:
    """Return the credential that the person acts with, on a page that requires one."""
    return person().credential
