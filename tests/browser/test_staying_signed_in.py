"""Five minutes before a session ends, every page says so; whoever types loses nothing, whatever happens to the session.

The browser's clock is moved on, and the times of the session in the database are moved back.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, expect

from service.access.credentials import authenticate
from service.access.sessions import sessions
from service.storage.db import Database, open_database
from tests.browser.conftest import PersonFor
from tests.browser.looks import LAPTOP, LOOKS
from tests.browser.people import Person
from tests.functional.served import Served

PANDILLA = "/operations/pandilla-2023-01"
COMPARE = f"{PANDILLA}/compare"
TYPED = "About 200 arrests"
STAY = "Stay signed in"
WITH_JAVASCRIPT = [look for look in LOOKS if look.id != "without-javascript"]


@pytest.fixture
def pandilla_database(pandilla_server: Served) -> Iterator[Database]:
    database = open_database(pandilla_server.environment["OPRECORD_DATABASE_URL"])
    yield database
    database.engine.dispose()


class Office:
    """Somebody who types into the page that compares figures, which records nothing, with a clock that a test sets."""

    def __init__(self, person: Person, database: Database) -> None:
        """Sign in, and open the page that compares figures."""
        self.person, self.page, self.database = person, person.page, database
        self.secret = person.secret("surrey")
        self.sign_in(person)
        self.page.clock.install()
        person.open(COMPARE)

    def sign_in(self, person: Person) -> None:
        # Not to the overview: each of its feeds stays open for a while, and a server has a limited number.
        person.page.goto("/sign-in?next=/account")
        person.page.get_by_label("Credential", exact=True).fill(self.secret)
        person.page.get_by_role("button", name="Sign in").click()
        person.page.get_by_role("button", name="Sign out").wait_for()

    @property
    def text(self) -> Locator:
        return self.page.get_by_label("Or paste its text")

    @property
    def notice(self) -> Locator:
        return self.page.locator("#session").get_by_role("status")

    @property
    def stay(self) -> Locator:
        return self.page.get_by_role("button", name=STAY)

    def pass_time(self, minutes: int) -> None:
        """Let time pass: in the browser, and for the session in the database."""
        self.move_back(sessions.c.last_used_at, timedelta(minutes=minutes))
        self.page.clock.fast_forward(minutes * 60_000)

    def move_back(self, column: "sa.Column[object]", by: timedelta) -> None:
        with self.database.writing() as connection:
            own = sessions.c.credential_id == authenticate(connection, self.secret).id
            moment = connection.execute(sa.select(column).where(own)).scalar_one()
            connection.execute(sessions.update().where(own).values({column: moment - by}))

    def idle_for(self) -> timedelta:
        with self.database.reading() as connection:
            own = sessions.c.credential_id == authenticate(connection, self.secret).id
            used = connection.execute(sa.select(sessions.c.last_used_at).where(own)).scalar_one()
            return self.database.now(connection) - used


@pytest.mark.parametrize("look", WITH_JAVASCRIPT)
def test_who_is_typing_is_told_and_stays_by_keyboard(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database, look: dict[str, object]
):
    office = Office(person_for(pandilla_server, **look), pandilla_database)
    office.text.press_sequentially(TYPED)
    office.pass_time(54)
    expect(office.stay).to_be_hidden()
    office.pass_time(2)
    expect(office.stay).to_be_in_viewport()
    expect(office.notice).to_contain_text("You will be signed out at")
    expect(office.text).to_be_focused()
    office.person.must_find_the_page_usable()
    office.page.keyboard.insert_text(" and 3 knives")
    for _ in range(40):
        office.page.keyboard.press("Tab")
        box, bar = office.page.evaluate(
            "[document.activeElement, document.getElementById('session')].map(one => one.getBoundingClientRect().top)"
        )
        assert box < bar or office.stay.evaluate("one => one === document.activeElement"), "the notice hides the focus"
        if office.stay.evaluate("one => one === document.activeElement"):
            break
    office.page.keyboard.press("Enter")
    expect(office.notice).to_contain_text("You are signed in until")
    expect(office.stay).to_be_hidden()
    expect(office.text).to_have_value(f"{TYPED} and 3 knives")
    assert not office.page.evaluate("document.activeElement === document.body"), "the focus is lost"
    assert office.idle_for() < timedelta(minutes=1)
    office.page.clock.fast_forward(11_000)
    expect(office.notice).to_be_empty()
    office.pass_time(56)
    expect(office.stay).to_be_visible()


def test_with_a_mouse_a_person_goes_on_where_they_were(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.text.press_sequentially(TYPED)
    office.pass_time(56)
    office.stay.click()
    expect(office.text).to_be_focused()
    expect(office.text).to_have_value(TYPED)


def test_after_12_hours_there_is_no_staying_and_the_page_says_why(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.move_back(sessions.c.created_at, timedelta(hours=11, minutes=56))
    office.person.open(COMPARE)
    expect(office.notice).to_contain_text("12 hours after you signed in. This cannot be put off")
    expect(office.stay).to_be_hidden()
    expect(office.page.locator("#session-ends")).to_contain_text("12 hours after you signed in")
    office.person.must_find_the_page_usable()


def test_what_was_typed_outlasts_the_session_and_is_sent_after_signing_in_in_another_tab(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.text.fill("source,measure,value,unit\nRelease,arrests,3,arrests")
    office.pass_time(61)
    expect(office.notice).to_contain_text("What you typed is still here.")
    expect(office.stay).to_be_hidden()
    office.person.must_find_the_page_usable()
    with office.page.context.expect_page() as opened:
        office.page.get_by_role("link", name="Sign in (opens in a new tab)").click()
    office.sign_in(Person(opened.value, pandilla_server))
    expect(office.notice).to_contain_text("You are signed in until")
    office.page.get_by_role("button", name="Compare with the record").click()
    expect(office.page.get_by_role("heading", name="The figures beside the record")).to_be_visible()


def test_staying_too_late_keeps_what_was_typed(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.text.fill(TYPED)
    office.pass_time(56)
    office.move_back(sessions.c.last_used_at, timedelta(minutes=5))
    office.stay.click()
    expect(office.notice).to_contain_text("What you typed is still here.")
    expect(office.text).to_have_value(TYPED)


def test_a_page_that_cannot_reach_the_service_lets_the_person_try_again(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.text.fill(TYPED)
    office.pass_time(56)
    office.page.context.set_offline(True)
    office.stay.click()
    expect(office.notice).to_contain_text("The service did not answer. Try again.")
    office.page.context.set_offline(False)
    office.stay.click()
    expect(office.notice).to_contain_text("You are signed in until")


def test_a_page_in_another_tab_is_a_use(person_for: PersonFor, pandilla_server: Served, pandilla_database: Database):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.text.fill(TYPED)
    office.pass_time(56)
    expect(office.stay).to_be_visible()
    other = Person(office.page.context.new_page(), pandilla_server)
    other.open("/operations")
    expect(office.stay).to_be_hidden()


def test_somebody_else_who_signs_in_does_not_get_the_form(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    token = office.page.locator("#session [name=csrf_token]")
    before = token.input_value()
    office.text.fill(TYPED)
    other = Person(office.page.context.new_page(), pandilla_server)
    other.sign_in("kent")
    office.page.clock.fast_forward(2_000)
    assert token.input_value() == before


def test_a_page_without_a_form_shows_no_figures_after_the_end(
    person_for: PersonFor, pandilla_server: Served, pandilla_database: Database
):
    office = Office(person_for(pandilla_server, viewport=LAPTOP), pandilla_database)
    office.person.open(PANDILLA)
    office.pass_time(61)
    expect(office.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(office.page.get_by_text("because you did nothing for an hour")).to_be_visible()


def test_without_javascript_every_page_says_when_the_session_ends(person_for: PersonFor, pandilla_server: Served):
    person = person_for(pandilla_server, "surrey", viewport=LAPTOP, java_script_enabled=False)
    for address in (PANDILLA, COMPARE, f"{PANDILLA}/record"):
        person.open(address)
        expect(person.page.get_by_text("You will be signed out at")).to_be_visible()
        expect(person.page.get_by_role("button", name=STAY)).to_be_hidden()
