"""Returns, possible duplicates and comparing in a real browser: every state in every look, by keyboard, and live."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.storage.db import Database, open_database
from tests.browser.conftest import PersonFor, serving_pages
from tests.browser.looks import LAPTOP, LOOKS
from tests.browser.people import Person
from tests.factories.bodies import Json, arrest, declared, midnight, opening, seizure, yesterday, yesterday_at
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.served import Served

LIVE = "/operations/live"
RETURNS, PAIRS, COMPARE = (f"{LIVE}/{place}" for place in ("returns", "duplicates", "compare"))
# The arrests of Surrey and Kent, and their seizures.
ARRESTS, SEIZURES = f"{PAIRS}/7.8", f"{PAIRS}/9.10"
SECONDS_TO_SHOW = 2_000


def events() -> tuple[Json, ...]:
    return (
        arrest("drugs", occurred_at=yesterday_at("21:10"), place="m25", assisting=["kent"]),
        arrest("drugs", force="kent", occurred_at=yesterday_at("21:25"), place="m25"),
        seizure(incident="a" * 64, occurred_at=yesterday_at("20:10"), place="a406"),
        seizure(force="kent", incident="a" * 64, occurred_at=yesterday_at("20:20")),
        declared("nil", day=yesterday(), force=LEAD),
        declared("complete", day=yesterday(), force="kent", measures=["arrests"]),
    )


def fill(server: Served, database: Database) -> None:
    """Open a running operation with two possible duplicates, and returns in several states."""
    secrets = {force: issued_secret(database, force) for force in (LEAD, "surrey", "kent")}
    body = opening(starts_at=midnight(-1), ends_at=midnight(2), returns_due_at=midnight(0))
    assert server.request("POST", "/v1/operations", secrets[LEAD], body).status == 201
    for event in events():
        assert server.request("POST", f"/v1{LIVE}/events", secrets[event["force"]], event).status == 201


@pytest.fixture(scope="module")
def looked_at(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server with the operation. The tests of looks share it, so they record nothing."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("deciding") / "oprecord.db")
    with serving_pages(f"sqlite:///{path}") as served:
        database = open_database(f"sqlite:///{path}")
        fill(served, database)
        database.engine.dispose()
        yield served


@pytest.fixture
def filled(server: Served, server_database: Database) -> Served:
    """Return the test's own server with the operation."""
    fill(server, server_database)
    return server


# --- every state, in every look


def states_of_the_coordinator(person: Person) -> Iterator[str]:
    """Bring the page into each state; yield the name of each."""
    page = person.page
    for address in (
        *(RETURNS, f"{RETURNS}/essex/{yesterday()}", f"{RETURNS}/surrey/{yesterday()}/check?status=nil"),
        *(f"{RETURNS}/essex/{yesterday()}/check?status=partial&without=drug_weight", PAIRS, ARRESTS, SEIZURES),
        *(f"{ARRESTS}/withdraw/0", f"{ARRESTS}/ask", f"{PAIRS}?gone=1", COMPARE),
    ):
        page.goto(address)
        yield address
    page.goto(PAIRS)
    person.follow(page.get_by_role("button", name="Rule out the pairs selected"))
    yield "no pair selected"
    page.goto(ARRESTS)
    person.follow(page.get_by_role("button", name="Save and go to pair"))
    yield "nothing decided"
    page.goto(COMPARE)
    page.locator("#figure-0").fill("many")
    person.follow(page.get_by_role("button", name="Compare with the record"))
    yield "figure that cannot be read"
    page.locator("#figure-0").fill("3")
    person.follow(page.get_by_role("button", name="Compare with the record"))
    expect(page.get_by_role("heading", name="The figures beside the record")).to_be_visible()
    yield "figures beside the record"


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_usable(person_for: PersonFor, looked_at: Served, look: dict[str, Any]):
    person = person_for(looked_at, LEAD, **look)
    for state in states_of_the_coordinator(person):
        expect(person.page.get_by_role("heading", level=1), state).to_have_count(1)
        expect(person.page.get_by_text("OFFICIAL-SENSITIVE"), state).to_have_count(2)
        # The browser itself reports an answer of 422.
        person.complaints.clear()
        while (closed := person.page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        if look.get("java_script_enabled", True):
            person.must_see_nothing_move()
            person.must_find_the_page_usable()


@pytest.mark.parametrize("role", ["force", "observer"])
def test_every_page_of_the_others_is_usable(person_for: PersonFor, looked_at: Served, role: str):
    person = person_for(looked_at, "surrey", role)
    own = (RETURNS, f"{RETURNS}/surrey/{yesterday()}", f"{RETURNS}/surrey/{yesterday()}/check?status=complete")
    for address in (*(own if role == "force" else ()), COMPARE):
        person.open(address)
        person.must_find_the_page_usable()


def test_returns_print_without_what_is_only_for_screens(person_for: PersonFor, looked_at: Served):
    person = person_for(looked_at, LEAD)
    page = person.open(RETURNS)
    page.emulate_media(media="print")
    for text in ("Declare", "Chase", "Download all returns as"):
        expect(page.get_by_text(text).first).to_be_hidden()
    expect(page.get_by_text("No return").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).page") == "marked-official-sensitive"


# --- by keyboard alone


def press_tab_until(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; it must be reached within the page."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached")


def test_a_pair_is_ruled_out_and_taken_back_by_keyboard_alone(person_for: PersonFor, filled: Served):
    person = person_for(filled, LEAD)
    page = person.open(ARRESTS)
    press_tab_until(page, "#decision-two")
    page.keyboard.press("Space")
    press_tab_until(page, "form button.govuk-button:not(.govuk-button--secondary)")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{SEIZURES}\\?decided=13$"))
    banner = page.locator(".govuk-notification-banner")
    expect(banner).to_contain_text("Ruled out: Arrest: Surrey Police and Kent Police. No figure changed.")
    expect(banner).to_be_focused()
    person.must_find_the_page_usable()
    press_tab_until(page, ".govuk-notification-banner button")
    page.keyboard.press("Enter")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("The pair is a possible duplicate again.")
    expect(page.get_by_text("2 pairs to decide.")).to_be_visible()


def test_many_pairs_are_ruled_out_by_keyboard_alone(person_for: PersonFor, filled: Served):
    person = person_for(filled, LEAD)
    page = person.open(PAIRS)
    for number in (0, 1):
        press_tab_until(page, f"#pair-{number}")
        page.keyboard.press("Space")
    press_tab_until(page, "form button.govuk-button:not(.govuk-button--secondary)")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No possible duplicates at event 14.")).to_be_visible()
    expect(page.get_by_text("2 pairs ruled out. No figure changed.")).to_be_visible()
    person.must_find_the_page_usable()


def test_an_error_takes_the_focus_and_leads_to_its_field(person_for: PersonFor, looked_at: Served):
    page = person_for(looked_at, LEAD).open(ARRESTS)
    page.get_by_role("button", name="Save and go to pair").press("Enter")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#decision-two")).to_be_focused()


# --- journeys


@pytest.mark.parametrize(
    "look",
    [pytest.param({}, id="with-javascript"), pytest.param({"java_script_enabled": False}, id="without-javascript")],
)
def test_a_coordinator_declares_withdraws_and_compares(person_for: PersonFor, filled: Served, look: dict[str, Any]):
    person = person_for(filled, LEAD, viewport=LAPTOP, **look)
    page = person.open(RETURNS)
    page.get_by_role("link", name=re.compile("^Declare the return of Essex Police for ")).first.click()
    page.get_by_role("button", name="Complete", exact=True).click()
    page.get_by_role("button", name="Declare complete for Essex Police").click()
    expect(page.get_by_role("alert")).to_contain_text("Essex Police: Complete for ")
    expect(page.locator(f"#return-essex-{yesterday()}")).to_contain_text("Complete, late")

    page.goto(ARRESTS)
    page.get_by_label("They are one: keep Surrey Police’s, withdraw Kent Police’s").check()
    page.get_by_role("button", name="Save and go to pair").click()
    expect(page.get_by_text("You cannot undo this.")).to_be_visible()
    page.get_by_role("button", name="Withdraw this arrest").click()
    expect(page.get_by_role("alert")).to_contain_text("Event 8 is withdrawn.")
    page.go_back()
    page.reload()
    expect(page.get_by_text("That pair is no longer open")).to_be_visible()

    page.goto(COMPARE)
    claims = b"source,measure,value,unit\ndraft,arrests,1,arrests\ndraft,weapons,7,items\n"
    page.get_by_label("Claims file").set_input_files({"name": "draft.csv", "mimeType": "text/csv", "buffer": claims})
    page.get_by_role("button", name="Compare with the record").click()
    rows = page.locator(".result tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Open")
    assert [one for one in person.complaints if "422" not in one] == []


def test_a_double_click_records_once(person_for: PersonFor, filled: Served):
    person = person_for(filled, "surrey")
    page = person.open(f"{RETURNS}/surrey/{yesterday()}/check?status=complete")
    page.get_by_role("button", name="Declare complete").dblclick()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#position")).to_contain_text("event 13")


def test_a_text_is_copied(person_for: PersonFor, looked_at: Served):
    person = person_for(looked_at, LEAD)
    person.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = person.open(RETURNS)
    page.locator("[data-copies=chase-essex]").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#chase-essex").inner_text()
    person.must_find_the_page_usable()


# --- live


def test_the_cells_of_returns_are_up_to_date_by_themselves(
    person_for: PersonFor, filled: Served, server_database: Database
):
    person: Person = person_for(filled, LEAD)
    page = person.open(RETURNS)
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    cell = page.locator(f"#return-surrey-{yesterday()}")
    expect(cell).to_contain_text("No return")
    event = declared("complete", day=yesterday())
    secret = issued_secret(server_database, "surrey")
    assert filled.request("POST", f"/v1{LIVE}/events", secret, event).status == 201
    expect(cell).to_contain_text("Complete, late", timeout=SECONDS_TO_SHOW)
    expect(page.locator("#chase-surrey")).to_have_count(0)
    person.must_find_the_page_usable()
