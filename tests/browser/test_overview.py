"""The overview in a real browser: usable in every look, on paper, and up to date by itself."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.storage.db import Database
from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS
from tests.factories.bodies import arrest, declared, midnight, opening, yesterday
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.served import Served, answer, wait_until

PANDILLA = "/operations/pandilla-2023-01"
LIVE = "/operations/live"
STATES = ("", "?as_of=2023-01-19T15:00", "?event=12", "?event=x")
SECONDS_TO_SHOW = 2_000
# Reading the PDF would need another library; this is how Chromium writes the number of its pages.
PAGES_OF_PDF = re.compile(rb"/Type /Pages\s*/Count (\d+)|/Count (\d+)")

Record = Callable[..., Any]


@pytest.fixture
def record(server: Served, server_database: Database) -> Record:
    """Open a running operation on the test's own server; return a function that records an event of a force in it."""
    secrets = {force: issued_secret(server_database, force) for force in (LEAD, "surrey", "kent")}
    body = opening(starts_at=midnight(-1), ends_at=midnight(2))
    assert server.request("POST", "/v1/operations", secrets[LEAD], body).status == 201

    def record(event: dict[str, Any]) -> Any:
        response = server.request("POST", f"/v1{LIVE}/events", secrets[event["force"]], event)
        assert response.status == 201
        return answer(response)

    return record


def shown(page: Page, id: str) -> str:
    return page.locator(f"#{id}").inner_text()


# --- every state, in every look


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("role", ["coordinator", "observer", "force"])
def test_every_state_is_usable(person_for: PersonFor, pandilla_server: Served, look: dict[str, Any], role: str):
    has_scripts = look.get("java_script_enabled", True)
    person = person_for(pandilla_server, "surrey" if role == "force" else LEAD, role, **look)
    for state in STATES:
        person.page.goto(PANDILLA + state)
        expect(person.page.get_by_role("heading", level=1)).to_have_text("Operation Pandilla")
        expect(person.page.get_by_text("OFFICIAL-SENSITIVE")).to_have_count(2)
        # The browser itself reports an answer of 422.
        person.complaints.clear()
        while (closed := person.page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        if has_scripts:
            person.must_see_nothing_move()
            person.must_find_the_page_usable()


def test_without_javascript_a_link_asks_for_new_figures(person_for: PersonFor, server: Served, record: Record):
    person = person_for(server, LEAD, java_script_enabled=False)
    person.open(LIVE)
    expect(person.page.locator("#freshness-said")).to_contain_text("As at ")
    record(arrest(force="surrey"))
    person.page.get_by_role("link", name="Check for new figures").click()
    expect(person.page.locator("#headline-arrests")).to_contain_text("1")


def test_an_earlier_moment_is_chosen_by_keyboard(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD)
    person.open(PANDILLA)
    person.page.locator("#earlier summary").focus()
    person.page.keyboard.press("Enter")
    slider = person.page.locator("#event")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowLeft")
    expect(person.page.locator("#event-chosen")).to_have_text("365")
    slider.press("Tab")
    person.page.keyboard.press("Enter")
    expect(person.page.locator("#freshness")).to_contain_text("at event 365 of 368")
    person.page.get_by_role("link", name="Show the latest").press("Enter")
    expect(person.page).to_have_url(re.compile(f"{PANDILLA}$"))


def test_it_prints_on_two_sheets_with_the_marking(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD)
    person.open(PANDILLA)
    pdf = person.page.pdf(prefer_css_page_size=True)
    counts = [int(one or other) for one, other in PAGES_OF_PDF.findall(pdf)]
    assert max(counts) == 2
    person.page.emulate_media(media="print")
    expect(person.page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(person.page.get_by_text("Show an earlier moment")).to_be_hidden()
    expect(person.page.get_by_text("To do")).to_be_hidden()
    assert person.page.evaluate("getComputedStyle(document.body).page") == "marked-official-sensitive"


# --- live


def test_new_figures_come_by_themselves_within_two_seconds(person_for: PersonFor, server: Served, record: Record):
    people = [person_for(server, LEAD), person_for(server, "kent"), person_for(server, "surrey", "observer")]
    for person in people:
        person.open(LIVE)
        expect(person.page.locator("#freshness-said")).to_have_text("Up to date.")
    record(arrest(force="surrey", count=3))
    for person in people:
        expect(person.page.locator("#headline-arrests")).to_contain_text("3", timeout=SECONDS_TO_SHOW)
        expect(person.page.locator("#headline-arrests [data-change]")).to_have_text(re.compile(r"^\+3 at (\d|mid)"))
        expect(person.page.locator("#force-surrey")).to_contain_text("3")
        expect(person.page.locator("#position")).to_contain_text("event 7")
        expect(person.page.locator("#freshness-said")).to_contain_text("New figures at")
        person.must_find_the_page_usable()


@pytest.mark.parametrize(("moment", "words"), [("2024-05-14T11:00Z", "midday"), ("2024-05-13T23:00Z", "midnight")])
def test_midday_and_midnight_are_said_in_words(
    person_for: PersonFor, server: Served, record: Record, moment: str, words: str
):
    person = person_for(server, LEAD)
    # It goes on from there: a page asks for new figures at most once a second.
    person.page.clock.install(time=moment)
    page = person.open(LIVE)
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    record(arrest(force="surrey"))
    expect(page.locator("#headline-arrests [data-change]")).to_have_text(f"+1 at {words}")
    expect(page.locator("#freshness-said")).to_have_text(f"Up to date. New figures at {words}.")


def test_what_is_being_read_does_not_move(person_for: PersonFor, server: Served, record: Record):
    person = person_for(server, LEAD)
    page = person.open(LIVE)
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    page.locator("#force-surrey").hover()
    page.locator("#earlier summary").focus()
    latest = shown(page, "latest")
    top = page.locator("#by-force").bounding_box()
    record(arrest(force="surrey"))
    expect(page.locator("#headline-arrests")).to_contain_text("1", timeout=SECONDS_TO_SHOW)
    expect(page.get_by_role("button", name="Show 1 new event")).to_be_visible()
    assert shown(page, "latest") == latest, "a list does not grow while it is read"
    assert "none yet" in shown(page, "force-surrey"), "the row under the pointer is held back"
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.locator("#by-force").bounding_box() == top, "nothing moves"
    page.get_by_role("button", name="Show 1 new event").click()
    assert page.evaluate("document.activeElement.id") == "latest-heading", "the button is gone: focus goes to the list"
    expect(page.locator("#latest")).to_contain_text("Surrey Police: 1 arrest, knife")
    page.mouse.move(0, 0)
    expect(page.locator("#force-surrey")).to_contain_text("1", timeout=SECONDS_TO_SHOW)


def test_a_selection_and_a_date_half_typed_stay(person_for: PersonFor, server: Served, record: Record):
    person = person_for(server, LEAD)
    page = person.open(LIVE)
    page.get_by_text("Show an earlier moment").click()
    page.locator("#as_of").fill("2023-01-18T18:00")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('completeness'))")
    selected = page.evaluate("String(getSelection())")
    record(arrest(force="surrey"))
    record(declared(force="surrey", day=yesterday()))
    expect(page.locator("#headline-arrests")).to_contain_text("1", timeout=SECONDS_TO_SHOW)
    page.wait_for_timeout(500)
    assert page.evaluate("String(getSelection())") == selected
    assert page.locator("#as_of").input_value() == "2023-01-18T18:00"
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator("#completeness")).not_to_have_text(selected, timeout=SECONDS_TO_SHOW)


def test_ten_tabs_are_up_to_date(person_for: PersonFor, server: Served, record: Record):
    person = person_for(server, LEAD)
    tabs = [person.open(LIVE), *(person.page.context.new_page() for _ in range(9))]
    for tab in tabs[1:]:
        tab.goto(LIVE)
    record(arrest(force="surrey"))
    for tab in reversed(tabs):
        tab.bring_to_front()
        expect(tab.locator("#headline-arrests")).to_contain_text("1")
    # The tab that listened for all of them is closed: another takes over.
    tabs.pop(0).close()
    record(arrest(force="surrey"))
    for tab in tabs:
        tab.bring_to_front()
        expect(tab.locator("#headline-arrests")).to_contain_text("2")


def test_a_lost_connection_is_said_and_what_was_missed_is_caught_up(
    person_for: PersonFor, server: Served, record: Record
):
    person = person_for(server, LEAD)
    page = person.open(LIVE)
    record(arrest(force="surrey"))
    expect(page.locator("#headline-arrests")).to_contain_text("1")
    server.kill()
    said = page.locator("#freshness-said")
    expect(said).to_have_text(re.compile(r"^Not up to date since (\d|mid).*Trying again\.$"))
    expect(page).to_have_title(re.compile("^Not up to date"))
    expect(page.locator("#headline-arrests")).to_contain_text("1")
    person.must_find_the_page_usable(ignoring="Failed to load resource")
    server.start()
    wait_until(server.is_ready)
    record(arrest(force="surrey"))
    expect(said).to_have_text(re.compile(r"^Up to date again at (\d|mid)"))
    expect(page.locator("#headline-arrests")).to_contain_text("2")
    expect(page).not_to_have_title(re.compile("^Not up to date"))


def test_a_session_that_ends_elsewhere_leads_to_signing_in(person_for: PersonFor, server: Served, record: Record):
    person = person_for(server, LEAD)
    page = person.open(LIVE)
    other = page.context.new_page()
    other.goto("/account")
    other.get_by_role("button", name="Sign out").click()
    record(arrest(force="surrey"))
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_figure_without_its_events_page_is_no_link(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD)
    page = person.open(PANDILLA)
    for link in page.get_by_role("link").all():
        href = link.get_attribute("href") or ""
        if href.startswith("/"):
            found = page.request.get(href, max_redirects=0)
            assert found.status in (200, 303), href


def test_the_list_of_operations_is_up_to_date_too(person_for: PersonFor, server: Served, record: Record):
    person = person_for(server, LEAD)
    person.page.clock.install()
    page = person.open("/operations")
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    record(arrest(force="surrey"))
    expect(page.locator("#operation-live")).to_contain_text("event 6")
    page.clock.fast_forward("00:33")
    expect(page.locator("#operation-live")).to_contain_text("event 7")
    person.must_find_the_page_usable()
