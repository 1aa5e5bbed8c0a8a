"""On PostgreSQL the service connects as a role that can add to the log but not change or remove events."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from service.access.account_sign_ins import SignInUnknown, begin_account_sign_in, let_choose
from service.access.credentials import CredentialRevoked, authenticate, issue, revoke
from service.access.sessions import Person, sessions
from service.storage.db import Database, open_database
from service.usecases.access.accounts import (
    choose_role,
    delete_ended_sign_ins,
    roles_to_choose,
    use_account_sign_in,
)
from service.usecases.access.sign_in import (
    end_session,
    issue_link,
    own_sessions,
    sign_in,
    sign_in_with_link,
    signed_in,
)
from service.usecases.maintenance.credentials import issue_credential
from service.usecases.maintenance.migrate import grant_to_serving_role
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.schema_version import require_migrated
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory, ReturnDeclaredFactory
from tests.factories.setup import OperationClosedFactory


@pytest.fixture
def serving(postgres_url: str) -> Iterator[Database]:
    """Return the database, connected as the serving role; the role is created for this test."""
    role, password = f"Serving {secrets.token_hex(8)}", secrets.token_hex(8)
    owner = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'")
    grant_to_serving_role(postgres_url, role)
    url = sa.make_url(postgres_url).set(username=role, password=password)
    serving = open_database(url.render_as_string(hide_password=False))
    yield serving
    serving.engine.dispose()
    with owner.connect() as connection:
        connection.exec_driver_sql(f'DROP OWNED BY "{role}"')
        connection.exec_driver_sql(f'DROP ROLE "{role}"')
    owner.dispose()


@pytest.fixture
def operation(serving: Database) -> OpenedOperation:
    """Return an operation that the serving role has opened."""
    return opened_operation(serving)


def test_the_serving_role_can_record_correct_and_close(operation: OpenedOperation) -> None:
    arrest = ArrestRecordedFactory()
    operation.record(arrest)
    operation.record_all(ArrestRecordedFactory(corrects=arrest.id, count=2), ReturnDeclaredFactory())
    operation.change(OperationClosedFactory())
    assert operation.quantity("arrests") == 2


def test_the_serving_role_can_rebuild_projections_and_check_the_migrations(
    serving: Database, operation: OpenedOperation
) -> None:
    operation.record(ArrestRecordedFactory())
    assert rebuild(serving, operation.name, snapshot_every=2) == 2
    operation.record(ArrestRecordedFactory())
    assert rebuild(serving, operation.name) == 3
    assert set(operation.carried()) == {8}
    assert operation.difference() is None
    require_migrated(serving)


def test_the_serving_role_can_sign_people_in_and_out(serving: Database, postgres_url: str) -> None:
    owner = open_database(postgres_url)
    issued, secret = issue_credential(owner, force="surrey", role="force", operations=(), expires_in=None)
    owner.engine.dispose()
    token = issue_link(serving, issued.id)
    with_link = sign_in_with_link(serving, token=token, browser="Firefox")
    assert signed_in(serving, with_link).credential == issued
    with serving.writing() as connection:
        earlier = serving.now(connection) - timedelta(minutes=2)
        connection.execute(sessions.update().values(last_used_at=earlier))
    person = signed_in(serving, sign_in(serving, secret=secret, browser="Firefox"))
    assert len(own_sessions(serving, person)) == 2
    end_session(serving, person, person.session.id)
    assert len(own_sessions(serving, signed_in(serving, with_link))) == 1


def test_the_serving_role_can_sign_people_in_with_accounts(serving: Database, postgres_url: str) -> None:
    owner = open_database(postgres_url)
    record, observe = (
        issue_credential(owner, force="surrey", role=role, operations=(), expires_in=None, app_role=role)[0]
        for role in ("force", "observer")
    )
    owner.engine.dispose()
    person = Person(subject="subject-7f3a", shown_name="Robin Example")
    with serving.writing() as connection:
        secret = begin_account_sign_in(connection, "/operations", serving.now(connection))
    assert use_account_sign_in(serving, secret=secret, state=secret.state) == "/operations"
    with pytest.raises(SignInUnknown):
        use_account_sign_in(serving, secret=secret, state=secret.state)
    with serving.writing() as connection:
        let_choose(connection, secret, person, ("force", "observer"))
    assert [one.credential for one in roles_to_choose(serving, secret=secret)] == [record, observe]
    begun = choose_role(serving, secret=secret, credential_id=record.id, browser="Firefox")
    assert begun is not None
    found = signed_in(serving, begun.session)
    assert (found.credential, found.session.subject, found.session.shown_name) == (
        record,
        person.subject,
        person.shown_name,
    )
    delete_ended_sign_ins(serving)
    assert signed_in(serving, begun.session).session == found.session


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET credential_id = id",
        "UPDATE sign_in_links SET expires_at = now()",
        "DELETE FROM sign_in_links",
        "UPDATE events SET force = 'kent'",
        "DELETE FROM events",
        "TRUNCATE events",
        "TRUNCATE heads CASCADE",
        "DELETE FROM heads",
        "DROP TRIGGER events_no_update_or_delete ON events",
        "DROP TRIGGER events_no_truncate ON events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP TABLE events",
        "ALTER TABLE events OWNER TO CURRENT_USER",
        "CREATE OR REPLACE FUNCTION events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE RULE quietly AS ON DELETE TO events DO INSTEAD NOTHING",
        "SET session_replication_role = replica",
        "DELETE FROM credentials",
        "UPDATE credentials SET role = 'coordinator'",
        "UPDATE credentials SET app_role = 'Everybody'",
        "UPDATE credentials SET expires_at = NULL",
        "ALTER TABLE credentials DISABLE ROW LEVEL SECURITY",
        "DROP POLICY credentials_issue ON credentials",
        "UPDATE alembic_version SET version_num = '9999'",
        "CREATE TABLE public.notes (text text)",
    ],
)
def test_the_serving_role_is_denied(serving: Database, operation: OpenedOperation, statement: str) -> None:
    operation.record(ArrestRecordedFactory())
    before = operation.log()
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|able)"),
        serving.writing() as connection,
    ):
        connection.exec_driver_sql(statement)
    assert operation.log() == before


def test_the_serving_role_can_issue_and_revoke_credentials_but_makes_no_administrator(serving: Database) -> None:
    now = datetime.now(UTC)
    lasting = {"force": "surrey", "operations": ("lantern",), "now": now, "expires_at": now + timedelta(days=1)}
    with serving.writing() as connection:
        issued, secret = issue(connection, role="coordinator", issued_by=uuid4(), **lasting)
    refused = (
        {"role": "administrator", "issued_by": uuid4()},
        {"role": "force", "issued_by": None},
        {"role": "force", "issued_by": uuid4(), "expires_at": None},
        {"role": "force", "issued_by": uuid4(), "app_role": "Everybody"},
    )
    for wrong in refused:
        with pytest.raises(ProgrammingError, match="row-level security"), serving.writing() as connection:
            issue(connection, **lasting | wrong)
    with serving.writing() as connection:
        revoke(connection, issued.id, now)
    with pytest.raises(CredentialRevoked), serving.reading() as connection:
        authenticate(connection, secret)
    with pytest.raises(ProgrammingError, match="row-level security"), serving.writing() as connection:
        connection.exec_driver_sql("UPDATE credentials SET revoked_at = NULL")
