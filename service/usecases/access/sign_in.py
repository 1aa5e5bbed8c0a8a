"""Signing in to the pages: with a credential or with a link that works once. A session ends with its credential."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from service.access import sessions, sign_in_links
from service.access.credentials import (
    Credential,
    authenticate,
    note_credential,
    require_well_formed,
    valid_credential,
)
from service.access.forces import known_forces
from service.access.sessions import Session
from service.domain.model.reference_data import force_catalogue
from service.errors import Unavailable
from service.runtime.request_facts import current_facts
from service.storage.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person who is signed in: the session, the credential that it acts with, and the name of its force.

    `now` is the moment of the request, by the clock of the database.
    """

    session: Session
    credential: Credential
    force_name: str
    now: datetime

    def ends_at(self) -> datetime:
        """Return when the person is signed out unless the session is used again."""
        return min(self.session.ends_at(), self.ends_at_the_latest())

    def ends_at_the_latest(self) -> datetime:
        """Return when the person is signed out however often the session is used."""
        latest, expires_at = self.session.ends_at_the_latest(), self.credential.expires_at
        return latest if expires_at is None else min(latest, expires_at)


def sign_in(database: Database, *, secret: str, browser: str) -> str:
    """Begin a session for the credential of this secret; return the session's own secret.

    Raises:
        CredentialMalformed, CredentialUnknown, CredentialRevoked, CredentialExpired.
    """
    require_well_formed(secret)
    with database.writing() as connection:
        credential = authenticate(connection, secret)
        return _begun(connection, database, credential, browser)


def issue_link(database: Database, credential_id: UUID) -> str:
    """Return the token of a new link, which signs in with this credential once, within 15 minutes."""
    with database.writing() as connection:
        return sign_in_links.issue_link(connection, credential_id, database.now(connection))


def look_at_link(database: Database, token: str) -> str:
    """Return the name of the force that a link signs in for, without using the link up: mail scanners open links too.

    Raises:
        LinkUnknown, LinkUsed, LinkExpired: the link does not work.
        CredentialUnknown, CredentialRevoked, CredentialExpired: the credential does not.
    """
    with database.reading() as connection:
        now = database.now(connection)
        found = valid_credential(connection, sign_in_links.credential_id_of_link(connection, token, now), now)
        return force_name(connection, found.force)


def sign_in_with_link(database: Database, *, token: str, browser: str) -> str:
    """Use a link up and begin a session for its credential; return the session's secret.

    Raises:
        as `look_at_link`.
    """
    with database.writing() as connection:
        now = database.now(connection)
        credential = valid_credential(connection, sign_in_links.use_link(connection, token, now), now)
        return _begun(connection, database, credential, browser)


def signed_in(database: Database, secret: str, *, is_use: bool = True) -> SignedIn:
    """Return who is signed in with the secret of a session. Its use is stored, at most once a minute.

    A request that a page makes by itself `is_use` of nobody: it does not keep a session alive.

    Raises:
        SessionUnknown, SessionTooOld, SessionIdle: the session has ended.
        CredentialUnknown, CredentialRevoked, CredentialExpired: its credential has.
    """
    with database.reading() as connection:
        now = database.now(connection)
        session = sessions.session_of(connection, secret, now)
        credential = valid_credential(connection, session.credential_id, now)
        name = force_name(connection, credential.force)
    note_credential(current_facts(), credential)
    if is_use and session.is_to_be_stored(now):
        session = _used(database, session, now)
    return SignedIn(session=session, credential=credential, force_name=name, now=now)


def own_sessions(database: Database, who: SignedIn) -> list[Session]:
    """Return the sessions of a person that have not ended, newest first."""
    with database.reading() as connection:
        return sessions.sessions_like(connection, who.session, database.now(connection))


def end_session(database: Database, who: SignedIn, session_id: UUID) -> None:
    """End one of a person's own sessions, at once.

    Raises:
        NoSuchSession: this person has no session with this id.
    """
    with database.writing() as connection:
        sessions.end_session(connection, who.session, session_id)


def _used(database: Database, session: Session, now: datetime) -> Session:
    """Store that a session is used now. A standby cannot store it, and must serve its readers all the same."""
    try:
        with database.writing() as connection:
            sessions.store_use(connection, session, now)
    except Unavailable:
        return session
    return replace(session, last_used_at=now)


def _begun(connection: sa.Connection, database: Database, credential: Credential, browser: str) -> str:
    now = database.now(connection)
    return sessions.begin_session(connection, credential, browser=browser, now=now)[1]


def force_name(connection: sa.Connection, force: str) -> str:
    """Return the name of a force; its key, if it was only named when it joined an operation."""
    known = force_catalogue().get(force) or known_forces(connection).get(force)
    return force if known is None else known.name
