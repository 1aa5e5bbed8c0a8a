"""Signing in with an account of an identity provider. The session acts with a credential, as every session does.

No transaction is open while the identity provider is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from service.access import account_sign_ins, sessions
from service.access.account_sign_ins import SignInSecret
from service.access.accounts import AccountWithoutRole, IdentityProvider
from service.access.credentials import Credential, credentials_for
from service.access.sessions import Person
from service.storage.db import Database
from service.usecases.access.sign_in import force_name


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOffered:
    """One of several roles in which a person may act: the credential, and the name of its force."""

    credential: Credential
    force_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInWithAccount:
    """The secret of a new session, and where the person was going."""

    session: str = field(repr=False)
    following: str


def begin_account_sign_in(
    database: Database, provider: IdentityProvider, *, following: str, return_address: str, asks_which: bool
) -> tuple[SignInSecret, str]:
    """Begin to sign in; return the secret that the browser keeps, and the provider's address to send it to.

    Raises:
        ProviderUnavailable.
    """
    with database.writing() as connection:
        secret = account_sign_ins.begin_account_sign_in(connection, following, database.now(connection))
    return secret, provider.address(secret, return_address=return_address, asks_which=asks_which)


def use_account_sign_in(database: Database, *, secret: SignInSecret, state: str) -> str:
    """Use a sign-in up, as the browser comes back from the provider; return where the person was going.

    Raises:
        SignInUnknown: it was not begun in this browser, was used already, or is older than 10 minutes.
    """
    if not secret.is_state(state):
        raise account_sign_ins.unknown_sign_in()
    with database.writing() as connection:
        return account_sign_ins.use_account_sign_in(connection, secret, database.now(connection))


def finish_account_sign_in(
    database: Database,
    provider: IdentityProvider,
    *,
    secret: SignInSecret,
    following: str,
    code: str,
    return_address: str,
    browser: str,
) -> SignedInWithAccount | None:
    """Begin a session for the account that a person has come back with; None if the person has to choose a role first.

    Raises:
        AccountNotConfirmed, ProviderUnavailable: the provider did not confirm the account.
        AccountWithoutRole: no credential was issued for an app role of the account.
    """
    account = provider.account(secret, code=code, return_address=return_address)
    with database.writing() as connection:
        found = _credentials(connection, database, account.app_roles)
        if len(found) == 1:
            return _begun(
                connection,
                database,
                secret,
                person=account.person,
                credential=found[0],
                following=following,
                browser=browser,
            )
        account_sign_ins.let_choose(connection, secret, account.person, account.app_roles)
    return None


def roles_to_choose(database: Database, *, secret: SignInSecret) -> list[RoleOffered]:
    """Return the roles among which a person chooses, by force and role.

    Raises:
        SignInUnknown: the person did not sign in with an account in the last 10 minutes, or has chosen.
        AccountWithoutRole: all have ended since.
    """
    with database.reading() as connection:
        waiting = account_sign_ins.choosing(connection, secret, database.now(connection))
        found = _credentials(connection, database, waiting.app_roles)
        offered = [RoleOffered(credential=one, force_name=force_name(connection, one.force)) for one in found]
    return sorted(offered, key=lambda one: (one.force_name, one.credential.role, one.credential.operations))


def choose_role(
    database: Database, *, secret: SignInSecret, credential_id: UUID | None, browser: str
) -> SignedInWithAccount | None:
    """Begin a session in the role that a person has chosen; None if it is not among those of the account.

    Raises:
        as `roles_to_choose`.
    """
    with database.writing() as connection:
        waiting = account_sign_ins.choosing(connection, secret, database.now(connection))
        found = _credentials(connection, database, waiting.app_roles)
        chosen = next((one for one in found if one.id == credential_id), None)
        if chosen is None:
            return None
        return _begun(
            connection,
            database,
            secret,
            person=waiting.person,
            credential=chosen,
            following=waiting.following,
            browser=browser,
        )


def delete_ended_sign_ins(database: Database) -> None:
    """Delete the sessions and sign-ins that have ended by their age, and with them who the persons were.

    Raises:
        DatabaseBusy: the database did not answer.
    """
    with database.writing() as connection:
        now = database.now(connection)
        sessions.delete_ended(connection, now)
        account_sign_ins.delete_ended(connection, now)


def _credentials(connection: sa.Connection, database: Database, app_roles: tuple[str, ...]) -> list[Credential]:
    found = credentials_for(connection, app_roles, database.now(connection))
    if not found:
        raise AccountWithoutRole("The account has no app role for which a credential was issued.")
    return found


def _begun(
    connection: sa.Connection,
    database: Database,
    secret: SignInSecret,
    *,
    person: Person,
    credential: Credential,
    following: str,
    browser: str,
) -> SignedInWithAccount:
    account_sign_ins.delete_account_sign_in(connection, secret)
    now = database.now(connection)
    session = sessions.begin_session(connection, credential, browser=browser, now=now, person=person)[1]
    return SignedInWithAccount(session=session, following=following)
