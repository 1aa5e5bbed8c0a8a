"""Who has access: issuing credentials and links, revoking them, and ending sessions."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from service.access.issuing import (
    ISSUED_BY,
    MOST_DAYS,
    ExpiresTooLate,
    ForceTakesNoPart,
    OperationNotYours,
    OperationsMissing,
    RoleNotYours,
)
from service.access.roles import ADMINISTRATOR, COORDINATOR
from service.errors import Forbidden, Invalid, RecordError, Unauthenticated
from service.usecases.maintenance.access import (
    end_one_within_rights,
    end_sessions_within_rights,
    issue_link_within_rights,
    list_access,
    read_access,
)
from service.usecases.maintenance.credentials import (
    NotAnOperationName,
    UnknownForce,
    issue_within_rights,
    revoke_within_rights,
)
from service.usecases.overview.operations import list_operations_known
from service.usecases.querying.forces import list_forces
from service.web.site.blueprint import PageNotFound, Pages, credential, database, person, takes_credentials
from service.web.site.rendering import address, render, see_other
from service.web.site.typed import FormReader

pages = Pages("access", __name__)

ROLES = (ADMINISTRATOR, COORDINATOR)
LINK, SECRET = "link", "secret"
GIVEN = (
    (LINK, "A link", "Signs one person in once, within 15 minutes. Best for pages"),
    (SECRET, "A credential", "A secret to paste, for programs and for signing in again"),
)
ABOUT_ROLES = {
    "force": "Records for its own force, and sees its own events",
    "coordinator": "Sees everything of the operations that its force leads, and publishes",
    "observer": "Reads figures and publications, no events",
}
# Where people sign in with accounts only.
GIVEN_TO_PROGRAMS = ((SECRET, "A credential", "A secret for programs. People sign in with their accounts"),)
PRESUMED_DAYS = "30"
FIELDS: dict[type[RecordError], tuple[str, str]] = {
    UnknownForce: ("force", "Force must be on the list"),
    ForceTakesNoPart: ("force", "Force must take part in the operation. Add it to the operation first"),
    RoleNotYours: ("role", "Role must be one that you may issue"),
    OperationsMissing: ("operations", "Choose at least one operation"),
    OperationNotYours: ("operations", "Operations must be ones that your own credential covers"),
    NotAnOperationName: ("operations", "Operations must be short names, such as teasel-2024-05"),
    ExpiresTooLate: ("days", "It must not last longer than your own credential. Choose fewer days"),
}


@pages.route("/access")
@pages.requires(*ROLES)
def show() -> str:
    """List the credentials that the person may revoke, newest first, and their sessions."""
    found = list_access(database(), caller=credential())
    now = person().now
    return render(
        "access/access.html.jinja",
        title="Access",
        place="access.show",
        valid=[one for one in found if one.is_valid_at(now)],
        ended=[one for one in found if not one.is_valid_at(now)],
        names=_force_names(),
        done=request.args.get("done", ""),
        now=now,
    )


@pages.route("/access/new")
@pages.requires(*ROLES)
def new() -> str:
    """Ask for whom access is."""
    return _form(FormReader(MultiDict({"days": PRESUMED_DAYS, "given": LINK if takes_credentials() else SECRET})))


@pages.route("/access/new", methods=["POST"])
@pages.requires(*ROLES)
def send() -> str | tuple[str, int]:
    """Issue a credential, and show it or a link this once."""
    typed = FormReader(request.form)
    roles = ISSUED_BY[credential().role]
    force = typed.choice("force", _force_names(), "Choose a force")
    role = typed.choice("role", roles, "Choose a role")
    given = typed.choice("given", [one for one, *_words in _given()], "Choose a link or a credential")
    days = typed.number("days", "Days", most=MOST_DAYS)
    if not days:
        typed.wrong("days", f"Days must be a whole number from 1 to {MOST_DAYS}")
    operations = tuple(one for line in typed.all("operations") for one in line.replace(",", " ").split())
    if not typed.mistakes:
        try:
            issued, secret = issue_within_rights(
                database(),
                issuer=credential(),
                force=force,
                role=role,
                operations=operations,
                expires_in=timedelta(days=days or 0),
            )
        except (Invalid, Forbidden) as error:
            typed.wrong(*FIELDS.get(type(error), ("", error.detail)))
        else:
            return _issued(issued.id, None if given == LINK else secret)
    return _form(typed), HTTPStatus.UNPROCESSABLE_ENTITY


@pages.route("/access/<uuid:credential_id>/link", methods=["POST"])
@pages.requires(*ROLES)
def link(credential_id: UUID) -> str | Response:
    """Issue another link for a credential, and show it this once."""
    if not takes_credentials():
        raise PageNotFound("There is no such page.")
    try:
        return _issued(credential_id, None)
    except Unauthenticated:
        # It has ended since the list was shown.
        return _to_list("ended_before")


@pages.route("/access/<uuid:credential_id>/revoke")
@pages.requires(*ROLES)
def check_revoke(credential_id: UUID) -> str:
    """Ask to confirm."""
    found = read_access(database(), caller=credential(), credential_id=credential_id)
    return render(
        "access/revoke.html.jinja",
        title="Revoke access",
        place="access.show",
        trail=[("Access", address("access.show"))],
        found=found,
        names=_force_names(),
        is_own=credential_id == credential().id,
        now=person().now,
    )


@pages.route("/access/<uuid:credential_id>/revoke", methods=["POST"])
@pages.requires(*ROLES)
def revoke(credential_id: UUID) -> Response:
    """Revoke a credential, and with it its sessions, at once."""
    revoke_within_rights(database(), caller=credential(), credential_id=credential_id)
    return _to_list("revoked")


@pages.route("/access/<uuid:credential_id>/end", methods=["POST"])
@pages.requires(*ROLES)
def end(credential_id: UUID) -> Response:
    """End the sessions of a credential; it can be used to sign in again."""
    end_sessions_within_rights(database(), caller=credential(), credential_id=credential_id)
    return _to_list("ended")


@pages.route("/access/<uuid:credential_id>/sessions/<uuid:session_id>/end", methods=["POST"])
@pages.requires(*ROLES)
def end_one(credential_id: UUID, session_id: UUID) -> Response:
    """End one session of a credential, of a person who signed in with an account."""
    end_one_within_rights(database(), caller=credential(), credential_id=credential_id, session_id=session_id)
    return _to_list("ended_one")


def _issued(credential_id: UUID, secret: str | None) -> str:
    """Show a secret, or a new link, this once."""
    caller = credential()
    token = None if secret else issue_link_within_rights(database(), caller=caller, credential_id=credential_id)
    found = read_access(database(), caller=caller, credential_id=credential_id)
    return render(
        "access/issued.html.jinja",
        title="Give this to the person",
        place="access.show",
        trail=[("Access", address("access.show"))],
        found=found,
        names=_force_names(),
        secret=secret,
        link=None if token is None else address("sign_in.show_link", token=token, _external=True),
        now=person().now,
    )


def _form(typed: FormReader) -> str:
    roles = ISSUED_BY[credential().role]
    return render(
        "access/new.html.jinja",
        title="Give somebody access",
        place="access.show",
        trail=[("Access", address("access.show"))],
        typed={name: typed.get(name) for name in ("force", "role", "days", "given")},
        chosen=typed.all("operations"),
        errors=typed.mistakes,
        wrong=dict(typed.mistakes),
        forces=_force_names(),
        roles=[(role, role.capitalize(), ABOUT_ROLES[role]) for role in roles],
        operations=_operations(),
        given=_given(),
    )


def _given() -> tuple[tuple[str, str, str], ...]:
    return GIVEN if takes_credentials() else GIVEN_TO_PROGRAMS


def _operations() -> list[tuple[str, str]] | None:
    """Return the operations that a coordinator may name, by name; None for an administrator, who types them."""
    who = credential()
    if who.role == ADMINISTRATOR:
        return [(one, one) for one in who.operations] if who.operations else None
    found = list_operations_known(database(), credential=who)
    led = [one.operation for one in found if one.operation.lead_force == who.force]
    return [(one.operation, one.name) for one in led]


def _force_names() -> dict[str, str]:
    return {one.force: one.name for one in list_forces(database())}


def _to_list(done: str) -> Response:
    return see_other("access.show", done=done)
