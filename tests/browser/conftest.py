"""Fixtures for the pages in a real browser: Debian's Chromium, a served operation, and people who are signed in."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from service.storage.db import Database, open_database
from tests.browser.people import Person
from tests.fast import REASON
from tests.functional.apps import replayed
from tests.functional.served import Served, serving

VARIABLE = "CHROMIUM"
NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
PATIENCE_MILLISECONDS = 30_000
INSTALL = "apt-get install -y chromium-headless-shell"
# Most pages keep a live connection open. Polling for it 50 times a second takes a tenth of a processor.
serving_pages = partial(serving, feed_poll_milliseconds=200)


def chromium() -> str:
    """Return the path of the browser. Without one, the test is skipped, or fails under CI."""
    named = os.environ.get(VARIABLE)
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"No Chromium for the tests of the pages. Install it: {INSTALL}. Or name one in {VARIABLE}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Return the browser that all tests of this process share; each test opens contexts of its own."""
    if request.config.getoption("fast"):
        pytest.skip(REASON)
    path = chromium()
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        # Chromium refuses to run as root inside its sandbox.
        sandbox = os.getuid() != 0
        with playwright.chromium.launch(executable_path=path, chromium_sandbox=sandbox) as browser:
            yield browser


@pytest.fixture(scope="session")
def pandilla_server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server with Operation Pandilla replayed. Tests share it, so they must only read it."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("pages") / "oprecord.db")
    with replayed(f"sqlite:///{path}"), serving_pages(f"sqlite:///{path}") as served:
        yield served


@pytest.fixture
def server(sqlite_url: str) -> Iterator[Served]:
    """Return a server over the test's own empty database."""
    with serving_pages(sqlite_url) as served:
        yield served


@pytest.fixture
def server_database(server: Served) -> Iterator[Database]:
    """Return the database of the test's own server."""
    database = open_database(server.environment["OPRECORD_DATABASE_URL"])
    yield database
    database.engine.dispose()


PersonFor = Callable[..., Person]


@pytest.fixture
def person_for(browser: Browser) -> Iterator[PersonFor]:
    """Return a function that opens a browser of its own for somebody: `person_for(server, "kent", "observer")`.

    `colours` are those of a Person. Further arguments are those of a Playwright context: `java_script_enabled`,
    `viewport`.
    """
    contexts: list[BrowserContext] = []

    def person_for(
        server: Served,
        force: str = "",
        role: str | None = None,
        colours: Sequence[Mapping[str, Any]] = ({},),
        **settings: Any,
    ) -> Person:
        contexts.append(browser.new_context(base_url=f"http://127.0.0.1:{server.port}", **settings))
        contexts[-1].set_default_timeout(PATIENCE_MILLISECONDS)
        person = Person(contexts[-1].new_page(), server, colours)
        if force:
            person.sign_in(force, role)
        return person

    yield person_for
    for context in contexts:
        context.close()


@pytest.fixture
def page(person_for: PersonFor, pandilla_server: Served) -> Page:
    """Return a page of a browser in which nobody is signed in."""
    return person_for(pandilla_server).page
