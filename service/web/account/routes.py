"""A person's own account: who they are here, their sessions, and signing out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from service.access.roles import ROLES
from service.usecases.access.sign_in import end_session, own_sessions
from service.web.site.blueprint import Pages, database, person
from service.web.site.rendering import render, see_other
from service.web.site.session import forget_session, session_state

pages = Pages("account", __name__)


@pages.route("/account")
@pages.requires(*ROLES)
def show() -> str:
    """Show who is signed in, and where."""
    return render(
        "account/account.html.jinja",
        title="Your account",
        place="account.show",
        sessions=own_sessions(database(), person()),
        now=person().now,
    )


@pages.route("/account/sessions/<uuid:session_id>/end", methods=["POST"])
@pages.requires(*ROLES)
def end(session_id: UUID) -> Response:
    """End one of the person's sessions; ending this one signs out."""
    end_session(database(), person(), session_id)
    if session_id == person().session.id:
        return _signed_out()
    return see_other("account.show")


@pages.route("/account/stay", methods=["POST"])
@pages.requires(*ROLES)
def stay() -> dict[str, Any]:
    """Keep this session: like every page that is opened, a use of it. The 12 hours do not begin anew."""
    return session_state(person())


@pages.route("/sign-out", methods=["POST"])
@pages.requires(*ROLES)
def sign_out() -> Response:
    """End this session."""
    end_session(database(), person(), person().session.id)
    return _signed_out()


def _signed_out() -> Response:
    answer = see_other("sign_in.show", ended="signed_out")
    forget_session(answer)
    return answer
