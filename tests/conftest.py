"""Fixtures for all tests: databases and credentials. Also the Hypothesis profiles."""

import gc
import signal
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

from service.access.credentials import Credential
from service.domain.model.days import ONE_DAY, london_date, london_midnight
from service.storage.db import Database, open_database
from tests.factories.credentials import CredentialFactory, issued_secret
from tests.factories.operations import OpenedOperation, opened_operation

pytest_plugins = ["tests.compiled_statements", "tests.databases", "tests.fast"]

# `ci` always tries the same examples, so that failures are reproducible. `search` tries more and other examples.
SLOW_DATABASES = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("ci", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW_DATABASES)
settings.register_profile("search", deadline=None, max_examples=1_000, suppress_health_check=SLOW_DATABASES)
settings.load_profile("ci")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without garbage collections, and exclude them from later ones: they live until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# A test that runs for many seconds at the end would keep one worker busy while the others have nothing left to do.
LONGEST_FIRST = ("test_laws.py", "test_crash.py", "test_readme.py", "test_installing.py", "test_serve.py")


def pytest_configure() -> None:
    """Let tests send SIGINT, which a shell makes its background processes ignore."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files with the longest tests first, whatever the random order of the others."""
    items.sort(key=lambda item: item.path.name not in LONGEST_FIRST)


# Longer than a test takes that counts days from today.
SECONDS_BEFORE_MIDNIGHT = 15


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Let a London day that is about to end pass first: a test would take its second half for the same day."""
    now = datetime.now(UTC)
    seconds_left = (london_midnight(london_date(now) + ONE_DAY) - now).total_seconds()
    if seconds_left < SECONDS_BEFORE_MIDNIGHT:
        time.sleep(seconds_left)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return the test's own migrated database: the test runs once on SQLite and once on PostgreSQL."""
    database = open_database(database_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def operation(database: Database) -> OpenedOperation:
    """Return a newly opened operation with five forces."""
    return opened_operation(database)


@pytest.fixture
def elsewhere(operation: OpenedOperation, database_url: str) -> Iterator[OpenedOperation]:
    """Return the operation as another process sees it, with its own connection pool and nothing cached."""
    database = open_database(database_url)
    yield OpenedOperation(database, operation.name)
    database.engine.dispose()


@pytest.fixture
def credential_for() -> Callable[..., Credential]:
    """Return a factory of credentials for use cases: `credential_for("surrey", role="observer")`."""

    def credential_for(force: str, **fields: object) -> Credential:
        credential: Credential = CredentialFactory(force=force, **fields)
        return credential

    return credential_for


@pytest.fixture
def secret_for(database: Database) -> Callable[..., str]:
    """Return a function that issues a credential in the database and returns its secret: `secret_for("surrey")`."""

    def secret_for(force: str, role: str | None = None, operations: tuple[str, ...] = ()) -> str:
        return issued_secret(database, force, role, operations)

    return secret_for
