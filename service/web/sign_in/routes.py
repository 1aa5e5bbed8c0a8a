"""Signing in: with a credential that is pasted, or with a link that works once. Only sending the form uses it up."""

from __future__ import annotations

from http import HTTPStatus

from flask import redirect, request
from werkzeug.wrappers import Response

from service.access.credentials import CredentialExpired, CredentialMalformed, CredentialRevoked
from service.access.sessions import SessionIdle, SessionTooOld
from service.errors import Unauthenticated
from service.usecases.access.drafts import keep_draft_of_new_session
from service.usecases.access.sign_in import look_at_link, sign_in, sign_in_with_link
from service.web.site.blueprint import Pages, accounts, database, takes_credentials
from service.web.site.forms import local_address
from service.web.site.kept_forms import sent_form
from service.web.site.rendering import address, render
from service.web.site.session import browser_name, end_former_session, keep_session

pages = Pages("sign_in", __name__)

ENDED = {
    SessionIdle.code: "You were signed out because you did nothing for an hour. Sign in to go on.",
    SessionTooOld.code: "You were signed out after 12 hours. Sign in to go on.",
    CredentialRevoked.code: "Your credential has been revoked. Ask your coordinator for a new one.",
    CredentialExpired.code: "Your credential has expired. Ask your coordinator for a new one.",
    "signed_out": "You have signed out.",
}
# Where people sign in with accounts, they need not know what a credential is.
ENDED_WITH_ACCOUNT = ENDED | {
    CredentialRevoked.code: "The access of your role has been revoked. Ask whoever manages your force’s accounts.",
    CredentialExpired.code: "The access of your role has expired. Ask whoever manages your force’s accounts.",
    "signed_out": "You have signed out here. On a shared computer, sign out of your force’s account too.",
}
ACCOUNTS_ONLY = "Credentials and links do not sign in here. Sign in with your force’s account."
EMPTY = "Enter your credential"
MALFORMED = "Credential must be complete: it begins with oprecord_ and has 55 characters"
UNKNOWN = "Credential must be one that was issued here. Ask your coordinator for a new one"
WORDS = {
    CredentialMalformed.code: MALFORMED,
    CredentialRevoked.code: "Credential must not be revoked. Ask your coordinator for a new one",
    CredentialExpired.code: "Credential must not have expired. Ask your coordinator for a new one",
}


@pages.route("/sign-in")
@pages.public
def show() -> str:
    """Ask for a credential."""
    notes = ENDED if accounts() is None else ENDED_WITH_ACCOUNT
    return _form(request.args.get("next"), note=notes.get(request.args.get("ended", "")))


@pages.route("/sign-in", methods=["POST"])
@pages.public
def send() -> Response | tuple[str, int]:
    """Sign in with a credential."""
    secret, following = "".join(request.form.get("credential", "").split()), request.form.get("next")
    if not takes_credentials():
        return _form(following, note=ACCOUNTS_ONLY), HTTPStatus.FORBIDDEN
    if not secret:
        return _form(following, error=EMPTY), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        session = sign_in(database(), secret=secret, browser=browser_name())
    except Unauthenticated as error:
        return _form(following, error=WORDS.get(error.code, UNKNOWN)), HTTPStatus.UNPROCESSABLE_ENTITY
    if kept := sent_form():
        # The former session must end first: its drafts end with it.
        answer = _signed_in(session, kept.address)
        keep_draft_of_new_session(
            database(), session, id=kept.draft, operation=kept.operation, address=kept.address, typed=kept.typed
        )
        return answer
    return _signed_in(session, following)


@pages.route("/sign-in/<token>")
@pages.public
def show_link(token: str) -> str | tuple[str, int]:
    """Show for which force a link signs in, and a button that does it. A program that looks at it uses nothing up."""
    if not takes_credentials():
        return _broken(ACCOUNTS_ONLY)
    try:
        force_name = look_at_link(database(), token)
    except Unauthenticated as error:
        return _broken(error.detail)
    return render("sign_in/link.html.jinja", title="Sign in", force_name=force_name)


@pages.route("/sign-in/<token>", methods=["POST"])
@pages.public
def use_link(token: str) -> Response | tuple[str, int]:
    """Sign in with a link."""
    if not takes_credentials():
        return _broken(ACCOUNTS_ONLY)
    try:
        session = sign_in_with_link(database(), token=token, browser=browser_name())
    except Unauthenticated as error:
        return _broken(error.detail)
    return _signed_in(session, None)


def _signed_in(session: str, following: str | None) -> Response:
    """Go on to where the person was going, with a new session: one that was there before is never used."""
    end_former_session(database())
    answer = redirect(local_address(following, "/"), HTTPStatus.SEE_OTHER)
    keep_session(answer, session)
    return answer


def _form(following: str | None, *, note: str | None = None, error: str | None = None) -> str:
    return render(
        "sign_in/sign_in.html.jinja",
        title="Sign in",
        note=note,
        kept=sent_form(),
        errors=[(error, "#credential")] if error else [],
        error=error,
        following=local_address(following, ""),
        action=address("sign_in.send"),
    )


def _broken(sentence: str) -> tuple[str, int]:
    title = "This link cannot be used"
    return render("sign_in/broken_link.html.jinja", title=title, sentence=sentence), HTTPStatus.GONE
