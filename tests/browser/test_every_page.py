"""Every page, for each role, with and without JavaScript: it is found by its links, and it is usable."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER
from tests.browser.conftest import PersonFor
from tests.browser.looks import LAPTOP
from tests.browser.people import Person
from tests.functional.apps import routed_app
from tests.functional.served import Served
from tests.structure.test_page_access import ALLOWED_ROLES

PEOPLE = {
    ADMINISTRATOR: "metropolitan",
    COORDINATOR: "metropolitan",
    FORCE: "surrey",
    OBSERVER: "metropolitan",
}
# Pages that a form leads to, or that need what another test makes: each is tried in the test file named.
BEHIND_A_FORM = (
    "/operations/<operation>/then-and-now",  # test_moments
    "/operations/<operation>/record/",  # test_recording
    "/operations/<operation>/events/<uuid:event_id>/",  # test_recording: to correct and to withdraw
    "/operations/<operation>/uploads/",  # test_uploading
    "/operations/<operation>/duplicates/",  # test_deciding
    "/operations/<operation>/returns/",  # test_deciding
    "/operations/<operation>/publications/new/",  # test_publishing
    "/operations/<operation>/day",  # test_recording: a coordinator has a link to it only where its force reports
    "/access/",  # test_giving_access
)
IS_FILE = re.compile(r"/live$|\.").search
HREFS = "links => links.map(link => link.getAttribute('href'))"


def links_of(person: Person) -> Iterator[str]:
    """Yield the addresses of this service that the page leads to, without files to download."""
    for href in person.page.eval_on_selector_all("a[href]:not([download])", HREFS):
        parts = urlsplit(href)
        if not parts.netloc and parts.path.startswith("/") and "." not in parts.path.rpartition("/")[2]:
            yield href.partition("#")[0]


def rules_of(role: str) -> set[str]:
    """Return the rules of the pages that a role may open."""
    return {rule for (method, rule), roles in ALLOWED_ROLES.items() if method == "GET" and roles and role in roles}


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["javascript", "without-javascript"])
@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_that_links_lead_to_is_usable(
    person_for: PersonFor, pandilla_server: Served, role: str, *, java_script_enabled: bool
):
    adapter = routed_app().url_map.bind("")
    person = person_for(pandilla_server, PEOPLE[role], role, viewport=LAPTOP, java_script_enabled=java_script_enabled)
    person.open("/")
    waiting, seen = list(links_of(person)), set[str]()
    while waiting:
        address = waiting.pop(0)
        try:
            rule, _values = adapter.match(urlsplit(address).path, return_rule=True)
        except (HTTPException, RequestRedirect):
            continue
        if rule.rule in seen:
            continue
        seen.add(rule.rule)
        person.open(address)
        if java_script_enabled:
            person.must_see_nothing_move()
            person.must_find_the_page_usable()
        waiting += links_of(person)
    assert {rule for rule in rules_of(role) - seen if not rule.startswith(BEHIND_A_FORM) and not IS_FILE(rule)} == set()
