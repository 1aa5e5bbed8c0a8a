"""Signing in with an account of the force's identity provider: going there, coming back, and choosing a role."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response

from service.access.account_sign_ins import LIFETIME, SignInSecret, SignInUnknown
from service.access.accounts import (
    AccountNotConfirmed,
    Accounts,
    AccountWithoutRole,
    ProviderUnavailable,
    error_code,
    not_confirmed,
)
from service.errors import RecordError
from service.usecases.access.accounts import (
    SignedInWithAccount,
    begin_account_sign_in,
    choose_role,
    finish_account_sign_in,
    roles_to_choose,
    use_account_sign_in,
)
from service.web.site.blueprint import PageNotFound, Pages, accounts, database
from service.web.site.forms import local_address
from service.web.site.rendering import address, render, see_other
from service.web.site.session import browser_name, end_former_session, keep_session

pages = Pages("accounts", __name__)

COOKIE = "oprecord_sign_in"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
DENIED = "access_denied"
CHOOSE = "Choose in which role you sign in"
NOT_SIGNED_IN = "You are not signed in"
WITHOUT_ROLE = (
    "Your account has no role in this service.",
    "Ask whoever manages your force’s accounts to give it one. Then sign in again.",
)
REFUSED = (
    "Your force’s accounts did not let you in, or you cancelled.",
    "If you should have access, ask whoever manages your force’s accounts.",
)
NOT_CONFIRMED = (
    "Your force’s accounts did not confirm who you are.",
    "Try again. If it happens again, tell whoever runs this service: its log says why.",
)
BEGIN_AGAIN = (
    "This sign-in was begun in another browser, has been used, or is more than 10 minutes old.",
    "Nothing is wrong with your account. Sign in again.",
)
NO_ANSWER = (
    "The service that checks your force’s accounts cannot be used at the moment.",
    "Try again in a few minutes. If it goes on, tell whoever runs this service: its log says why.",
)

logger = logging.getLogger(__name__)


@pages.route("/sign-in/account")
@pages.public
def begin() -> Response:
    """Send the person to the identity provider."""
    following = local_address(request.args.get("next"), "/")
    provider = _accounts().provider
    try:
        secret, elsewhere = begin_account_sign_in(
            database(),
            provider,
            following=following,
            return_address=_return_address(),
            asks_which="other" in request.args,
        )
    except ProviderUnavailable as error:
        return _failed(error, following)
    answer = redirect(elsewhere, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        _cookie_name(),
        secret.text,
        max_age=LIFETIME // timedelta(seconds=1),
        path="/",
        secure=request.is_secure,
        httponly=True,
        # Not Strict: the browser comes back from another site.
        samesite="Lax",
    )
    return answer


@pages.route("/sign-in/account/callback")
@pages.public
def come_back() -> Response:
    """Sign in the person who comes back from the identity provider."""
    provider, following = _accounts().provider, ""
    try:
        secret = _secret()
        following = use_account_sign_in(database(), secret=secret, state=request.args.get("state", ""))
        signed_in = finish_account_sign_in(
            database(),
            provider,
            secret=secret,
            following=following,
            code=_code(),
            return_address=_return_address(),
            browser=browser_name(),
        )
    except (SignInUnknown, AccountNotConfirmed, AccountWithoutRole, ProviderUnavailable) as error:
        return _failed(error, following)
    if signed_in is None:
        return see_other("accounts.show_roles")
    return _signed_in(signed_in)


@pages.route("/sign-in/account/role")
@pages.public
def show_roles() -> Response:
    """Ask in which of several roles the person signs in."""
    _accounts()
    return _roles(error=None)


@pages.route("/sign-in/account/role", methods=["POST"])
@pages.public
def choose() -> Response:
    """Sign in, in the role that was chosen."""
    _accounts()
    try:
        chosen = UUID(request.form.get("role", ""))
    except ValueError:
        return _roles(error=CHOOSE)
    try:
        signed_in = choose_role(database(), secret=_secret(), credential_id=chosen, browser=browser_name())
    except (SignInUnknown, AccountWithoutRole) as error:
        return _failed(error, "")
    return _roles(error=CHOOSE) if signed_in is None else _signed_in(signed_in)


def _accounts() -> Accounts:
    found = accounts()
    if found is None:
        raise PageNotFound("There is no such page.")
    return found


def _secret() -> SignInSecret:
    """Return the secret in the cookie of this request.

    Raises:
        SignInUnknown: there is none.
    """
    sent = request.cookies.get(_cookie_name(), "")
    if not SECRET.fullmatch(sent):
        raise SignInUnknown("No sign-in was begun in this browser in the last 10 minutes. Begin again.")
    return SignInSecret(sent)


def _code() -> str:
    """Return the code with which the identity provider has sent the person back.

    Raises:
        AccountNotConfirmed: it has sent an error instead, or nothing.
    """
    code = request.args.get("code", "")
    if code:
        return code
    # The description may name the person.
    raise not_confirmed(f"the identity provider sent the browser back with {error_code(request.args.get('error'))}")


def _signed_in(found: SignedInWithAccount) -> Response:
    """Go on to where the person was going, with a new session: one that was there before is never used."""
    end_former_session(database())
    answer = redirect(local_address(found.following, "/"), HTTPStatus.SEE_OTHER)
    keep_session(answer, found.session)
    _forget_sign_in(answer)
    return answer


def _roles(*, error: str | None) -> Response:
    try:
        offered = roles_to_choose(database(), secret=_secret())
    except (SignInUnknown, AccountWithoutRole) as problem:
        return _failed(problem, "")
    body = render(
        "sign_in/roles.html.jinja",
        title="In which role do you sign in?",
        offered=offered,
        errors=[(error, "#role")] if error else [],
        error=error,
        action=address("accounts.choose"),
    )
    return _page(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)


def _failed(error: RecordError, following: str) -> Response:
    """Show why the person is not signed in, in plain words, and log what the operator needs."""
    sentences, status = _words(error)
    if isinstance(error, AccountNotConfirmed | ProviderUnavailable):
        logger.warning("%s: %s", error.code, error.reason)
    body = render(
        "sign_in/not_signed_in.html.jinja",
        title=NOT_SIGNED_IN,
        sentences=sentences,
        following=local_address(following, ""),
        is_other_account=isinstance(error, AccountWithoutRole),
    )
    return _page(body, status)


def _words(error: RecordError) -> tuple[tuple[str, ...], HTTPStatus]:
    match error:
        case ProviderUnavailable():
            return NO_ANSWER, HTTPStatus.SERVICE_UNAVAILABLE
        case AccountWithoutRole():
            return WITHOUT_ROLE, HTTPStatus.FORBIDDEN
        case AccountNotConfirmed():
            return (REFUSED if request.args.get("error") == DENIED else NOT_CONFIRMED), HTTPStatus.FORBIDDEN
    return BEGIN_AGAIN, HTTPStatus.BAD_REQUEST


def _page(body: str, status: HTTPStatus) -> Response:
    return Response(body, status=status, content_type="text/html; charset=utf-8")


def _return_address() -> str:
    """Return the address that the identity provider sends people back to. It is registered there."""
    return address("accounts.come_back", _external=True)


def _forget_sign_in(response: Response) -> None:
    response.delete_cookie(_cookie_name(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def _cookie_name() -> str:
    # A cookie with this prefix is taken by browsers only over HTTPS, for this host alone, and for all its pages.
    return f"__Host-{COOKIE}" if request.is_secure else COOKIE
