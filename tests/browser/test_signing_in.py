"""Signing in with a real browser: by keyboard, without JavaScript, on a phone, in the dark."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS
from tests.functional.served import Served

PLACES = ("/operations", "/account")


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_of_signing_in_is_usable(person_for: PersonFor, pandilla_server: Served, look: dict[str, object]):
    person = person_for(pandilla_server, **look)
    # axe itself is a script.
    check = person.must_find_the_page_usable if look.get("java_script_enabled", True) else lambda: None
    person.open("/sign-in")
    check()
    person.page.get_by_label("Credential", exact=True).fill("letmein")
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("alert")).to_contain_text("There is a problem")
    # The browser itself reports an answer of 422.
    person.complaints.clear()
    check()
    link = person.link("surrey")
    person.open(link)
    check()
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("button", name="Sign out")).to_be_visible()
    for place in PLACES:
        person.open(place)
        check()
    person.page.goto("/nothing")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Page not found")
    person.complaints.clear()
    check()
    person.page.goto(link)
    expect(person.page.get_by_role("heading", level=1)).to_have_text("This link cannot be used")
    person.complaints.clear()
    check()


def test_a_person_signs_in_and_out_by_keyboard_alone(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server)
    keyboard = person.page.keyboard
    person.open("/operations")
    expect(person.page).to_have_url(re.compile("/sign-in"))
    for _ in range(10):
        keyboard.press("Tab")
        if person.page.evaluate("document.activeElement.id") == "credential":
            break
    keyboard.insert_text("letmein")
    keyboard.press("Enter")
    summary = person.page.get_by_role("alert")
    expect(summary).to_be_visible()
    expect(person.page.locator(".govuk-error-summary")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(person.page.get_by_label("Credential", exact=True)).to_be_focused()
    keyboard.insert_text(person.secret("surrey"))
    keyboard.press("Enter")
    expect(person.page).to_have_url(re.compile("/operations$"))
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Operations")
    person.page.get_by_role("button", name="Sign out").focus()
    keyboard.press("Enter")
    expect(person.page.get_by_text("You have signed out.")).to_be_visible()


def test_forms_are_accepted_from_a_real_browser_by_what_it_sends(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, "surrey")
    person.open("/account")
    person.page.get_by_role("button", name="End this session").click()
    expect(person.page.get_by_text("You have signed out.")).to_be_visible()


def test_a_form_of_another_site_is_refused(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, "surrey")
    action = f"http://127.0.0.1:{pandilla_server.port}/sign-out"
    person.page.goto(f"data:text/html,<form method=post action='{action}'><button>Win</button></form>")
    person.page.get_by_role("button", name="Win").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Open the form again")
    person.open("/account")
    expect(person.page.get_by_role("button", name="Sign out")).to_be_visible()
