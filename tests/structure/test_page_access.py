"""Who may see each page, in one table; every page is tried with every session that it must refuse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from service.access.credentials import authenticate, issue, revoke
from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER, ROLES
from service.access.sessions import LONGEST, LONGEST_IDLE, sessions
from service.storage.db import Database, open_database
from tests.factories.operations import opened_operation
from tests.functional.apps import running_app
from tests.functional.visitors import OWN, Visitor, heading, visitor

READERS = {FORCE, COORDINATOR, OBSERVER}
REPORTERS = {FORCE, COORDINATOR}
ALL_ROLES = set(ROLES)
PUBLIC = None
UPLOADS = "/operations/<operation>/uploads"
UPLOAD = f"{UPLOADS}/<uuid:upload_id>"

REPORTERS = {FORCE, COORDINATOR}
EVENT = "/operations/<operation>/events/<uuid:event_id>"
RECORD = "/operations/<operation>/record/<any(arrest,seizure,tally):kind>"

# A new page fails the tests until it is listed here.
ALLOWED_ROLES: dict[tuple[str, str], set[str] | None] = {
    ("GET", "/static/<name>"): PUBLIC,
    ("GET", "/sign-in"): PUBLIC,
    ("POST", "/sign-in"): PUBLIC,
    ("GET", "/sign-in/<token>"): PUBLIC,
    ("POST", "/sign-in/<token>"): PUBLIC,
    ("GET", "/sign-in/account"): PUBLIC,
    ("GET", "/sign-in/account/callback"): PUBLIC,
    ("GET", "/sign-in/account/role"): PUBLIC,
    ("POST", "/sign-in/account/role"): PUBLIC,
    ("POST", "/sign-out"): ALL_ROLES,
    ("GET", "/account"): ALL_ROLES,
    ("POST", "/account/sessions/<uuid:session_id>/end"): ALL_ROLES,
    ("POST", "/account/stay"): ALL_ROLES,
    ("GET", "/"): ALL_ROLES,
    ("GET", "/operations"): READERS,
    ("GET", "/operations/<operation>"): READERS,
    ("GET", "/operations/<operation>/then-and-now"): READERS,
    ("GET", "/operations/<operation>/then-and-now.<any(csv,xlsx):ending>"): READERS,
    ("GET", "/operations/<operation>/tables/<table>.<any(csv,xlsx):ending>"): READERS,
    ("GET", "/operations/<operation>/live"): READERS,
    ("GET", "/operations/<operation>/day"): REPORTERS,
    ("POST", "/operations/<operation>/day"): REPORTERS,
    ("GET", "/operations/<operation>/events"): REPORTERS,
    ("GET", "/operations/<operation>/events.<any(csv,xlsx):ending>"): REPORTERS,
    ("GET", f"{EVENT}"): REPORTERS,
    ("GET", f"{EVENT}/correct"): REPORTERS,
    ("POST", f"{EVENT}/correct"): REPORTERS,
    ("GET", f"{EVENT}/correct/check"): REPORTERS,
    ("POST", f"{EVENT}/correct/check"): REPORTERS,
    ("GET", f"{EVENT}/withdraw"): REPORTERS,
    ("POST", f"{EVENT}/withdraw"): REPORTERS,
    ("GET", "/operations/<operation>/record"): REPORTERS,
    ("GET", f"{RECORD}"): REPORTERS,
    ("POST", f"{RECORD}"): REPORTERS,
    ("GET", f"{RECORD}/check"): REPORTERS,
    ("POST", f"{RECORD}/check"): REPORTERS,
    ("POST", "/operations/<operation>/record/drafts/<uuid:draft_id>/drop"): REPORTERS,
    ("GET", "/operations/<operation>/returns"): REPORTERS,
    ("GET", "/operations/<operation>/returns.<any(csv, xlsx):ending>"): REPORTERS,
    ("GET", "/operations/<operation>/returns/<force>/<day>"): REPORTERS,
    ("GET", "/operations/<operation>/returns/<force>/<day>/check"): REPORTERS,
    ("POST", "/operations/<operation>/returns/<force>/<day>/check"): REPORTERS,
    ("GET", "/operations/<operation>/compare"): READERS,
    ("POST", "/operations/<operation>/compare"): READERS,
    ("GET", "/operations/<operation>/duplicates"): REPORTERS,
    ("POST", "/operations/<operation>/duplicates"): {COORDINATOR},
    ("POST", "/operations/<operation>/duplicates/ruled-out/<int:seq>/undo"): {COORDINATOR},
    ("GET", "/operations/<operation>/duplicates/<pair>"): {COORDINATOR},
    ("POST", "/operations/<operation>/duplicates/<pair>"): {COORDINATOR},
    ("GET", "/operations/<operation>/duplicates/<pair>/ask"): {COORDINATOR},
    ("GET", "/operations/<operation>/duplicates/<pair>/withdraw/<int:side>"): {COORDINATOR},
    ("POST", "/operations/<operation>/duplicates/<pair>/withdraw/<int:side>"): {COORDINATOR},
    ("GET", "/operations/<operation>/publications"): READERS,
    ("POST", "/operations/<operation>/publications"): {COORDINATOR},
    ("GET", "/operations/<operation>/publications/new"): {COORDINATOR},
    ("GET", "/operations/<operation>/publications/new/statement.docx"): {COORDINATOR},
    ("GET", "/operations/<operation>/publications/new/check"): {COORDINATOR},
    ("GET", "/operations/<operation>/publications/<int:number>"): READERS,
    ("GET", "/operations/<operation>/publications/<int:number>/file.<ending>"): READERS,
    ("GET", "/operations/<operation>/publications/<int:number>/changes"): READERS,
    ("GET", "/operations/<operation>/publications/<int:number>/public"): {COORDINATOR},
    ("POST", "/operations/<operation>/publications/<int:number>/public"): {COORDINATOR},
    ("GET", "/access"): {ADMINISTRATOR, COORDINATOR},
    ("GET", "/access/new"): {ADMINISTRATOR, COORDINATOR},
    ("POST", "/access/new"): {ADMINISTRATOR, COORDINATOR},
    ("POST", "/access/<uuid:credential_id>/link"): {ADMINISTRATOR, COORDINATOR},
    ("GET", "/access/<uuid:credential_id>/revoke"): {ADMINISTRATOR, COORDINATOR},
    ("POST", "/access/<uuid:credential_id>/revoke"): {ADMINISTRATOR, COORDINATOR},
    ("POST", "/access/<uuid:credential_id>/end"): {ADMINISTRATOR, COORDINATOR},
    ("POST", "/access/<uuid:credential_id>/sessions/<uuid:session_id>/end"): {ADMINISTRATOR, COORDINATOR},
    ("GET", "/operations/new"): {COORDINATOR},
    ("POST", "/operations/new"): {COORDINATOR},
    ("GET", "/operations/<operation>/setup"): {COORDINATOR},
    ("GET", "/operations/<operation>/setup/<task>"): {COORDINATOR},
    ("POST", "/operations/<operation>/setup/<task>"): {COORDINATOR},
    ("GET", "/p/<operation>/<int:number>"): PUBLIC,
    ("GET", "/p/<operation>/<int:number>/figures.csv"): PUBLIC,
    ("GET", UPLOADS): REPORTERS,
    ("POST", UPLOADS): REPORTERS,
    ("GET", f"{UPLOADS}/template.xlsx"): REPORTERS,
    ("GET", UPLOAD): REPORTERS,
    ("GET", f"{UPLOAD}/marked.xlsx"): REPORTERS,
    ("GET", f"{UPLOAD}/<any(mapping,send):step>"): REPORTERS,
    ("POST", f"{UPLOAD}/mapping"): REPORTERS,
    ("POST", f"{UPLOAD}/send"): REPORTERS,
}
# Forms that are shown again, with what was typed, if they come from another session: test_kept_forms.py.
SHOWN_AGAIN = {f"{EVENT}/correct", f"{EVENT}/correct/check", f"{RECORD}", f"{RECORD}/check"}
PROTECTED = [call for call, roles in ALLOWED_ROLES.items() if roles is not PUBLIC]
FOR_AN_OPERATION = [call for call in PROTECTED if "<operation>" in call[1]]
FORMS = [call for call in PROTECTED if call[0] == "POST" and call[1] not in SHOWN_AGAIN]
OPERATION, PARTICIPANT, OUTSIDER = "lantern", "metropolitan", "btp"
SEE_OTHER, NOT_FOUND, BAD_REQUEST = 303, 404, 400


# What stands for each variable of an address.
VALUES = {
    "<operation>": OPERATION,
    "<uuid:session_id>": str(uuid4()),
    "<token>": "x" * 32,
    "<name>": "nothing.css",
    "<any(csv, xlsx):ending>": "csv",
    "<force>": PARTICIPANT,
    "<day>": "2024-01-16",
    "<int:seq>": "8",
    "<pair>": "6.7",
    "<table>": "by-force",
    "<int:side>": "0",
    "<int:number>": "1",
    "<ending>": "txt",
    "<task>": "days",
}


def address_of(rule: str) -> str:
    for variable, value in VALUES.items():
        rule = rule.replace(variable, value)
    return re.sub(r"<uuid:\w+>", str(uuid4()), re.sub(r"<any\((\w+)[^>]*>", r"\1", rule))


@dataclass
class PageProbe:
    """Opens pages of an app, which has one operation, with sessions of every kind."""

    app: Flask
    database: Database
    visitors: dict[tuple[Any, ...], Visitor] = field(default_factory=dict)

    def secret(self, force: str, role: str, operations: tuple[str, ...] = ()) -> str:
        with self.database.writing() as connection:
            return issue(
                connection, force=force, role=role, operations=operations, now=datetime.now(UTC), expires_at=None
            )[1]

    def visitor(self, force: str, role: str, operations: tuple[str, ...] = ()) -> Visitor:
        key = (force, role, operations)
        if key not in self.visitors:
            self.visitors[key] = visitor(self.app, self.secret(*key))
        return self.visitors[key]

    def open(self, person: Visitor, call: tuple[str, str], token: str | None = None) -> Any:
        """Open a page, or send a form with a token."""
        method, rule = call
        data = {} if token is None else {"csrf_token": token}
        return person.open(address_of(rule), method=method, data=data if method == "POST" else None, headers=OWN)


@pytest.fixture(scope="module")
def probe(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageProbe]:
    path = tmp_path_factory.mktemp("pages") / "oprecord.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    opened_operation(database, OPERATION)
    with running_app(database) as app:
        yield PageProbe(app, database)
    database.engine.dispose()


def test_the_table_lists_every_page(probe: PageProbe):
    rules = [rule for rule in probe.app.url_map.iter_rules() if rule.endpoint.startswith("pages.")]
    routes = [(method, rule.rule) for rule in rules for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    assert sorted(routes) == sorted(ALLOWED_ROLES)
    assert len(set(routes)) == len(routes)


def test_every_address_in_a_template_or_view_is_the_address_of_a_page(probe: PageProbe):
    web = Path(__file__).parents[2] / "service" / "web"
    texts = [path.read_text() for path in web.rglob("*") if path.suffix in (".py", ".jinja")]
    named = {name for text in texts for name in re.findall(r"""(?:address|see_other)\(\s*["']([a-z_.]+)["']""", text)}
    assert len(named) > 40
    assert {f"pages.{name}" for name in named} <= set(probe.app.view_functions)


def test_every_view_states_who_may_see_it_as_the_table_does(probe: PageProbe):
    for rule in probe.app.url_map.iter_rules():
        if rule.endpoint.startswith("pages."):
            roles = probe.app.view_functions[rule.endpoint].roles  # type: ignore[attr-defined]
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                allowed = ALLOWED_ROLES[method, rule.rule]
                assert (None if roles is None else set(roles)) == allowed, rule


def ended_sessions(probe: PageProbe, role: str) -> Iterator[Visitor]:
    """Yield browsers whose session is missing, invented, revoked, expired, too old, idle, or signed out."""
    yield visitor(probe.app)
    for value in ("", "x", "x" * 43, "é" * 43, "x" * 4_000):
        person = visitor(probe.app)
        person.set_cookie("oprecord", value, domain="localhost")
        yield person
    secret = probe.secret(PARTICIPANT, role)
    person = visitor(probe.app, secret)
    with probe.database.writing() as connection:
        revoke(connection, authenticate(connection, secret).id, datetime.now(UTC))
    yield person
    for column, age in ((sessions.c.created_at, LONGEST), (sessions.c.last_used_at, LONGEST_IDLE)):
        secret = probe.secret(PARTICIPANT, role)
        person = visitor(probe.app, secret)
        with probe.database.writing() as connection:
            its = sessions.c.credential_id == authenticate(connection, secret).id
            past = datetime.now(UTC) - age - timedelta(seconds=1)
            connection.execute(sa.update(sessions).where(its).values({column: past}))
        yield person
    person = visitor(probe.app, probe.secret(PARTICIPANT, role))
    kept = person.get_cookie("oprecord")
    assert kept is not None
    person.send("/sign-out")
    person.set_cookie("oprecord", kept.value, domain="localhost")
    yield person


@pytest.mark.parametrize("call", PROTECTED, ids=" ".join)
def test_every_page_asks_who_is_not_signed_in_to_sign_in(probe: PageProbe, call: tuple[str, str]):
    for person in ended_sessions(probe, min(ALLOWED_ROLES[call] or ())):
        answer = probe.open(person, call)
        assert answer.status_code == SEE_OTHER
        assert answer.location.startswith("/sign-in?")


@pytest.mark.parametrize("call", PROTECTED, ids=" ".join)
def test_a_credential_in_a_header_opens_no_page(probe: PageProbe, call: tuple[str, str]):
    person = visitor(probe.app)
    person.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {probe.secret(PARTICIPANT, COORDINATOR)}"
    assert probe.open(person, call).status_code == SEE_OTHER


@pytest.mark.parametrize("call", PROTECTED, ids=" ".join)
def test_every_page_does_not_exist_for_other_roles(probe: PageProbe, call: tuple[str, str]):
    for role in ALL_ROLES - (ALLOWED_ROLES[call] or set()):
        answer = probe.open(probe.visitor(PARTICIPANT, role), call)
        assert (answer.status_code, heading(answer)) == (NOT_FOUND, "Page not found"), role


@pytest.mark.parametrize("call", FOR_AN_OPERATION, ids=" ".join)
def test_the_pages_of_an_operation_do_not_exist_for_a_force_outside_it(probe: PageProbe, call: tuple[str, str]):
    for role in ALLOWED_ROLES[call] or ():
        people = (probe.visitor(OUTSIDER, role), probe.visitor(PARTICIPANT, role, ("other", f"{OPERATION}-2")))
        for person in people:
            answer = probe.open(person, call, token=person.token() if call[0] == "POST" else None)
            assert (answer.status_code, heading(answer)) == (NOT_FOUND, "Page not found"), role


@pytest.mark.parametrize("call", FORMS, ids=" ".join)
def test_every_form_is_refused_without_the_token_of_its_session(probe: PageProbe, call: tuple[str, str]):
    role = min(ALLOWED_ROLES[call] or ())
    person = visitor(probe.app, probe.secret(PARTICIPANT, role))
    others = visitor(probe.app, probe.secret(PARTICIPANT, role)).token()
    for token in (None, "", "0" * 64, "é", others):
        answer = probe.open(person, call, token=token)
        assert (answer.status_code, heading(answer)) == (BAD_REQUEST, "Open the form again"), token
    assert person.get("/account").status_code == 200


def test_the_forms_that_are_shown_again_say_so(probe: PageProbe):
    for rule in probe.app.url_map.iter_rules():
        if rule.endpoint.startswith("pages.") and "POST" in rule.methods and rule.rule.startswith("/operations/"):
            view: Any = probe.app.view_functions[rule.endpoint]
            assert view.keeps_form == (rule.rule in SHOWN_AGAIN), rule


@pytest.mark.parametrize("call", [call for call in ALLOWED_ROLES if call[0] == "POST"], ids=" ".join)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {},
    ],
    ids=str,
)
def test_every_form_of_another_site_is_refused(probe: PageProbe, call: tuple[str, str], headers: dict[str, str]):
    role = min(ALLOWED_ROLES[call] or ALL_ROLES)
    person = visitor(probe.app, probe.secret(PARTICIPANT, role))
    answer = person.post(address_of(call[1]), data={"csrf_token": person.token()}, headers=headers)
    assert (answer.status_code, heading(answer)) == (BAD_REQUEST, "Open the form again")


def test_a_form_is_accepted_by_its_origin_where_browsers_send_nothing_else(probe: PageProbe):
    person = visitor(probe.app, probe.secret(PARTICIPANT, FORCE))
    data = {"csrf_token": person.token()}
    assert person.post("/sign-out", data=data, headers={"Origin": "http://localhost"}).status_code == SEE_OTHER
