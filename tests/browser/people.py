"""People in front of a browser: what they do at every page, and what every page must be for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from playwright.sync_api import Locator, Page

from service.access.credentials import authenticate
from service.storage.db import open_database
from service.usecases.access.sign_in import issue_link
from tests.browser.axe import found_by_axe
from tests.factories.credentials import issued_secret
from tests.functional.served import Served
from tests.functional.visitors import OWN

OVERFLOWING = """() => [...document.querySelectorAll('body *')]
  .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .slice(-3).map(one => one.outerHTML.slice(0, 200))"""

# What has moved on the page by itself, not in answer to a click or key, each with its score (layout-shift of W3C's
# Layout Instability API): 0.1 is a poor page, one line that moves more than 0.001.
MOVED = """() => new Promise(resolve => {
  const seen = [];
  const observer = new PerformanceObserver(list => seen.push(...list.getEntries()));
  observer.observe({type: 'layout-shift', buffered: true});
  setTimeout(() => resolve(seen.concat(observer.takeRecords()).filter(one => !one.hadRecentInput).map(
    one => [one.value, one.sources.map(source => source.node?.outerHTML?.slice(0, 200))])), 20);
})"""
MOST_MOVED = 0.001


@dataclass
class Person:
    """Somebody with a browser of their own. `complaints` are the errors that the browser reported.

    `colours` are the media in which each page must be usable, as arguments of Playwright's `emulate_media`.
    """

    page: Page
    server: Served
    colours: Sequence[Mapping[str, Any]] = ({},)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def secret(self, force: str, role: str | None = None, operations: tuple[str, ...] = ()) -> str:
        """Return the secret of a new credential."""
        database = open_database(self.server.environment["OPRECORD_DATABASE_URL"])
        try:
            return issued_secret(database, force, role, operations)
        finally:
            database.engine.dispose()

    def link(self, force: str, role: str | None = None) -> str:
        """Return a new link to sign in with."""
        secret = self.secret(force, role)
        database = open_database(self.server.environment["OPRECORD_DATABASE_URL"])
        try:
            with database.reading() as connection:
                credential = authenticate(connection, secret)
            return f"/sign-in/{issue_link(database, credential.id)}"
        finally:
            database.engine.dispose()

    def sign_in(self, force: str, role: str | None = None) -> None:
        """Sign in without opening a page: the browser gets the cookie. test_signing_in tries the forms themselves."""
        form = {"credential": self.secret(force, role)}
        response = self.page.request.post("/sign-in", form=form, headers=OWN, max_redirects=0)
        assert response.status == HTTPStatus.SEE_OTHER

    def open(self, address: str) -> Page:
        """Open a page, which must exist."""
        response = self.page.goto(address)
        assert response is not None
        assert response.status == 200, f"{address}: {response.status}"
        return self.page

    def follow(self, way: Locator) -> None:
        """Press a button or link, and wait for the page that it leads to: a check would still find the page before."""
        with self.page.expect_navigation():
            way.click()

    def must_see_nothing_move(self) -> None:
        """Check that nothing on the page has moved by itself since it was opened, before new figures came."""
        moved = self.page.evaluate(MOVED)
        assert sum(score for score, _what in moved) < MOST_MOVED, moved

    def must_find_the_page_usable(self, *, ignoring: str | None = None) -> None:
        """Check the page as it is now, in all colours: axe finds nothing, it does not scroll sideways, no complaints.

        `ignoring` is part of the complaints that are expected.
        """
        for colours in self.colours:
            self.page.emulate_media(**colours)
            results = found_by_axe(self.page)
            assert results.violations_count == 0, f"{colours} {results.generate_report()}"
            width = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert width[0] <= width[1], f"{colours} {self.page.evaluate(OVERFLOWING)}"
        complaints = [one for one in self.complaints if ignoring is None or ignoring not in one]
        assert complaints == [], complaints
