"""Giving access in a real browser: every state in every look, and a link that one person uses."""

from typing import Any

import pytest
from playwright.sync_api import expect

from service.storage.db import Database
from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS
from tests.factories.bodies import opening
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.served import Served


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_usable_and_the_link_works(
    person_for: PersonFor, server: Served, server_database: Database, look: dict[str, Any]
):
    assert server.request("POST", "/v1/operations", issued_secret(server_database, LEAD), opening()).status == 201
    coordinator, kent = person_for(server, LEAD, **look), person_for(server, **look)
    page = coordinator.page

    def must_be_usable() -> None:
        while (closed := page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        if look.get("java_script_enabled", True):
            coordinator.must_find_the_page_usable()

    coordinator.open("/access")
    must_be_usable()
    coordinator.follow(page.get_by_role("button", name="Give somebody access"))
    must_be_usable()
    page.get_by_role("button", name="Give access").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a force")
    # The browser itself reports an answer of 422.
    page.wait_for_load_state("networkidle")
    coordinator.complaints.clear()
    must_be_usable()
    page.get_by_label("Force", exact=True).first.select_option("Kent Police")
    page.get_by_role("radio", name="Force", exact=True).check()
    coordinator.follow(page.get_by_role("button", name="Give access"))
    must_be_usable()
    kent.open(page.locator("#issued").input_value())
    kent.page.get_by_role("button", name="Sign in").click()
    expect(kent.page.get_by_role("button", name="Sign out")).to_be_visible()
    coordinator.open("/access")
    expect(page.get_by_text("Signed in with")).to_be_visible()
    must_be_usable()
    coordinator.follow(page.get_by_role("link", name="Revoke"))
    must_be_usable()
    page.get_by_role("button", name="Revoke access").click()
    expect(page.get_by_text("Access is revoked, and its sessions have ended")).to_be_visible()
    must_be_usable()
    kent.page.reload()
    expect(kent.page.get_by_text("Your credential has been revoked")).to_be_visible()
