"""Signing in with an account, with a real browser and a real identity provider: looks, keyboard, phone, two roles."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from service.storage.db import open_database
from service.usecases.maintenance.credentials import issue_credential
from tests.browser.conftest import PersonFor, serving_pages
from tests.browser.looks import LOOKS, PHONE
from tests.browser.people import Person
from tests.functional.providers import Provider, running_provider
from tests.functional.served import Served

SUBJECT, NAME = "subject-7f3a", "Robin Example"
ROLES = {"Surrey.Record": ("surrey", "force"), "Met.Coordinate": ("metropolitan", "coordinator")}
BUTTON = "Sign in with your force’s account"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        provider.has_user(SUBJECT, name=NAME, roles=["Surrey.Record"])
        provider.has_user("both", name="Kim Example", roles=list(ROLES))
        provider.has_user("nobody", name="Sam Example")
        yield provider


@pytest.fixture
def with_accounts(sqlite_url: str, provider: Provider) -> Iterator[Served]:
    """Return a server with which people sign in with accounts only, and one credential for each app role."""
    database = open_database(sqlite_url)
    for app_role, (force, role) in ROLES.items():
        issue_credential(database, force=force, role=role, operations=(), expires_in=None, app_role=app_role)
    issue_credential(database, force="metropolitan", role="administrator", operations=(), expires_in=None)
    database.engine.dispose()
    with serving_pages(sqlite_url, **provider.settings) as served:
        yield served


def sign_in(person: Person, sub: str) -> None:
    """Press the button, and sign in at the provider, which is another site."""
    person.page.get_by_role("button", name=BUTTON).click()
    expect(person.page).to_have_url(re.compile("^http://localhost:.*code_challenge_method=S256"))
    person.page.get_by_placeholder("sub").fill(sub)
    person.page.get_by_role("button", name="Authorize").click()
    expect(person.page).to_have_url(re.compile("^http://127.0.0.1:"))
    # What the provider's own page complains about.
    person.complaints.clear()


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_of_signing_in_with_an_account_is_usable(
    person_for: PersonFor, with_accounts: Served, look: dict[str, object]
):
    person = person_for(with_accounts, **look)
    # axe itself is a script.
    check = person.must_find_the_page_usable if look.get("java_script_enabled", True) else lambda: None
    person.open("/sign-in")
    check()
    person.page.get_by_text("Sign in with a credential instead").click()
    expect(person.page.get_by_label("Credential", exact=True)).to_be_visible()
    check()
    sign_in(person, "nobody")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    expect(person.page.get_by_text("Your account has no role in this service.")).to_be_visible()
    person.complaints.clear()
    check()
    person.open("/sign-in?next=/account")
    sign_in(person, "both")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("In which role do you sign in?")
    check()
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("alert")).to_contain_text("Choose in which role you sign in")
    person.complaints.clear()
    check()
    person.page.get_by_label("Metropolitan Police Service, coordinator").check()
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page).to_have_url(re.compile("/account$"))
    expect(person.page.get_by_role("link", name="Kim Example, coordinator")).to_be_visible()
    check()


def test_a_person_signs_in_with_an_account_by_keyboard_alone_and_out_again(
    person_for: PersonFor, with_accounts: Served
):
    person = person_for(with_accounts, viewport=PHONE)
    keyboard = person.page.keyboard
    person.open("/operations")
    for _ in range(10):
        keyboard.press("Tab")
        if BUTTON in person.page.evaluate("document.activeElement.textContent"):
            break
    # Links that look like buttons are also pressed like buttons.
    keyboard.press("Space")
    expect(person.page.get_by_placeholder("sub")).to_be_focused()
    keyboard.insert_text(SUBJECT)
    keyboard.press("Enter")
    expect(person.page).to_have_url(re.compile("^http://127.0.0.1:.*/operations$"))
    expect(person.page.get_by_role("link", name=f"{NAME}, force")).to_be_visible()
    cookies = {one["name"]: one for one in person.page.context.cookies("http://127.0.0.1")}
    assert (cookies["oprecord"]["httpOnly"], cookies["oprecord"]["sameSite"]) == (True, "Lax")
    assert "oprecord_sign_in" not in cookies
    person.page.get_by_role("button", name="Sign out").click()
    expect(person.page.get_by_text("sign out of your force’s account too")).to_be_visible()
    person.page.go_back()
    person.page.reload()
    expect(person.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_going_back_to_the_provider_and_forth_signs_nobody_in_twice(person_for: PersonFor, with_accounts: Served):
    person = person_for(with_accounts)
    person.open("/sign-in")
    with person.page.expect_request(re.compile("/sign-in/account/callback")) as callback:
        sign_in(person, SUBJECT)
    expect(person.page.get_by_role("button", name="Sign out")).to_be_visible()
    person.follow(person.page.get_by_role("button", name="Sign out"))
    person.page.goto(callback.value.url)
    expect(person.page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    expect(person.page.get_by_text("has been used")).to_be_visible()
    person.page.get_by_role("button", name="Sign in again").click()
    expect(person.page.get_by_placeholder("sub")).to_be_visible()


def test_an_administrator_ends_the_session_of_one_person_on_a_phone(person_for: PersonFor, with_accounts: Served):
    person = person_for(with_accounts)
    person.open("/sign-in")
    sign_in(person, SUBJECT)
    administrator = person_for(with_accounts, "metropolitan", "administrator", viewport=PHONE)
    administrator.open("/access")
    administrator.must_find_the_page_usable()
    administrator.page.get_by_role("button", name=re.compile(f"End the session of {NAME}")).click()
    expect(administrator.page.get_by_text("The session has ended")).to_be_visible()
    administrator.must_find_the_page_usable()
    person.page.reload()
    expect(person.page.get_by_role("heading", name="Sign in")).to_be_visible()
