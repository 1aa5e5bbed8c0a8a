"""Publishing in a real browser: every state in every look, by keyboard, on paper, and read by the public."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from service.storage.db import Database
from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS
from tests.factories.bodies import arrest, declared, new_id, opening, seizure, yesterday
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.served import Served, answer

LIST = "/operations/live/publications"
PAGES_OF_PDF = re.compile(rb"/Type /Pages\s*/Count (\d+)|/Count (\d+)")
Send = Callable[..., Any]


@pytest.fixture
def send(server: Served, server_database: Database) -> Send:
    """Open a running operation on the test's own server; return a function that makes calls of a force."""
    secrets = {force: issued_secret(server_database, force) for force in (LEAD, "surrey", "kent")}

    def send(force: str, address: str, body: dict[str, Any]) -> Any:
        response = server.request("POST", f"/v1/operations{address}", secrets[force], body)
        assert response.status == 201
        return answer(response)

    send(LEAD, "", opening())
    for event in (arrest(count=3, incident="a" * 64), arrest("drugs", count=2), seizure(), arrest(count=2_400)):
        send("surrey", "/live/events", event)
    send("kent", "/live/events", arrest(force="kent", incident="a" * 64))
    send("surrey", "/live/events", declared(day=yesterday()))
    return send


def published(send: Send, **fields: Any) -> None:
    send(LEAD, "/live/publications", {"id": new_id(), "label": "provisional"} | fields)


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_usable(person_for: PersonFor, server: Served, send: Send, look: dict[str, Any]):
    person = person_for(server, LEAD, **look)
    has_scripts = look.get("java_script_enabled", True)
    page = person.page

    def look_at(name: str) -> None:
        while (closed := page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        expect(page.get_by_text("OFFICIAL-SENSITIVE", exact=True)).to_have_count(0 if name == "public" else 2)
        if has_scripts:
            person.must_find_the_page_usable()

    person.open(LIST)
    look_at("list-empty")
    person.follow(page.get_by_role("button", name="Preview and publish"))
    send("surrey", "/live/events", arrest())
    page.reload()
    look_at("new")
    person.follow(page.get_by_role("button", name="Check before publishing"))
    expect(page.get_by_role("alert")).to_contain_text("Choose whether the figures are provisional or final")
    # The browser itself reports an answer of 422.
    page.wait_for_load_state("networkidle")
    person.complaints.clear()
    look_at("new-error")
    page.get_by_label("Provisional").check()
    person.follow(page.get_by_role("button", name="Check before publishing"))
    look_at("check")
    person.follow(page.get_by_role("button", name="Publish provisional figures"))
    expect(page).to_have_url(re.compile(f"{LIST}/1$"))
    look_at("publication")
    person.follow(page.get_by_role("link", name="See what has changed"))
    look_at("changes")
    page.go_back()
    person.follow(page.get_by_role("button", name="Make it public"))
    look_at("check-public")
    person.follow(page.get_by_role("button", name="Make publication 1 public"))
    look_at("publication-public")
    page.goto("/p/live/1")
    look_at("public")
    published(send, label="final", embargo_until="2040-01-01T00:00:00Z")
    person.open(LIST)
    look_at("list")


def test_the_newest_publication_is_announced_by_itself(person_for: PersonFor, server: Served, send: Send):
    person = person_for(server, LEAD, "observer")
    page = person.open(LIST)
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    published(send)
    expect(page.locator("#newest")).to_contain_text("Newest: publication 1")


@pytest.mark.usefixtures("send")
def test_figures_are_published_by_keyboard_only_and_once(person_for: PersonFor, server: Served):
    person = person_for(server, LEAD)
    page = person.open(LIST)

    def go_to(locator: Any) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if locator.evaluate("one => one === document.activeElement"):
                return
        pytest.fail("Tab does not get there")

    go_to(page.get_by_role("button", name="Preview and publish"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Preview at event 12")
    go_to(page.get_by_label("Provisional"))
    page.keyboard.press("Space")
    go_to(page.get_by_role("button", name="Check before publishing"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish provisional figures?")
    go_to(page.get_by_role("button", name="Publish provisional figures"))
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publication 1")
    page.go_back()
    page.get_by_role("button", name="Publish provisional figures").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publication 1")
    person.open(LIST)
    expect(page.get_by_role("heading", level=2)).to_have_count(1)


def test_a_publication_is_printed_with_its_marking_and_without_controls(
    person_for: PersonFor, server: Served, send: Send
):
    published(send)
    person = person_for(server, LEAD)
    page = person.open(f"{LIST}/1")
    pdf = page.pdf(prefer_css_page_size=True)
    assert max(int(one or other) for one, other in PAGES_OF_PDF.findall(pdf)) <= 2
    page.emulate_media(media="print")
    expect(page.locator(".statement__headline")).to_be_visible()
    for hidden in ("Download", "Copy or print", "Make it public"):
        expect(page.get_by_text(hidden, exact=True)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).page") == "marked-official-sensitive"


def test_the_text_is_copied(person_for: PersonFor, server: Served, send: Send):
    published(send)
    person = person_for(server, LEAD, permissions=["clipboard-read", "clipboard-write"])
    page = person.open(f"{LIST}/1")
    page.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert "Marking: OFFICIAL-SENSITIVE" in page.evaluate("navigator.clipboard.readText()")
