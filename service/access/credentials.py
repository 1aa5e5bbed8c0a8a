"""Credentials: who may call. Only the SHA-256 of a secret is stored; the secret is shown once, when it is issued."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import UUID
from zlib import crc32

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from service.access.roles import ROLES, require_role
from service.access.secret_form import ALPHABET, CHECKSUM_CHARACTERS, PREFIX, RANDOM_CHARACTERS, SECRET
from service.domain.model.instants import format_instant, format_optional
from service.errors import Invalid, NotFound, RecordError, Unauthenticated
from service.runtime.request_facts import Facts, current_facts
from service.storage.db import CodeText, Database, InstantType, clock, metadata
from service.storage.statements import equals_any, read_pipelined

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", sa.Uuid(as_uuid=True), primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="SHA-256 of the secret"),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("role", CodeText, nullable=False),
    sa.Column(
        "operations", sa.Text, nullable=False, comment="those it is limited to, comma-separated; empty: no limit"
    ),
    sa.Column("created_at", InstantType, nullable=False),
    sa.Column("expires_at", InstantType),
    sa.Column("revoked_at", InstantType),
    sa.Column(
        "issued_by",
        sa.Uuid(as_uuid=True),
        comment="the credential that issued it; null: the service's host",
    ),
    sa.Column("app_role", sa.Text, comment="accounts with this app role act with it; null: whoever has its secret"),
    sa.Index("credentials_app_role_idx", "app_role"),
)
MOST_CHARACTERS_OF_AN_APP_ROLE = 200
COLUMNS = [column.name for column in credentials.columns]


class CredentialMissing(Unauthenticated):
    """The call carries no `Authorization: Bearer` header."""

    code = "credential_missing"


class CredentialMalformed(Unauthenticated):
    """The credential is not one of this service, or was mistyped: its form or its checksum is wrong."""

    code = "credential_malformed"


class CredentialUnknown(Unauthenticated):
    """The credential is well formed but was never issued here."""

    code = "credential_unknown"


class CredentialRevoked(Unauthenticated):
    """The credential has been revoked."""

    code = "credential_revoked"


class CredentialExpired(Unauthenticated):
    """The credential has expired."""

    code = "credential_expired"


class RoleUnknown(Invalid):
    """The role is not one of force, coordinator, observer and administrator."""

    code = "role_unknown"


class NotAnAppRole(Invalid):
    """The app role is empty, longer than 200 characters, or has a character that cannot be printed."""

    code = "not_an_app_role"


class NoSuchCredential(NotFound):
    """No credential has this id."""

    code = "no_such_credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A credential as stored. `operations` limits it to those; if empty, it covers every operation of its force.

    `issued_by` is the id of the credential with which it was issued; None if those who run the service issued it.
    `app_role` is the value with which an identity provider marks the accounts that act with this credential; None if
    people and programs act with its secret.
    """

    id: UUID
    force: str
    role: str
    operations: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    issued_by: UUID | None = None
    app_role: str | None = None

    def reaches(self, operation: str) -> bool:
        """Return whether the credential covers this operation."""
        return not self.operations or operation in self.operations


def as_members(one: Credential) -> dict[str, Any]:
    """Return what may be shown of a credential, ready for JSON. Its id is named by whoever shows it."""
    return {
        "force": one.force,
        "role": one.role,
        "operations": list(one.operations),
        "created_at": format_instant(one.created_at),
        "expires_at": format_optional(one.expires_at),
        "revoked_at": format_optional(one.revoked_at),
        "issued_by": None if one.issued_by is None else str(one.issued_by),
        "app_role": one.app_role,
    }


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret sent with a call and not looked up yet, and the roles that may make the call."""

    text: str = field(repr=False)
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A credential that was proved when work in the background began, and is proved again in each transaction of it."""

    credential: Credential


Sender: TypeAlias = Credential | Secret | Held


def new_secret() -> str:
    """Return a new secret: prefix, 40 random base-62 characters, checksum."""
    random_part = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return PREFIX + random_part + checksum(random_part)


def checksum(random_part: str) -> str:
    """Return six base-62 characters with which a mistyped secret is detected without a database query."""
    number, digits = crc32(random_part.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def issue(
    connection: sa.Connection,
    *,
    force: str,
    role: str,
    operations: tuple[str, ...],
    now: datetime,
    expires_at: datetime | None,
    issued_by: UUID | None = None,
    app_role: str | None = None,
) -> tuple[Credential, str]:
    """Store a new credential; return it with its secret, which is not kept.

    Raises:
        RoleUnknown: the role is none of the four.
        NotAnAppRole: the app role cannot be one.
    """
    if role not in ROLES:
        raise RoleUnknown(f"Expected one of {', '.join(ROLES)}; found {role!r}.", pointer="/role")
    if app_role is not None:
        _require_app_role(app_role)
    secret = new_secret()
    credential = Credential(
        id=uuid7(),
        force=force,
        role=role,
        operations=operations,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        issued_by=issued_by,
        app_role=app_role,
    )
    connection.execute(
        credentials.insert().values(
            id=credential.id,
            digest=digest(secret),
            force=force,
            role=role,
            operations=",".join(operations),
            created_at=now,
            expires_at=expires_at,
            issued_by=issued_by,
            app_role=app_role,
        )
    )
    return credential, secret


def authenticate(connection: sa.Connection, secret: str) -> Credential:
    """Return the credential of this secret.

    Raises:
        CredentialMalformed, CredentialUnknown, CredentialRevoked, CredentialExpired.
    """
    require_well_formed(secret)
    (rows,) = read_pipelined(connection, (of_digests, {"digests": [digest(secret)], "here": datetime.now(UTC)}))
    return _valid(_by_digest(rows).get(digest(secret)), rows[0][0])


def valid_credential(connection: sa.Connection, credential_id: UUID, now: datetime) -> Credential:
    """Return the credential with this id, if it is valid now.

    Raises:
        CredentialUnknown, CredentialRevoked, CredentialExpired.
    """
    row = connection.execute(sa.select(credentials).where(credentials.c.id == credential_id)).mappings().one_or_none()
    return _valid(None if row is None else _credential(row), now)


def prove(database: Database, secret: Secret) -> Credential:
    """Return the credential of a secret that came with a call, read in a transaction of its own.

    It is looked up at each call, so that revoking works at once.

    Raises:
        CredentialMalformed, CredentialUnknown, CredentialRevoked, CredentialExpired, RoleMayNot.
    """
    with database.reading() as connection:
        credential = authenticate(connection, secret.text)
    note_credential(current_facts(), credential)
    require_role(credential.role, secret.roles)
    return credential


def note_credential(facts: Facts, credential: Credential) -> None:
    """Note whose request it is, for its line in the log."""
    facts["credential"], facts["force"] = credential.id, credential.force


def unproved(senders: Sequence[Sender]) -> list[bytes]:
    """Return the distinct digests of the secrets among these senders, in order."""
    return sorted({digest(sender.text) for sender in senders if isinstance(sender, Secret)})


def of_digests(dialect: str) -> sa.Select[Any]:
    """Return the statement for the credentials of `digests`; each row, at least one, begins with the database clock."""
    moment = sa.select(clock(dialect).label("now")).subquery("moment")
    found = sa.outerjoin(moment, credentials, equals_any(dialect, credentials.c.digest, "digests"))
    return sa.select(moment.c.now, *credentials.columns).select_from(found)


def prove_all(
    connection: sa.Connection, senders: Sequence[Sender], rows: Sequence[tuple[Any, ...]]
) -> tuple[datetime, list[Credential | RecordError]]:
    """Return the moment, and for each sender in order its credential or the error that its secret leads to.

    `rows` is the result of `of_digests` for the digests that are `unproved`.
    """
    now: datetime = rows[0][0]
    found = _by_digest(rows)
    return now, [_proved(connection, sender, found, now) for sender in senders]


def _proved(
    connection: sa.Connection, sender: Sender, found: Mapping[bytes, Credential], now: datetime
) -> Credential | RecordError:
    if isinstance(sender, Credential):
        return sender
    try:
        if isinstance(sender, Held):
            require_still_valid(connection, sender.credential)
            return sender.credential
        credential = _valid(found.get(digest(sender.text)), now)
        require_role(credential.role, sender.roles)
    except RecordError as error:
        return error
    return credential


def _by_digest(rows: Sequence[tuple[Any, ...]]) -> dict[bytes, Credential]:
    """Return the credentials in the rows of `of_digests`, after the clock; none if there is only the clock."""
    named = [dict(zip(COLUMNS, values, strict=True)) for _now, *values in rows if values[0] is not None]
    return {bytes(row["digest"]): _credential(row) for row in named}


def _valid(credential: Credential | None, now: datetime) -> Credential:
    if credential is None:
        raise CredentialUnknown("This credential was not issued by this service.")
    if credential.revoked_at is not None:
        raise CredentialRevoked("This credential has been revoked.")
    if credential.expires_at is not None and credential.expires_at <= now:
        raise CredentialExpired("This credential has expired.")
    return credential


def still_valid(connection: sa.Connection, ids: set[UUID], now: datetime) -> set[UUID]:
    """Return the ids of the credentials that are neither revoked nor expired."""
    table = credentials.c
    unexpired = sa.or_(table.expires_at.is_(None), table.expires_at > now)
    statement = sa.select(table.id).where(table.id.in_(ids), table.revoked_at.is_(None), unexpired)
    return set(connection.scalars(statement))


def require_still_valid(connection: sa.Connection, credential: Credential) -> None:
    """Refuse a credential that was revoked or has expired since it was proved: for work in several transactions.

    Raises:
        CredentialUnknown, CredentialRevoked, CredentialExpired.
    """
    moment = sa.select(clock(connection.dialect.name).label("now")).subquery("moment")
    one = sa.outerjoin(moment, credentials, credentials.c.id == credential.id)
    statement = sa.select(moment.c.now, *credentials.columns).select_from(one)
    now, *values = connection.execute(statement, {"here": datetime.now(UTC)}).one()
    found = dict(zip(COLUMNS, values, strict=True))
    _valid(None if found["id"] is None else _credential(found), now)


def require_unrevoked(connection: sa.Connection, credential: Credential) -> None:
    """Refuse a credential that was revoked or has expired while its request waited.

    One that is not stored, as those who run the service act with, is never refused.

    Raises:
        CredentialRevoked, CredentialExpired.
    """
    with suppress(CredentialUnknown):
        require_still_valid(connection, credential)


def credentials_for(connection: sa.Connection, app_roles: Collection[str], now: datetime) -> list[Credential]:
    """Return the valid credentials with which accounts that have these app roles may act, newest first.

    Of several that give the same rights, only the newest is returned.
    """
    table = credentials.c
    unexpired = sa.or_(table.expires_at.is_(None), table.expires_at > now)
    statement = sa.select(credentials).where(table.app_role.in_(app_roles), table.revoked_at.is_(None), unexpired)
    rows = connection.execute(statement.order_by(table.created_at.desc(), table.id.desc())).mappings()
    by_rights: dict[tuple[Any, ...], Credential] = {}
    for one in map(_credential, rows):
        by_rights.setdefault((one.force, one.role, frozenset(one.operations)), one)
    return list(by_rights.values())


def list_credentials(connection: sa.Connection) -> list[Credential]:
    """Return all credentials ever issued, oldest first, without their secrets."""
    statement = sa.select(credentials).order_by(credentials.c.created_at, credentials.c.id)
    return [_credential(row) for row in connection.execute(statement).mappings()]


def find_credential(connection: sa.Connection, credential_id: UUID) -> Credential | None:
    """Return the credential with this id, whether it is valid or not; None if there is none."""
    row = connection.execute(sa.select(credentials).where(credentials.c.id == credential_id)).mappings().one_or_none()
    return None if row is None else _credential(row)


def revoke(connection: sa.Connection, credential_id: UUID, now: datetime) -> None:
    """Revoke a credential immediately. Revoking it again changes nothing.

    Raises:
        NoSuchCredential: no credential has this id.
    """
    one = credentials.c.id == credential_id
    if connection.scalar(sa.select(credentials.c.id).where(one)) is None:
        raise NoSuchCredential(f"There is no credential {credential_id}.")
    connection.execute(credentials.update().where(one, credentials.c.revoked_at.is_(None)).values(revoked_at=now))


def require_well_formed(secret: str) -> None:
    """Refuse a text that cannot be a secret of this service, without a database query.

    Raises:
        CredentialMalformed.
    """
    if not well_formed(secret):
        raise CredentialMalformed(
            "This is not a credential of this service, or it was mistyped: its checksum is wrong."
        )


def well_formed(secret: str) -> bool:
    """Return whether the text has the form of a secret and a matching checksum."""
    random_part = secret[len(PREFIX) : -CHECKSUM_CHARACTERS]
    return SECRET.fullmatch(secret) is not None and secret.endswith(checksum(random_part))


def digest(secret: str) -> bytes:
    """Return the digest of a secret, the only part of it that is stored."""
    return sha256(secret.encode()).digest()


def _require_app_role(app_role: str) -> None:
    if not 0 < len(app_role) <= MOST_CHARACTERS_OF_AN_APP_ROLE or not app_role.isprintable() or app_role.isspace():
        raise NotAnAppRole(
            f"Expected an app role of 1 to {MOST_CHARACTERS_OF_AN_APP_ROLE} printable characters, as the identity "
            f"provider sends it; found {app_role[:80]!r}.",
            pointer="/app_role",
        )


def _credential(row: Mapping[Any, Any]) -> Credential:
    return Credential(
        id=row["id"],
        force=row["force"],
        role=row["role"],
        operations=tuple(row["operations"].split(",")) if row["operations"] else (),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        issued_by=row["issued_by"],
        app_role=row["app_role"],
    )
