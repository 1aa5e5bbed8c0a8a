"""Links with which a person signs in once, within 15 minutes. Only the SHA-256 of a link's token is stored."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import digest
from service.errors import Unauthenticated
from service.storage.db import InstantType, metadata

LIFETIME = timedelta(minutes=15)
TOKEN_BYTES = 24

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True, comment="SHA-256 of the token in the link"),
    sa.Column("credential_id", sa.Uuid(as_uuid=True), nullable=False),
    sa.Column("created_at", InstantType, nullable=False),
    sa.Column("expires_at", InstantType, nullable=False),
    sa.Column("used_at", InstantType),
)


class LinkUnknown(Unauthenticated):
    """This link to sign in was not made by this service, or was not copied completely."""

    code = "link_unknown"


class LinkUsed(Unauthenticated):
    """This link to sign in has been used; each can be used once."""

    code = "link_used"


class LinkExpired(Unauthenticated):
    """This link to sign in is older than 15 minutes."""

    code = "link_expired"


def issue_link(connection: sa.Connection, credential_id: UUID, now: datetime) -> str:
    """Store a new link for a credential; return its token, which is not kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "digest": digest(token),
        "credential_id": credential_id,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    connection.execute(sign_in_links.insert().values(row))
    return token


def credential_id_of_link(connection: sa.Connection, token: str, now: datetime) -> UUID:
    """Return the credential that a link signs in with. Looking does not use the link up.

    Raises:
        LinkUnknown, LinkUsed, LinkExpired.
    """
    table = sign_in_links.c
    columns = (table.credential_id, table.expires_at, table.used_at)
    row = connection.execute(sa.select(*columns).where(table.digest == digest(token))).one_or_none()
    if row is None:
        raise LinkUnknown("This link was not made by this service, or was not copied completely. Ask for a new one.")
    credential_id, expires_at, used_at = row
    if used_at is not None:
        raise LinkUsed("This link has been used. Each can be used once. Ask for a new one.")
    if expires_at <= now:
        raise LinkExpired("This link is older than 15 minutes. Ask for a new one.")
    found: UUID = credential_id
    return found


def use_link(connection: sa.Connection, token: str, now: datetime) -> UUID:
    """Use a link up; return its credential. Of two requests at the same moment, one is refused.

    Raises:
        LinkUnknown, LinkUsed, LinkExpired.
    """
    table = sign_in_links.c
    unused = sa.and_(table.digest == digest(token), table.used_at.is_(None), table.expires_at > now)
    statement = sign_in_links.update().where(unused).values(used_at=now).returning(table.credential_id)
    used: UUID | None = connection.scalar(statement)
    return used or credential_id_of_link(connection, token, now)
