"""Sessions of the pages: a person who has signed in with a credential. Only the SHA-256 of a secret is stored."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from service.access.credentials import Credential, digest
from service.errors import NotFound, Unauthenticated
from service.storage.db import InstantType, metadata

LONGEST = timedelta(hours=12)
LONGEST_IDLE = timedelta(hours=1)
# A session that is used often must not write to the database at every request.
USE_IS_STORED_EVERY = timedelta(minutes=1)
SECRET_BYTES = 32
# Of one credential, or of one person with an account. Each may hold drafts.
MOST_SESSIONS = 100

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Uuid(as_uuid=True), primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="SHA-256 of the secret in the cookie"),
    sa.Column("credential_id", sa.Uuid(as_uuid=True), nullable=False),
    sa.Column("subject", sa.Text, comment="the person's id at an identity provider; null: a credential was given"),
    sa.Column("shown_name", sa.Text, comment="the person's name as the identity provider gives it"),
    sa.Column("browser", sa.Text, nullable=False, comment="the browser and system, by which a person knows it"),
    sa.Column("created_at", InstantType, nullable=False),
    sa.Column("last_used_at", InstantType, nullable=False, comment="to the minute"),
    sa.Index("sessions_credential_id_idx", "credential_id"),
)


class SessionUnknown(Unauthenticated):
    """Nobody is signed in with this session: it has ended, or there never was one."""

    code = "session_unknown"


class SessionTooOld(Unauthenticated):
    """The session ended 12 hours after it began."""

    code = "session_too_old"


class SessionIdle(Unauthenticated):
    """The session ended because it was not used for an hour."""

    code = "session_idle"


class NoSuchSession(NotFound):
    """This person has no session with this id."""

    code = "no_such_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as stored. `subject` and `shown_name` are those of a person at an identity provider, if any."""

    id: UUID
    credential_id: UUID
    subject: str | None = field(repr=False)
    shown_name: str | None = field(repr=False)
    browser: str
    created_at: datetime
    last_used_at: datetime

    def is_to_be_stored(self, now: datetime) -> bool:
        """Return whether its last use was stored so long ago that this one must be stored as well."""
        return now - self.last_used_at >= USE_IS_STORED_EVERY

    def ends_at(self) -> datetime:
        """Return when the session ends unless it is used again."""
        return min(self.ends_at_the_latest(), self.last_used_at + LONGEST_IDLE)

    def ends_at_the_latest(self) -> datetime:
        """Return when the session ends however often it is used."""
        return self.created_at + LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person at an identity provider: the provider's id of the account, and the name that it shows, if any."""

    subject: str = field(repr=False)
    shown_name: str | None = field(repr=False)


def begin_session(
    connection: sa.Connection, credential: Credential, *, browser: str, now: datetime, person: Person | None = None
) -> tuple[Session, str]:
    """Store a new session for a credential; return it with its secret, which is not kept.

    `person` is who has signed in with an account. Sessions that have ended by their age are deleted at the same time,
    and beyond 100 of one credential or person those that have not been used for longest.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    session = Session(
        id=uuid7(),
        credential_id=credential.id,
        subject=None if person is None else person.subject,
        shown_name=None if person is None else person.shown_name,
        browser=browser,
        created_at=now,
        last_used_at=now,
    )
    delete_ended(connection, now)
    connection.execute(
        sessions.insert().values(
            id=session.id,
            digest=digest(secret),
            credential_id=credential.id,
            subject=session.subject,
            shown_name=session.shown_name,
            browser=browser,
            created_at=now,
            last_used_at=now,
        )
    )
    mine = sessions.c.credential_id == credential.id, sessions.c.subject.is_not_distinct_from(session.subject)
    newest = sa.select(sessions.c.id).where(*mine).order_by(sessions.c.last_used_at.desc(), sessions.c.id.desc())
    too_many = list(connection.scalars(newest.offset(MOST_SESSIONS)))
    connection.execute(sessions.delete().where(sessions.c.id.in_(too_many)))
    return session, secret


def delete_ended(connection: sa.Connection, now: datetime) -> None:
    """Delete the sessions that have ended by their age, and with them who the persons were."""
    connection.execute(sessions.delete().where(sessions.c.created_at <= now - LONGEST))
    connection.execute(sessions.delete().where(sessions.c.last_used_at <= now - LONGEST_IDLE))


def session_of(connection: sa.Connection, secret: str, now: datetime) -> Session:
    """Return the session of this secret.

    Raises:
        SessionUnknown, SessionTooOld, SessionIdle.
    """
    row = connection.execute(sa.select(sessions).where(sessions.c.digest == digest(secret))).mappings().one_or_none()
    if row is None:
        raise SessionUnknown("Nobody is signed in with this session. Sign in again.")
    session = _session(row)
    if now >= session.ends_at_the_latest():
        raise SessionTooOld("This session ended 12 hours after it began. Sign in again.")
    if now >= session.last_used_at + LONGEST_IDLE:
        raise SessionIdle("This session ended because it was not used for an hour. Sign in again.")
    return session


def store_use(connection: sa.Connection, session: Session, now: datetime) -> None:
    """Store that the session is used now."""
    connection.execute(sessions.update().where(sessions.c.id == session.id).values(last_used_at=now))


def sessions_like(connection: sa.Connection, session: Session, now: datetime) -> list[Session]:
    """Return the sessions of the same credential and the same person that have not ended, newest first."""
    table = sessions.c
    same_person = table.subject.is_(None) if session.subject is None else table.subject == session.subject
    statement = sa.select(sessions).where(table.credential_id == session.credential_id, same_person)
    rows = connection.execute(statement.order_by(table.created_at.desc(), table.id.desc())).mappings()
    return [one for one in map(_session, rows) if now < one.ends_at()]


def end_session(connection: sa.Connection, session: Session, session_id: UUID) -> None:
    """End one of the sessions of the same credential and the same person.

    Raises:
        NoSuchSession: this person has no session with this id.
    """
    table = sessions.c
    same_person = table.subject.is_(None) if session.subject is None else table.subject == session.subject
    own = sa.and_(table.id == session_id, table.credential_id == session.credential_id, same_person)
    if connection.execute(sessions.delete().where(own)).rowcount == 0:
        raise NoSuchSession(f"Expected the id of one of your sessions; found {session_id}.")


def sessions_of(connection: sa.Connection, credential_ids: Collection[UUID], now: datetime) -> list[Session]:
    """Return the sessions of these credentials that have not ended, newest first."""
    statement = sa.select(sessions).where(sessions.c.credential_id.in_(credential_ids))
    rows = connection.execute(statement.order_by(sessions.c.created_at.desc(), sessions.c.id.desc())).mappings()
    return [one for one in map(_session, rows) if now < one.ends_at()]


def end_one_of(connection: sa.Connection, credential_id: UUID, session_id: UUID) -> None:
    """End one session of a credential, if it has not ended."""
    connection.execute(sessions.delete().where(sessions.c.id == session_id, sessions.c.credential_id == credential_id))


def end_sessions_of(connection: sa.Connection, credential_id: UUID) -> int:
    """End all sessions of a credential; return how many there were."""
    return connection.execute(sessions.delete().where(sessions.c.credential_id == credential_id)).rowcount


def _session(row: Any) -> Session:
    return Session(
        id=row["id"],
        credential_id=row["credential_id"],
        subject=row["subject"],
        shown_name=row["shown_name"],
        browser=row["browser"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )
