"""An operation of three days: seven forces and the coordinator in browsers of their own, with lost connections."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PersonFor
from tests.browser.people import Person
from tests.factories.bodies import midnight, opening, today
from tests.factories.setup import LEAD
from tests.functional.served import Served, answer

FORCES = (LEAD, "surrey", "kent", "essex", "sussex", "btp", "cumbria")
OPERATION = "/operations/three-days"
REASONS = ("Knife", "Drugs", "Wanted")


@pytest.fixture
def coordinator(person_for: PersonFor, server: Served) -> Person:
    """Return the coordinator, who has opened the operation: it began the day before yesterday, and ends tonight."""
    person = person_for(server, LEAD)
    body = opening(
        operation="three-days",
        name="Operation Three Days",
        starts_at=midnight(-2),
        ends_at=midnight(+1),
        forces=list(FORCES),
    )
    assert server.request("POST", "/v1/operations", person.secret(LEAD), body).status == 201
    return person


def day_of(number: int) -> date:
    """Return one of the three days, from 0; the last is today."""
    return date.fromisoformat(today()) + timedelta(days=number - 2)


def fill_in_arrest(page: Page, number: int, reason: str, count: int) -> None:
    """Fill in the form of an arrest on a day, without a time, and go on to the check."""
    page.goto(f"{OPERATION}/record/arrest")
    day = day_of(number)
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        page.locator(f"[name=date-{part}]").fill(str(value))
    page.locator("#reason").select_option(label=reason)
    page.locator("#count").fill(str(count))
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check your answers")


def send(page: Page) -> None:
    page.get_by_role("button", name="Record this arrest").click()
    expect(page.get_by_text("Arrest recorded. It is event")).to_be_visible()


def send_without_hearing_back(page: Page) -> None:
    """Send an arrest whose answer never arrives; the person opens the page again, as anybody would."""
    address = page.url

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/check*", lose_the_answer)
    page.get_by_role("button", name="Record this arrest").click()
    page.wait_for_timeout(500)
    page.unroute("**/check*")
    page.goto(address)
    expect(page.get_by_text("Not counted twice.")).to_be_visible()


def declare(page: Page, number: int, *, has_recorded: bool) -> None:
    page.goto(f"{OPERATION}/day?day={day_of(number)}")
    page.get_by_role("button", name="Complete" if has_recorded else "Nil: nothing to record", exact=True).click()
    expect(page.get_by_text(re.compile(r"It is event \d+"))).to_be_visible()


def figures_of(server: Served, coordinator: Person) -> list[dict[str, Any]]:
    address = f"/v1{OPERATION}/totals?measure=arrests&by=force"
    figures: list[dict[str, Any]] = answer(server.request("GET", address, coordinator.secret(LEAD)))["figures"]
    return figures


def play_day(people: dict[str, Person], number: int) -> dict[str, int]:
    """Let every third force record an arrest on a day; return how many people each of them arrested."""
    counts = {force: place + 1 for place, force in enumerate(FORCES) if place % 3 == number}
    for force, count in counts.items():
        page = people[force].page
        fill_in_arrest(page, number, REASONS[number], count)
        send_without_hearing_back(page) if force == "kent" else send(page)
    return counts


def test_seven_forces_play_three_days_and_every_figure_is_right(
    person_for: PersonFor, server: Served, coordinator: Person
):
    people = {force: person_for(server, force, "force") for force in FORCES}
    watching = coordinator.open(OPERATION)
    said = watching.locator("#freshness-said")
    expect(said).to_have_text("Up to date.")
    expected = play_day(people, 0)
    expect(watching.locator("#headline-arrests")).to_contain_text(str(sum(expected.values())))
    watching.context.set_offline(True)
    expected |= play_day(people, 1)
    expect(said).to_have_text(re.compile("^Not up to date since"))
    watching.context.set_offline(False)
    expect(said).to_have_text(re.compile("^Up to date again"))
    expected |= play_day(people, 2)
    for place, force in enumerate(FORCES):
        for number in (0, 1):
            declare(people[force].page, number, has_recorded=place % 3 == number)
    figures = figures_of(server, coordinator)
    assert {one["force"]: one["quantity"] for one in figures} == expected
    check_what_everybody_sees(coordinator, people, expected)


def check_what_everybody_sees(coordinator: Person, people: dict[str, Person], expected: dict[str, int]) -> None:
    watching = coordinator.page
    expect(watching.locator("#headline-arrests")).to_contain_text(str(sum(expected.values())))
    for number in (0, 1):
        expect(watching.locator(f"#return-all-{day_of(number)}")).to_have_text("7 of 7")
    expect(watching.locator("#completeness")).to_have_text("Say ‘at least’: today is not over.")
    coordinator.must_find_the_page_usable(ignoring="net::ERR_INTERNET_DISCONNECTED")
    for force, person in people.items():
        for page in (watching, person.open(OPERATION)):
            expect(page.locator(f"#force-{force}")).to_contain_text(str(expected[force]))
        assert [one for one in person.complaints if "ERR_CONNECTION_RESET" not in one] == [], force
