"""The upload page in a real browser: usable in every look and state, by keyboard, on a phone, without JavaScript."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.storage.db import Database
from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS
from tests.browser.people import Person
from tests.factories.bodies import midnight, opening
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.served import Served
from tests.functional.test_submit import ARRESTS, AT, arrest
from tests.functional.test_uploads_page import own_file, workbook

UPLOADS = "/operations/live/uploads"
FILES: dict[str, tuple[str, bytes]] = {
    "ready": ("ready.xlsx", workbook(ARRESTS, arrest("1"), arrest("2", count=5000))),
    "wrong": ("wrong.xlsx", workbook(ARRESTS, arrest("1", place="m52"), arrest("2", count="x"), arrest("3"))),
    "mapping": ("own.csv", own_file(f"{';'.join(AT.split())};m25;Knife;1")),
    "refused": ("old.xlsx", b"%PDF-1.4"),
}
SECONDS_TO_CHECK = 30_000


@pytest.fixture
def running(server: Served, server_database: Database) -> Served:
    """Open a running operation on the test's own server."""
    secret = issued_secret(server_database, LEAD)
    body = opening(starts_at=midnight(-1), ends_at=midnight(2))
    assert server.request("POST", "/v1/operations", secret, body).status == 201
    return server


def choose(person: Person, folder: Path, name: str) -> Page:
    """Upload a file and wait until its page has the result."""
    file = folder / FILES[name][0]
    file.write_bytes(FILES[name][1])
    page = person.open(UPLOADS)
    page.get_by_label("Spreadsheet").set_input_files(file)
    page.get_by_role("button", name="Check").click()
    expect(page).to_have_url(re.compile(r"/uploads/[0-9a-f-]{36}$"))
    expect(page.locator("progress")).to_have_count(0, timeout=SECONDS_TO_CHECK)
    return page


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_usable(person_for: PersonFor, running: Served, tmp_path: Path, look: dict[str, Any]):
    person = person_for(running, "surrey", **look)
    for name in FILES:
        page = choose(person, tmp_path, name)
        expect(page.get_by_text("OFFICIAL-SENSITIVE")).to_have_count(2)
        while (closed := page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        if look.get("java_script_enabled", True):
            person.must_find_the_page_usable()
    page = choose(person, tmp_path, "ready")
    page.locator("#unusual").check(force=True)
    page.get_by_role("button", name="Send 2 rows").click()
    expect(page.get_by_text("Recorded 2 events.")).to_be_visible(timeout=SECONDS_TO_CHECK)
    if look.get("java_script_enabled", True):
        person.must_find_the_page_usable()
        person.open(UPLOADS)
        person.must_find_the_page_usable()


def test_a_file_is_sent_by_keyboard_alone_and_back_and_reload_send_nothing_again(
    person_for: PersonFor, running: Served, tmp_path: Path
):
    person = person_for(running, "surrey")
    page = choose(person, tmp_path, "ready")
    page.keyboard.press("Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "unusual":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "send"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Recorded 2 events.")).to_be_visible(timeout=SECONDS_TO_CHECK)
    page.reload()
    page.go_back()
    page.reload()
    expect(page.get_by_text("Recorded 2 events.")).to_be_visible()
    page.goto("/operations/live")
    expect(page.locator("#headline-arrests")).to_contain_text("5,001")


def test_the_summary_leads_to_the_row_of_a_mistake(person_for: PersonFor, running: Served, tmp_path: Path):
    person = person_for(running, "surrey")
    page = choose(person, tmp_path, "wrong")
    link = page.locator(".govuk-error-summary a").first
    target = link.get_attribute("href")
    assert target is not None
    expect(page.locator(f"[id='{target[1:]}']")).to_contain_text("m52")
    link.click()
    assert page.url.endswith(target)
