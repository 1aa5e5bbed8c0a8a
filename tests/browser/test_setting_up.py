"""Opening an operation and changing it in a real browser: every state in every look, and by keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS
from tests.factories.setup import LEAD
from tests.functional.served import Served

TASKS = ("days", "forces", "places", "deadline", "marking", "measures", "parts", "close")


def fill_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Operation Teasel")
    page.get_by_label("First day").fill("2024-05-14")
    page.get_by_label("Last day").fill("2024-05-16")
    page.get_by_label("Force of row 2", exact=True).select_option("Kent Police")
    page.get_by_label("Places").fill("M25\nDover")
    page.get_by_label("Hours after the end").fill("12")


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_usable(person_for: PersonFor, server: Served, look: dict[str, Any]):
    person = person_for(server, LEAD, **look)
    has_scripts = look.get("java_script_enabled", True)
    page = person.page

    def must_be_usable() -> None:
        while (closed := page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        if has_scripts:
            person.must_find_the_page_usable()

    person.open("/operations")
    person.follow(page.get_by_role("button", name="Open an operation"))
    must_be_usable()
    page.get_by_role("button", name="Add a day with hours of its own").click()
    page.get_by_label("Force of row 2", exact=True).select_option("Metropolitan Police Service")
    page.locator("form.setup-form > button.govuk-button").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the name of the operation")
    # The browser itself reports an answer of 422.
    page.wait_for_load_state("networkidle")
    person.complaints.clear()
    must_be_usable()
    page.get_by_role("button", name="Remove day 1").click()
    fill_in(page)
    page.locator("form.setup-form > button.govuk-button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the operation")
    must_be_usable()
    page.get_by_role("button", name="Open Operation Teasel").click()
    expect(page).to_have_url(re.compile("/operations/teasel-2024-05/setup"))
    expect(page.get_by_text("The operation is open")).to_be_visible()
    must_be_usable()
    for task in TASKS:
        person.open(f"/operations/teasel-2024-05/setup/{task}")
        must_be_usable()
    page.get_by_role("button", name="Close Operation Teasel").click()
    expect(page.get_by_text("Closed on").first).to_be_visible()
    must_be_usable()


def test_an_operation_is_opened_by_keyboard_only(person_for: PersonFor, server: Served):
    person = person_for(server, LEAD)
    page = person.open("/operations/new")

    def go_to(locator: Any) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if locator.evaluate("one => one === document.activeElement"):
                return
        pytest.fail("Tab does not get there")

    go_to(page.get_by_label("Name", exact=True))
    page.keyboard.type("Operation Teasel")
    go_to(page.get_by_label("First day"))
    page.keyboard.type("05142024")
    # Enter sends the form, and adds no row.
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the operation")
    go_to(page.get_by_role("button", name="Open Operation Teasel"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The operation is open")).to_be_visible()
    go_to(page.get_by_role("link", name="Places"))
    page.keyboard.press("Enter")
    go_to(page.get_by_label("Places"))
    page.keyboard.type("M25")
    go_to(page.get_by_role("button", name="Save the places"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: places")).to_be_visible()
