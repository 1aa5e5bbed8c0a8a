"""Credentials: an administrator issues, lists and revokes them; a coordinator those for the operations it leads."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, request

from service.access.credentials import Credential, NoSuchCredential, as_members
from service.access.issuing import MOST_DAYS
from service.access.roles import ADMINISTRATOR, COORDINATOR, ROLES
from service.api.http import examples
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import MOST_BYTES_OF_A_CALL, json_body
from service.api.http.queries import Number
from service.domain.model.vocabulary import Items, Slug, Whole
from service.usecases.maintenance.credentials import (
    issue_within_rights,
    list_within_rights,
    revoke_within_rights,
)
from service.wire.fields import UUID_TEXT, EventId, ListOf, OneOf, WholeNumber
from service.wire.schemas import StrictSchema, check, field_for

blueprint = Blueprint("credentials", __name__, description="Issue, list and revoke credentials")

f = ma.fields


class CredentialCallSchema(StrictSchema):
    """The credential to issue."""

    force = field_for(Slug, {"required": True})
    role = OneOf(ROLES, required=True)
    operations = ListOf(field_for(Slug, {}), Items(0, 50), load_default=[])
    expires_in_days = WholeNumber(Whole(1, MOST_DAYS), required=True)


class NothingSchema(StrictSchema):
    """An empty object."""


class StoredCredentialSchema(ma.Schema):
    """A credential without its secret. `issued_by` is the credential that issued it; null: the service's host."""

    credential = f.UUID(required=True)
    force = f.String(required=True)
    role = f.String(required=True, metadata={"enum": list(ROLES)})
    operations = f.List(f.String(), required=True, metadata={"description": "those it is limited to; empty: no limit"})
    created_at = f.DateTime(required=True)
    expires_at = f.DateTime(required=True, allow_none=True)
    revoked_at = f.DateTime(required=True, allow_none=True)
    issued_by = f.UUID(required=True, allow_none=True)
    app_role = f.String(
        required=True,
        allow_none=True,
        metadata={"description": "accounts with this app role sign in to the pages with it; null: its secret does"},
    )


class IssuedCredentialSchema(StoredCredentialSchema):
    """A new credential with its secret, which is not stored and never shown again."""

    secret = f.String(required=True)


class CredentialListSchema(ma.Schema):
    """A page of credentials, oldest first; `next` is the `after` of the next page, null on the last."""

    credentials = f.List(f.Nested(StoredCredentialSchema), required=True)
    next = f.UUID(required=True, allow_none=True)


class CredentialsQuery(ma.Schema):
    """Which page of the credentials."""

    after = EventId(metadata={"description": "the `next` value of the previous page"})
    limit = Number(1, 500, load_default=100)


CALL, NOTHING = CredentialCallSchema(), NothingSchema()


@blueprint.route("/v1/credentials", methods=["POST"])
@blueprint.requires(COORDINATOR, ADMINISTRATOR)
@blueprint.query()
@blueprint.takes(CredentialCallSchema, example=examples.CREDENTIAL)
@blueprint.answers({201: IssuedCredentialSchema}, problems=(400, 413, 415, 422))
def post_credential(_query: dict[str, Any]) -> Response:
    """Issue a credential. The answer has its secret, which is shown only this once.

    A coordinator issues credentials for forces and observers, limited to operations that its force leads. An
    administrator issues them for any force and every role but its own. None reaches further, or lasts longer, than that
    of its issuer. Sending the call again issues another credential: revoke the one whose secret was lost.
    """
    row = json_body(request, MOST_BYTES_OF_A_CALL)
    check(CALL, row)
    issued, secret = issue_within_rights(
        database(),
        issuer=caller(),
        force=row["force"],
        role=row["role"],
        operations=tuple(row.get("operations") or ()),
        expires_in=timedelta(days=row["expires_in_days"]),
    )
    return answer(credential_json(issued) | {"secret": secret}, HTTPStatus.CREATED)


@blueprint.route("/v1/credentials")
@blueprint.requires(COORDINATOR, ADMINISTRATOR)
@blueprint.query(CredentialsQuery)
@blueprint.answers({200: CredentialListSchema}, problems=(404, 422))
def get_credentials(query: dict[str, Any]) -> Response:
    """List the credentials that the caller may revoke, oldest first, without their secrets.

    An administrator sees all, a coordinator those that coordinators of its force issued.
    """
    after = UUID(query["after"]) if "after" in query else None
    found, following = list_within_rights(database(), caller=caller(), after=after, limit=query["limit"])
    return answer(
        {
            "credentials": [credential_json(one) for one in found],
            "next": None if following is None else str(following),
        }
    )


@blueprint.route("/v1/credentials/<credential_id>/revoke", methods=["POST"])
@blueprint.requires(COORDINATOR, ADMINISTRATOR)
@blueprint.query()
@blueprint.takes(NothingSchema, example={})
@blueprint.answers({200: StoredCredentialSchema}, problems=(400, 404, 413, 415, 422))
def post_revoke(_query: dict[str, Any], credential_id: str) -> Response:
    """Revoke a credential with immediate effect. Revoking it again changes nothing."""
    check(NOTHING, json_body(request, MOST_BYTES_OF_A_CALL))
    if not UUID_TEXT.fullmatch(credential_id):
        raise NoSuchCredential("Expected the id of a credential: a UUID.")
    revoked = revoke_within_rights(database(), caller=caller(), credential_id=UUID(credential_id))
    return answer(credential_json(revoked))


def credential_json(one: Credential) -> dict[str, Any]:
    """Return a credential without its secret."""
    return {"credential": str(one.id), **as_members(one)}
