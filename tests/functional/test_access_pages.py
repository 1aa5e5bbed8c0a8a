"""Giving access in pages: links and credentials that are shown once, revoking them, and ending sessions."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from tests.factories.bodies import opening
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
GIVEN = re.compile(r"<textarea[^>]*>([^<]+)</textarea>")
ACTION = re.compile(r'action="(/access/[0-9a-f-]{36}/(?:link|end))"')
REVOKE = re.compile(r'href="(/access/[0-9a-f-]{36}/revoke)"')
KENT = {"force": "kent", "role": "force", "operations": "live", "days": "30", "given": "link"}

pytestmark = [on_sqlite, pytest.mark.usefixtures("live")]


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


@pytest.fixture
def administrator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD, "administrator"))


def page_of(person: Visitor, address: str = "/access") -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def give(person: Visitor, **fields: str) -> str:
    """Give access; return what the page shows once."""
    answer = person.send("/access/new", **(KENT | fields))
    assert answer.status_code == 200, text_of(answer.get_data(as_text=True))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "It is shown this once." in answer.get_data(as_text=True)
    return unescape(GIVEN.search(answer.get_data(as_text=True))[1])  # type: ignore[index]


def path_of(link: str) -> str:
    return link.partition("localhost")[2]


def test_a_coordinator_gives_a_link_that_works_once_and_is_shown_once(app: Flask, coordinator: Visitor):
    link = give(coordinator)
    assert "/sign-in/" in link
    assert link not in page_of(coordinator)
    kent = visitor(app)
    assert kent.post(path_of(link), headers=OWN).status_code == 303
    assert "Kent Police, force" in page_of(kent, "/account")
    assert visitor(app).post(path_of(link), headers=OWN).status_code == 410
    assert "Signed in with" in page_of(coordinator)


def test_an_administrator_gives_a_credential_to_paste(app: Flask, administrator: Visitor):
    secret = give(administrator, role="coordinator", operations="", given="secret")
    assert secret.startswith("oprecord_")
    assert secret not in page_of(administrator)
    kent = visitor(app, secret)
    assert "Kent Police, coordinator" in page_of(kent, "/account")


def test_ending_sessions_signs_out_and_a_new_link_signs_in_again(app: Flask, coordinator: Visitor):
    kent = visitor(app)
    kent.post(path_of(give(coordinator)), headers=OWN)
    link, end = ACTION.findall(page_of(coordinator))
    assert coordinator.send(end).location == "/access?done=ended"
    assert kent.get("/account").status_code == 303
    again = coordinator.send(link).get_data(as_text=True)
    assert kent.post(path_of(unescape(GIVEN.search(again)[1])), headers=OWN).status_code == 303  # type: ignore[index]
    assert kent.get("/account").status_code == 200


def test_revoking_ends_the_access_and_its_sessions_at_once(app: Flask, coordinator: Visitor):
    kent = visitor(app)
    kent.post(path_of(give(coordinator)), headers=OWN)
    page = page_of(coordinator)
    (revoke,) = REVOKE.findall(page)
    check = text_of(page_of(coordinator, revoke))
    assert "1 open session ends at once" in check
    assert "You cannot undo this, only give new access." in check
    for _ in range(2):
        assert coordinator.send(revoke).location == "/access?done=revoked"
    assert kent.get("/account").status_code == 303
    assert "1 credential revoked or expired" in page_of(coordinator)
    (link, *_end) = ACTION.findall(page)
    assert coordinator.send(link).location == "/access?done=ended_before"


def test_nobody_touches_what_others_may_revoke_alone(app: Flask, administrator: Visitor, secret_for: SecretFor):
    give(administrator)
    page = page_of(administrator)
    for other in (visitor(app, secret_for("surrey", "coordinator")), visitor(app, secret_for(LEAD))):
        assert "Kent Police" not in text_of(page_of(other))
        for address in (*ACTION.findall(page), *REVOKE.findall(page)):
            answer = other.send(address)
            assert (answer.status_code, heading(answer)) == (404, "Page not found")
        assert other.get(REVOKE.findall(page)[0]).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"force": ""}, "force", "Choose a force"),
        ({"force": "<script>"}, "force", "Choose a force"),
        ({"force": "sussex"}, "force", "Force must take part in the operation. Add it to the operation first"),
        ({"role": "coordinator"}, "role", "Choose a role"),
        ({"role": "administrator"}, "role", "Choose a role"),
        ({"operations": ""}, "operations", "Choose at least one operation"),
        ({"operations": "nothing"}, "operations", "Operations must be ones that your own credential covers"),
        ({"days": "0"}, "days", "Days must be a whole number from 1 to 366"),
        ({"days": "367"}, "days", "Days must be a whole number from"),
        ({"given": "both"}, "given", "Choose a link or a credential"),
    ],
)
def test_a_mistake_is_said_in_the_summary_and_at_the_field(
    coordinator: Visitor, fields: dict[str, str], field: str, said: str
):
    answer = coordinator.send("/access/new", **(KENT | fields))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<title>Error: Give somebody access" in page
    # `Choose a force` is an option as well.
    assert text_of(page).count(said) == 2 + (said == "Choose a force")
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page


def test_an_administrator_comes_to_access_from_the_navigation(administrator: Visitor, lead: Caller):
    assert '<a class="site-navigation__link" href="/access"' in page_of(administrator, "/account")
    assert lead.post("/v1/operations", json=opening(operation="second", name="Second")).status_code == 201
