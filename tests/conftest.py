"""What all tests share: databases of their own, credentials, and how Hypothesis searches."""

import gc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from service.access.credentials import Credential
from service.storage.db import Database, open_database
from tests.factories.credentials import CredentialFactory, issued_secret
from tests.factories.operations import OpenedOperation, opened_operation

pytest_plugins = ["tests.databases", "tests.fast"]

# `ci` always tries the same examples, so that a failure comes again. `--hypothesis-profile=search` looks further.
SLOW_DATABASES = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("ci", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW_DATABASES)
settings.register_profile("search", deadline=None, max_examples=1_000, suppress_health_check=SLOW_DATABASES)
settings.load_profile("ci")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through all that was collected, again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a migrated database of the test's own: the test runs once on SQLite and once on PostgreSQL."""
    database = open_database(database_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def operation(database: Database) -> OpenedOperation:
    """Return an operation that has just been opened; five forces take part."""
    return opened_operation(database)


@pytest.fixture
def elsewhere(operation: OpenedOperation, database_url: str) -> Iterator[OpenedOperation]:
    """Return the operation as another process has it: with a pool of its own, and nothing known of the log."""
    database = open_database(database_url)
    yield OpenedOperation(database, operation.name)
    database.engine.dispose()


@pytest.fixture
def credential_for() -> Callable[..., Credential]:
    """Return what makes a credential as the use cases take it: `credential_for("surrey", role="observer")`."""

    def credential_for(force: str, **fields: object) -> Credential:
        credential: Credential = CredentialFactory(force=force, **fields)
        return credential

    return credential_for


@pytest.fixture
def secret_for(database: Database) -> Callable[..., str]:
    """Return what issues a credential in the test's database and gives its secret: `secret_for("surrey")`."""

    def secret_for(force: str, role: str | None = None, operations: tuple[str, ...] = ()) -> str:
        return issued_secret(database, force, role, operations)

    return secret_for
