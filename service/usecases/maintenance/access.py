"""Who has access, for the pages: credentials with their sessions, links to sign in, and ending sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.access import credentials, sessions, sign_in_links
from service.access.credentials import Credential, valid_credential
from service.access.issuing import may_revoke
from service.access.sessions import Session
from service.errors import Conflict
from service.storage.db import Database
from service.usecases.maintenance.credentials import NOBODY, within_rights


class ForAccounts(Conflict):
    """Accounts with an app role sign in with this credential, so nobody gets a link for it."""

    code = "for_accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A credential that the caller may revoke, and the sessions that are open with it."""

    credential: Credential
    sessions: tuple[Session, ...]

    def is_valid_at(self, now: datetime) -> bool:
        """Return whether anybody can still sign in with it."""
        one = self.credential
        return one.revoked_at is None and (one.expires_at is None or now < one.expires_at)


def list_access(database: Database, *, caller: Credential) -> list[Access]:
    """Return the credentials that the caller may revoke, newest first, each with its open sessions."""
    with database.reading() as connection:
        every = credentials.list_credentials(connection)
        by_id = {one.id: one for one in every}
        mine = [one for one in reversed(every) if may_revoke(caller, one, by_id.get(one.issued_by or NOBODY))]
        found = sessions.sessions_of(connection, [one.id for one in mine], database.now(connection))
    return [Access(credential=one, sessions=tuple(its for its in found if its.credential_id == one.id)) for one in mine]


def read_access(database: Database, *, caller: Credential, credential_id: UUID) -> Access:
    """Return one credential that the caller may revoke, with its open sessions.

    Raises:
        NoSuchCredential: the caller may not revoke any credential of this id.
    """
    with database.reading() as connection:
        found = within_rights(connection, caller, credential_id)
        open_ones = sessions.sessions_of(connection, [found.id], database.now(connection))
    return Access(credential=found, sessions=tuple(open_ones))


def issue_link_within_rights(database: Database, *, caller: Credential, credential_id: UUID) -> str:
    """Return the token of a new link that signs in with a credential once, within 15 minutes.

    Raises:
        NoSuchCredential: the caller may not revoke any credential of this id.
        CredentialRevoked, CredentialExpired: nobody can sign in with it any more.
        ForAccounts: it is for accounts with an app role.
    """
    with database.writing() as connection:
        now = database.now(connection)
        found = within_rights(connection, caller, credential_id)
        if found.app_role is not None:
            raise ForAccounts("Expected a credential of its own; found one for accounts with an app role.")
        return sign_in_links.issue_link(connection, valid_credential(connection, found.id, now).id, now)


def end_sessions_within_rights(database: Database, *, caller: Credential, credential_id: UUID) -> int:
    """End all sessions of a credential, at once; return how many there were.

    Raises:
        NoSuchCredential: the caller may not revoke any credential of this id.
    """
    with database.writing() as connection:
        return sessions.end_sessions_of(connection, within_rights(connection, caller, credential_id).id)


def end_one_within_rights(database: Database, *, caller: Credential, credential_id: UUID, session_id: UUID) -> None:
    """End one session of a credential, at once, if it has not ended.

    Raises:
        NoSuchCredential: the caller may not revoke any credential of this id.
    """
    with database.writing() as connection:
        sessions.end_one_of(connection, within_rights(connection, caller, credential_id).id, session_id)
