"""A credential that is revoked while its request waits changes nothing more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from service.access.credentials import Credential, CredentialRevoked
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, OperationClosed
from service.eventlog.head import lock_head
from service.storage.db import Database
from service.usecases.maintenance.credentials import (
    issue_credential,
    issue_within_rights,
    list_credentials,
    revoke_credential,
)
from service.usecases.recording.operations import change_operation
from service.usecases.recording.publish import publish_figures
from tests.factories.operations import OpenedOperation
from tests.factories.setup import LEAD, FiguresPublishedFactory


@pytest.fixture
def coordinator(database: Database) -> Credential:
    """Return a stored credential of a coordinator, as it is known once it was proved."""
    return issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=timedelta(days=1))[0]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("what", ["close", "publish"])
def test_what_waited_for_the_lock_is_not_recorded(
    operation: OpenedOperation, elsewhere: OpenedOperation, coordinator: Credential, what: str
) -> None:
    def close() -> None:
        event = Event(id=uuid4(), force=LEAD, data=OperationClosed())
        change_operation(elsewhere.database, operation=operation.name, sender=coordinator, submission=Submission(event))

    def publish() -> None:
        request = Submission(FiguresPublishedFactory())
        publish_figures(elsewhere.database, operation=operation.name, sender=coordinator, submission=request)

    size = operation.head().seq
    with ThreadPoolExecutor(1) as thread:
        with operation.database.writing() as connection:
            lock_head(connection, operation.name)
            waiting = thread.submit(close if what == "close" else publish)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            revoke_credential(operation.database, coordinator.id)
        with pytest.raises(CredentialRevoked):
            waiting.result(timeout=10)
    assert operation.head().seq == size


def test_a_credential_that_was_revoked_since_it_was_proved_issues_none(
    operation: OpenedOperation, coordinator: Credential
) -> None:
    revoke_credential(operation.database, coordinator.id)
    with pytest.raises(CredentialRevoked):
        issue_within_rights(
            operation.database,
            issuer=coordinator,
            force="surrey",
            role="force",
            operations=(operation.name,),
            expires_in=timedelta(hours=1),
        )
    assert [one.id for one in list_credentials(operation.database)] == [coordinator.id]
