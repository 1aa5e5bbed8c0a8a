"""Recording, correcting and declaring with a real browser: by keyboard alone, on a phone, without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PersonFor
from tests.browser.looks import LAPTOP, LOOKS
from tests.browser.people import Person
from tests.factories.bodies import Json, arrest, correction, opening, seizure, withdrawal
from tests.factories.setup import LEAD
from tests.functional.served import Served

Opened = Callable[..., dict[str, Json]]


def operation_with_events(person: Person) -> dict[str, Json]:
    """Open an operation as the coordinator, with a corrected and a withdrawn arrest, and a seizure; return them."""
    request = person.page.request
    lead, surrey = ({"Authorization": f"Bearer {person.secret(force)}"} for force in (LEAD, "surrey"))
    answer = request.post("/v1/operations", data=opening(operation="teasel", name="Operation Teasel"), headers=lead)
    assert answer.status == 201, answer.text()
    events = {"corrected": arrest("knife", place="m25"), "withdrawn": arrest("theft")}
    events["seizure"] = seizure(
        {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 12_500},
        {"kind": "cash", "currency": "GBP", "amount_minor": 62_050},
    )
    further = [correction(events["corrected"], data={"reason": "drugs"}), withdrawal(events["withdrawn"])]
    for event in (*events.values(), *further):
        answer = request.post("/v1/operations/teasel/events", data=event, headers=surrey)
        assert answer.status == 201, answer.text()
    return events


def check_of(person: Person, look: dict[str, Any]) -> Callable[[], None]:
    """Return how a page is checked. axe itself is a script."""
    return person.must_find_the_page_usable if look.get("java_script_enabled", True) else lambda: None


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_of_recording_is_usable(person_for: PersonFor, server: Served, look: dict[str, Any]):
    person = person_for(server, "surrey", **look)
    events, check = operation_with_events(person), check_of(person, look)
    events_of = "/operations/teasel/events"
    for address in (
        events_of,
        f"{events_of}?measure=arrests&force=surrey",
        f"{events_of}?measure=vehicles",
        f"{events_of}?event=3",
        *(f"{events_of}/{event['id']}" for event in events.values()),
        f"{events_of}/{events['seizure']['id']}/correct",
        f"{events_of}/{events['seizure']['id']}/withdraw",
        "/operations/teasel/day",
        "/operations/teasel/record",
        "/operations/teasel/record/arrest",
        "/operations/teasel/record/seizure",
        "/operations/teasel/record/tally",
    ):
        person.open(address)
        for folded in person.page.locator("summary").all():
            folded.click()
        check()


@pytest.mark.parametrize("look", LOOKS)
def test_a_seizure_is_recorded_with_lines(person_for: PersonFor, server: Served, look: dict[str, Any]):
    person = person_for(server, "surrey", **look)
    operation_with_events(person)
    check, page = check_of(person, look), person.page
    person.open("/operations/teasel/record/seizure")
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Add what was seized")
    check()
    page.get_by_label("Time").fill("0:05")
    for kind in ("drugs", "cash", "phones"):
        press(page, f"Add {kind}")
    # The page is loaded anew, and axe must not run before it is there.
    expect(page.locator("button:not([aria-hidden])", has_text="Remove 3, phones")).to_be_visible()
    check()
    press(page, "Remove 3, phones")
    page.get_by_label("Drug", exact=True).fill("cocaien")
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean Cocaine (powder), class A?")
    expect(page).to_have_title(re.compile("^Error: "))
    check()
    page.get_by_label("Drug", exact=True).fill("cocaine")
    page.get_by_label("Weight").fill("12.5")
    page.get_by_label("Amount").fill("620.50")
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check your answers")
    check()
    press(page, "Record this seizure")
    expect(page.get_by_text("Seizure recorded. It is event")).to_be_visible()
    check()
    for _ in range(2):
        page.go_back()
        expect(page.get_by_text("Not counted twice.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Not counted twice.")).to_be_visible()


def press(page: Page, name: str) -> None:
    """Press the button that a person sees."""
    page.locator("button:not([aria-hidden])", has_text=re.compile(f"^{re.escape(name)}$")).click() if name.startswith(
        "Remove"
    ) else page.get_by_role("button", name=name, exact=True).click()


def test_an_arrest_is_recorded_by_keyboard_alone(person_for: PersonFor, server: Served):
    person = person_for(server, "surrey", viewport=LAPTOP)
    operation_with_events(person)
    page, keyboard = person.page, person.page.keyboard
    person.open("/operations/teasel/day")
    go_to(page, "a", "Record an arrest")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Record an arrest")
    go_to(page, "#time")
    keyboard.insert_text("0:05")
    keyboard.press("Tab")
    keyboard.type("M25")
    # Enter in a field goes on, as everywhere.
    go_to(page, "#count")
    keyboard.press("Enter")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(page.locator("#reason")).to_be_focused()
    keyboard.type("Knife")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check your answers")
    expect(page.get_by_text("M25")).to_be_visible()
    go_to(page, "button", "Record this arrest")
    keyboard.press("Enter")
    expect(page.locator(".govuk-notification-banner")).to_be_focused()
    expect(page.get_by_text("Arrest recorded. It is event")).to_be_visible()
    go_to(page, "a", "Correct")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Correct this arrest")
    assert person.complaints == []


def go_to(page: Page, selector: str, text: str = "") -> None:
    """Press Tab until an element has the focus."""
    script = """([selector, text]) => {
      const found = document.activeElement
      return found.matches(selector) && (!text || found.textContent.trim() === text)
    }"""
    for _ in range(60):
        if page.evaluate(script, [selector, text]):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector} {text}")


@pytest.mark.parametrize("look", LOOKS)
def test_an_event_is_withdrawn_and_a_return_declared(person_for: PersonFor, server: Served, look: dict[str, Any]):
    person = person_for(server, "surrey", **look)
    events, check, page = operation_with_events(person), check_of(person, look), person.page
    person.open(f"/operations/teasel/events/{events['seizure']['id']}")
    page.get_by_role("link", name="Withdraw").click()
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Choose the reason")
    check()
    page.get_by_label("It was a mistake").check()
    press(page, "Continue")
    expect(page.get_by_text("You cannot undo this.")).to_be_visible()
    check()
    press(page, "Withdraw this seizure")
    expect(page.get_by_text("Withdrawn. It is event")).to_be_visible()
    check()
    page.get_by_role("link", name="My day").first.click()
    press(page, "Nil: nothing to record")
    expect(page.get_by_text("1 event counts for this day")).to_be_visible()
    check()
    press(page, "Declare it complete instead")
    expect(page.get_by_role("alert")).to_contain_text("Complete for ")
    check()


def test_what_is_typed_outlasts_the_session(person_for: PersonFor, server: Served):
    person = person_for(server, "surrey", viewport=LAPTOP)
    operation_with_events(person)
    page = person.page
    person.open("/operations/teasel/record/arrest")
    page.get_by_label("Time").fill("0:05")
    page.get_by_label("Main reason").select_option(label="Knife")
    page.context.clear_cookies()
    press(page, "Continue")
    expect(page.get_by_text("Sign in to send this. What you typed is kept.")).to_be_visible()
    person.complaints.clear()
    person.must_find_the_page_usable()
    page.get_by_label("Credential", exact=True).fill(person.secret("surrey"))
    press(page, "Sign in")
    expect(page.get_by_label("Time")).to_have_value("0:05")
    press(page, "Continue")
    press(page, "Record this arrest")
    expect(page.get_by_text("Arrest recorded. It is event")).to_be_visible()


def test_a_figure_of_the_overview_leads_to_its_events(person_for: PersonFor, server: Served):
    person = person_for(server, LEAD, "coordinator", viewport=LAPTOP)
    operation_with_events(person)
    person.open("/operations/teasel")
    person.page.locator("#force-surrey").get_by_role("link").first.click()
    expect(person.page.get_by_role("heading", level=1)).to_contain_text("Arrests")
    expect(person.page.get_by_text("1, from 1 event. 2 others were corrected or withdrawn")).to_be_visible()
    person.must_find_the_page_usable()
