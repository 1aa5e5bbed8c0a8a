"""Sign-ins with an account that have begun: from leaving for the identity provider until the session begins.

The browser keeps the secret of a sign-in in a cookie; state, nonce and PKCE verifier are derived from it, so that the
database stores none of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from service.access.credentials import digest
from service.access.sessions import Person
from service.errors import Unauthenticated
from service.storage.db import InstantType, metadata

LIFETIME = timedelta(minutes=10)
SECRET_BYTES = 32

account_sign_ins = sa.Table(
    "account_sign_ins",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True, comment="SHA-256 of the secret in the cookie"),
    sa.Column("following", sa.Text, nullable=False, comment="where the person was going, within the service"),
    sa.Column("expires_at", InstantType, nullable=False),
    sa.Column("used_at", InstantType, comment="when the browser came back from the identity provider"),
    sa.Column("subject", sa.Text, comment="whose account it is, while the person chooses in which role to act"),
    sa.Column("shown_name", sa.Text, comment="the person's name, while the person chooses"),
    sa.Column("app_roles", sa.JSON, comment="the app roles of the account, while the person chooses"),
)


class SignInUnknown(Unauthenticated):
    """This sign-in with an account was not begun in this browser, was used already, or is older than 10 minutes."""

    code = "sign_in_unknown"


@dataclass(frozen=True, slots=True)
class SignInSecret:
    """The secret of a sign-in, which only the browser keeps, and what the identity provider is sent instead of it."""

    text: str = field(repr=False)

    @property
    def state(self) -> str:
        """Return what the identity provider sends back with the browser."""
        return self._derived(b"state")

    @property
    def nonce(self) -> str:
        """Return what the identity provider puts into the ID token."""
        return self._derived(b"nonce")

    @property
    def verifier(self) -> str:
        """Return the PKCE verifier: the identity provider is sent its hash first, and itself with the code."""
        return self._derived(b"verifier")

    def is_state(self, sent: str) -> bool:
        """Return whether this is the state of this sign-in."""
        return hmac.compare_digest(sent.encode(), self.state.encode())

    def _derived(self, purpose: bytes) -> str:
        return hmac.new(self.text.encode(), purpose, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """A person whose account is confirmed and who has yet to choose among several roles."""

    person: Person
    app_roles: tuple[str, ...]
    following: str


def begin_account_sign_in(connection: sa.Connection, following: str, now: datetime) -> SignInSecret:
    """Store a new sign-in; return its secret, which is not kept. Sign-ins that have ended are deleted."""
    delete_ended(connection, now)
    secret = SignInSecret(secrets.token_urlsafe(SECRET_BYTES))
    row = {"digest": digest(secret.text), "following": following, "expires_at": now + LIFETIME}
    connection.execute(account_sign_ins.insert().values(row))
    return secret


def use_account_sign_in(connection: sa.Connection, secret: SignInSecret, now: datetime) -> str:
    """Use a sign-in up; return where the person was going. Of two requests at the same moment, one is refused.

    Raises:
        SignInUnknown.
    """
    table = account_sign_ins.c
    unused = sa.and_(table.digest == digest(secret.text), table.used_at.is_(None), table.expires_at > now)
    used = account_sign_ins.update().where(unused).values(used_at=now).returning(table.following)
    following: str | None = connection.scalar(used)
    if following is None:
        raise unknown_sign_in()
    return following


def let_choose(connection: sa.Connection, secret: SignInSecret, person: Person, app_roles: tuple[str, ...]) -> None:
    """Keep whose account it is with a sign-in that was used, until the person has chosen a role."""
    statement = account_sign_ins.update().where(account_sign_ins.c.digest == digest(secret.text))
    values = {"subject": person.subject, "shown_name": person.shown_name, "app_roles": list(app_roles)}
    connection.execute(statement.values(values))


def choosing(connection: sa.Connection, secret: SignInSecret, now: datetime) -> Choosing:
    """Return who has yet to choose a role.

    Raises:
        SignInUnknown: nobody, or not any more.
    """
    table = account_sign_ins.c
    its = sa.and_(table.digest == digest(secret.text), table.subject.is_not(None), table.expires_at > now)
    row = connection.execute(sa.select(account_sign_ins).where(its)).mappings().one_or_none()
    if row is None:
        raise unknown_sign_in()
    person = Person(subject=row["subject"], shown_name=row["shown_name"])
    return Choosing(person=person, app_roles=tuple(row["app_roles"]), following=row["following"])


def delete_account_sign_in(connection: sa.Connection, secret: SignInSecret) -> None:
    """Delete a sign-in: a session has begun."""
    connection.execute(account_sign_ins.delete().where(account_sign_ins.c.digest == digest(secret.text)))


def delete_ended(connection: sa.Connection, now: datetime) -> None:
    """Delete the sign-ins that are older than 10 minutes."""
    connection.execute(account_sign_ins.delete().where(account_sign_ins.c.expires_at <= now))


def unknown_sign_in() -> SignInUnknown:
    """Return the error for a sign-in that cannot go on."""
    return SignInUnknown(
        "Expected a sign-in that was begun in this browser in the last 10 minutes and is not used; found another. "
        "Begin again."
    )
