"""Going back in time in a real browser: the slider over the log, and two moments side by side."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PersonFor
from tests.browser.looks import LOOKS, PHONE
from tests.browser.test_overview import LIVE, PAGES_OF_PDF, PANDILLA, record
from tests.factories.bodies import arrest
from tests.factories.setup import LEAD
from tests.functional.served import Served

__all__ = ["record"]

BOTH = f"{PANDILLA}/then-and-now"
STATES = ("", "?event=100", "?as_of=2023-01-18T18:00&to_event=300", "?as_of=x")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("role", ["coordinator", "observer", "force"])
def test_every_comparison_is_usable(person_for: PersonFor, pandilla_server: Served, look: dict[str, Any], role: str):
    person = person_for(pandilla_server, "surrey" if role == "force" else LEAD, role, **look)
    for state in STATES:
        person.page.goto(BOTH + state)
        expect(person.page.get_by_role("heading", level=1)).to_have_text("Operation Pandilla: then and now")
        expect(person.page.get_by_text("OFFICIAL-SENSITIVE")).to_have_count(2)
        # The browser itself reports an answer of 422.
        person.complaints.clear()
        while (closed := person.page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        if look.get("java_script_enabled", True):
            person.must_find_the_page_usable()


WIDER_THAN_THEIR_CELLS = """() => [...document.querySelectorAll('.then-and-now td, .headlines__pair')]
  .filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"""


@pytest.mark.parametrize("width", [320, 768, 800, 900, 1_000, 1_280])
def test_no_figure_is_wider_than_its_cell(person_for: PersonFor, pandilla_server: Served, width: int):
    person = person_for(pandilla_server, LEAD, viewport={"width": width, "height": 800})
    for state in ("?event=100", "?as_of=2023-01-18T18:00&to_event=368"):
        person.open(BOTH + state)
        assert person.page.evaluate(WIDER_THAN_THEIR_CELLS) == [], state


WIDER_THAN_THE_TABLE = """() => [...document.querySelectorAll('.headlines__figure, .figures td, .matrix td')]
  .filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"""


def test_no_figure_of_an_earlier_moment_is_wider_than_its_cell_on_a_phone(
    person_for: PersonFor, pandilla_server: Served
):
    person = person_for(pandilla_server, LEAD, viewport=PHONE)
    page = person.open(f"{PANDILLA}?event=40")
    expect(page.locator("#by-force tbody .figures__barred", has_text="none yet")).not_to_have_count(0)
    assert page.evaluate(WIDER_THAN_THE_TABLE) == []


def test_the_slider_takes_the_page_along_the_log_by_keyboard(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD)
    page = person.open(PANDILLA)
    page.locator("#earlier summary").press("Enter")
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        slider.press("PageDown")
    expect(page.locator("#freshness")).to_contain_text(re.compile(r"As it was on .* at event \d+ of 368"))
    seq = slider.input_value()
    expect(page).to_have_url(re.compile(rf"\?event={seq}$"))
    expect(page.locator("#event-chosen")).to_have_text(seq)
    moment = page.locator("#event-moment").inner_text()
    assert re.fullmatch(r"\d+ January 2023, .*", moment)
    assert slider.get_attribute("aria-valuetext") == f"{seq}, {moment}"
    expect(page.locator("#position")).to_contain_text(f"event {seq}")
    assert page.evaluate("document.activeElement.id") == "event", "the focus stays, so that the keys go on"
    person.must_find_the_page_usable()
    figures = page.locator("#by-force").inner_text()
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile(rf"\?event={int(seq) - 1}$"))
    page.go_back()
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    page.goto(f"{PANDILLA}?event={seq}")
    assert page.locator("#by-force").inner_text() == figures, "the address shows the same page again"


def test_the_slider_follows_a_finger_on_a_phone(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD, viewport=PHONE)
    page = person.open(f"{PANDILLA}?event=300")
    page.get_by_role("slider").click()
    expect(page).to_have_url(re.compile(r"\?event=18\d$"))
    expect(page.locator("#freshness")).to_contain_text(re.compile(r"at event 18\d of 368"))
    person.must_find_the_page_usable()


def test_a_page_at_an_earlier_moment_no_longer_follows_the_log(
    person_for: PersonFor, server: Served, record: Callable[..., Any]
):
    record(arrest(force="surrey"))
    person = person_for(server, LEAD)
    page = person.open(LIVE)
    expect(page.locator("#freshness-said")).to_have_text("Up to date.")
    other = page.context.new_page()
    other.goto(LIVE)
    page.bring_to_front()
    page.locator("#earlier summary").press("Enter")
    page.get_by_role("slider").press("ArrowLeft")
    expect(page.locator("#freshness")).to_contain_text("at event 6 of 7")
    record(arrest(force="kent"))
    page.wait_for_timeout(1_500)
    expect(page.locator("#headline-arrests")).to_contain_text("none yet")
    expect(page.locator("#freshness")).to_contain_text("at event 6 of 7")
    # This tab listens to the feed for both.
    other.bring_to_front()
    expect(other.locator("#headline-arrests")).to_contain_text("2")
    page.bring_to_front()
    page.context.set_offline(True)
    record(arrest(force="kent"))
    page.wait_for_timeout(1_500)
    expect(page).to_have_title("Operation Live – Operation record")
    assert [one for one in person.complaints if "ERR_INTERNET_DISCONNECTED" not in one] == []


def test_without_javascript_the_forms_lead_to_the_same_pages(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD, java_script_enabled=False, viewport=PHONE)
    page = person.open(PANDILLA)
    page.locator("#earlier summary").click()
    page.get_by_label("Date and time").fill("2023-01-18T18:00")
    page.get_by_role("button", name="Compare this moment with the latest").click()
    expect(page).to_have_url(re.compile(r"/then-and-now\?as_of=2023-01-18T18%3A00$"))
    expect(page.locator("#headline-arrests")).to_contain_text("+87")
    page.get_by_role("link", name="18 January 2023, 6pm").click()
    expect(page).to_have_url(re.compile(r"\?event=183$"))
    expect(page.locator("#headline-arrests")).to_contain_text("92")
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_role("button", name="Show this event").click()
    expect(page.locator("#freshness")).to_contain_text("at event 184 of 368")


def test_two_moments_are_chosen_by_keyboard(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD)
    page = person.open(BOTH)
    then, now = page.get_by_role("slider").all()
    then.press("Home")
    expect(page.locator("#event-chosen")).to_have_text("1")
    now.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?event=1&to_event=367$"))
    expect(page.locator("#between")).to_contain_text("366 events came in between. Changed: arrests +179")


def test_the_comparison_prints_on_one_sheet_with_the_marking(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, LEAD)
    page = person.open(f"{BOTH}?event=200")
    pdf = page.pdf(prefer_css_page_size=True)
    assert max(int(one or other) for one, other in PAGES_OF_PDF.findall(pdf)) == 1
    page.emulate_media(media="print")
    expect(page.get_by_text("Choose two moments")).to_be_hidden()
    expect(page.locator("#then")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).page") == "marked-official-sensitive"
