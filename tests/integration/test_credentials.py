"""Credentials: a secret that is stored only as a digest, limits, expiry and immediate revocation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.access.credentials import (
    ALPHABET,
    PREFIX,
    Credential,
    CredentialExpired,
    CredentialMalformed,
    CredentialRevoked,
    CredentialUnknown,
    NoSuchCredential,
    RoleUnknown,
    authenticate,
    credentials,
    issue,
    list_credentials,
    new_secret,
    revoke,
    still_valid,
    well_formed,
)
from service.access.secret_form import CHECKSUM_CHARACTERS
from service.storage.db import Database

NOW = datetime(2023, 1, 17, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
LATER = datetime(2199, 1, 1, tzinfo=UTC)


def issued(
    database: Database,
    *,
    now: datetime = NOW,
    role: str = "force",
    operations: tuple[str, ...] = (),
    expires_at: datetime | None = None,
) -> tuple[Credential, str]:
    """Issue a credential for Surrey and return it with its secret."""
    with database.writing() as connection:
        return issue(connection, force="surrey", role=role, operations=operations, now=now, expires_at=expires_at)


def authenticated(database: Database, secret: str) -> Credential:
    with database.reading() as connection:
        return authenticate(connection, secret)


def test_a_secret_authenticates_as_the_credential_it_was_issued_with(database: Database) -> None:
    credential, secret = issued(database, operations=("lantern", "beacon"), expires_at=LATER)
    assert authenticated(database, secret) == credential


def test_the_secret_itself_is_not_stored(database: Database) -> None:
    _credential, secret = issued(database)
    with database.reading() as connection:
        stored = connection.execute(sa.select(credentials)).mappings().one()
    assert secret not in str(dict(stored))
    assert secret.encode() not in bytes(stored["digest"])


def test_a_secret_has_40_random_characters() -> None:
    made = [new_secret().removeprefix(PREFIX)[:-CHECKSUM_CHARACTERS] for _secret in range(2_000)]
    assert {len(one) for one in made} == {40}
    # Each of the 62 characters is drawn at each place, so none is fixed.
    assert {len(set(place)) for place in zip(*made, strict=True)} == {62}


def test_a_secret_that_was_never_issued_is_unknown(database: Database) -> None:
    with pytest.raises(CredentialUnknown):
        authenticated(database, new_secret())


@pytest.mark.parametrize(
    "secret", ["", "oprecord_", "Bearer", PREFIX + "0" * 46, PREFIX + "é" * 46, "other_" + "0" * 46]
)
def test_a_text_without_the_form_of_a_secret_is_malformed(database: Database, secret: str) -> None:
    with pytest.raises(CredentialMalformed):
        authenticated(database, secret)


def test_the_checksum_detects_every_single_mistyped_character() -> None:
    secret = new_secret()
    assert well_formed(secret)
    for place in range(len(PREFIX), len(secret)):
        mistyped = "0" if secret[place] != "0" else "1"
        assert not well_formed(secret[:place] + mistyped + secret[place + 1 :])
    assert not well_formed(secret + "0")
    assert set(secret[len(PREFIX) :]) <= set(ALPHABET)


def test_a_credential_expires_by_the_clock_of_the_database(database: Database) -> None:
    with database.reading() as connection:
        now = database.now(connection)
    credential, secret = issued(database, expires_at=now + A_DAY)
    assert authenticated(database, secret) == credential
    _credential, secret = issued(database, expires_at=now)
    with pytest.raises(CredentialExpired):
        authenticated(database, secret)


def test_revoking_a_credential_ends_it_at_once_and_no_other(database: Database) -> None:
    (credential, secret), (_other, other_secret) = issued(database), issued(database)
    with database.writing() as connection:
        revoke(connection, credential.id, NOW)
    with pytest.raises(CredentialRevoked):
        authenticated(database, secret)
    assert authenticated(database, other_secret)


def test_revoking_again_keeps_the_first_revocation_time(database: Database) -> None:
    credential, _secret = issued(database)
    with database.writing() as connection:
        revoke(connection, credential.id, NOW)
        revoke(connection, credential.id, NOW + A_DAY)
        assert list_credentials(connection) == [replace(credential, revoked_at=NOW)]


def test_an_unknown_credential_cannot_be_revoked(database: Database) -> None:
    with pytest.raises(NoSuchCredential), database.writing() as connection:
        revoke(connection, uuid4(), NOW)


def test_an_unknown_role_is_refused(database: Database) -> None:
    with pytest.raises(RoleUnknown):
        issued(database, role="admin")


def test_still_valid_returns_the_credentials_neither_expired_nor_revoked(database: Database) -> None:
    valid, revoked, expired = (
        issued(database, expires_at=expires_at)[0] for expires_at in (None, NOW + 2 * A_DAY, NOW + A_DAY)
    )
    with database.writing() as connection:
        revoke(connection, revoked.id, NOW)
        asked = {valid.id, revoked.id, expired.id, uuid4()}
        assert still_valid(connection, asked, NOW + A_DAY) == {valid.id}


def test_credentials_are_listed_oldest_first(database: Database) -> None:
    later, _secret = issued(database, now=NOW + A_DAY)
    earlier, _secret = issued(database)
    with database.reading() as connection:
        assert list_credentials(connection) == [earlier, later]


def test_a_limited_credential_reaches_only_its_operations(database: Database) -> None:
    limited, _secret = issued(database, operations=("lantern",))
    unlimited, _secret = issued(database)
    assert (limited.reaches("lantern"), limited.reaches("beacon")) == (True, False)
    assert unlimited.reaches("beacon")
