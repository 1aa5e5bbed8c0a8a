"""Signing in to the pages: with a credential, with a link, and how a session ends."""

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from service.access.credentials import authenticate, credentials, revoke
from service.access.sessions import LONGEST, LONGEST_IDLE, sessions
from service.access.sign_in_links import LIFETIME, sign_in_links
from service.storage.db import Database
from service.usecases.access.sign_in import issue_link
from service.web.site.words import clock
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

ENDS = re.compile('<span id="session-ends">([^<]*)</span>')
SecretFor = Callable[..., str]
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def surrey(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for("surrey"))


def credential_id_of(database: Database, secret: str) -> UUID:
    with database.reading() as connection:
        return authenticate(connection, secret).id


def link_for(database: Database, secret: str) -> str:
    return f"/sign-in/{issue_link(database, credential_id_of(database, secret))}"


def move_back(database: Database, column: "sa.Column[object]", by: timedelta) -> None:
    """Make a moment lie further back, for every row."""
    with database.writing() as connection:
        for (moment,) in connection.execute(sa.select(column)).all():
            connection.execute(column.table.update().where(column == moment).values({column: moment - by}))


# --- with a credential


def test_a_person_signs_in_with_a_credential_and_is_named(app: Flask, secret_for: SecretFor):
    person = visitor(app)
    answer = person.sign_in(secret_for("surrey"))
    assert (answer.status_code, answer.location) == (303, "/")
    page = person.get("/operations")
    assert heading(page) == "Operations"
    assert "Surrey Police, force" in text_of(page.get_data(as_text=True))


def test_spaces_and_line_breaks_around_a_pasted_credential_do_no_harm(app: Flask, secret_for: SecretFor):
    secret = secret_for("surrey")
    assert visitor(app).sign_in(f"  {secret[:30]}\r\n{secret[30:]} \n").status_code == 303


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "Enter your credential"),
        ("letmein", "Credential must be complete: it begins with oprecord_ and has 55 characters"),
        ("oprecord_" + "0" * 40 + "000000", "Credential must be complete"),
    ],
)
def test_a_wrong_credential_is_explained_in_the_summary_and_at_the_field(app: Flask, pasted: str, words: str):
    answer = visitor(app).sign_in(pasted)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<title>Error: Sign in" in page
    assert text_of(page).count(words) == 2
    assert 'href="#credential"' in page
    assert "Set-Cookie" not in answer.headers


def test_what_was_typed_is_never_sent_back(app: Flask):
    assert "letmein-with-a-typo" not in visitor(app).sign_in("letmein-with-a-typo").get_data(as_text=True)


def test_only_the_hash_of_a_session_is_stored(database: Database, surrey: Visitor):
    cookie = surrey.get_cookie("oprecord")
    assert cookie is not None
    with database.reading() as connection:
        stored = connection.execute(sa.select(sessions)).mappings().one()
    assert cookie.value not in str(dict(stored))
    assert cookie.value.encode() not in bytes(stored["digest"])
    assert len(bytes(stored["digest"])) == 32


def test_only_the_hash_of_a_link_is_stored(database: Database, secret_for: SecretFor):
    token = link_for(database, secret_for(LEAD)).rpartition("/")[2]
    assert len(token) == 32
    with database.reading() as connection:
        stored = connection.execute(sa.select(sign_in_links)).mappings().one()
    assert bytes(stored["digest"]) == sha256(token.encode()).digest()
    assert token not in str(dict(stored))


def test_the_cookie_is_kept_from_scripts_and_other_sites(app: Flask, secret_for: SecretFor):
    answer = visitor(app).sign_in(secret_for("surrey"))
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("oprecord=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= set(attributes)
    assert "Secure" not in attributes
    assert not [one for one in attributes if one.startswith("Domain")]


def test_over_https_the_cookie_is_for_this_host_alone(app: Flask, secret_for: SecretFor):
    data = {"credential": secret_for("surrey")}
    answer = visitor(app).post("/sign-in", base_url="https://localhost", data=data, headers=OWN)
    assert answer.headers["Set-Cookie"].startswith("__Host-oprecord=")
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_a_cookie_sent_over_http_does_not_count_on_https(app: Flask, surrey: Visitor):
    cookie = surrey.get_cookie("oprecord")
    assert cookie is not None
    person = visitor(app)
    person.set_cookie("oprecord", cookie.value, domain="localhost")
    assert person.get("/account").status_code == 200
    assert person.get("/account", base_url="https://localhost").status_code == 303


# --- with a link


def test_a_link_signs_in_once(app: Flask, database: Database, secret_for: SecretFor):
    address = link_for(database, secret_for(LEAD))
    person = visitor(app)
    page = person.get(address)
    assert page.status_code == 200
    said = "This link signs you in for Metropolitan Police Service. It works once."
    assert said in text_of(page.get_data(as_text=True))
    assert person.post(address, headers=OWN).location == "/"
    assert person.get("/account").status_code == 200
    second = visitor(app).post(address, headers=OWN)
    assert (second.status_code, heading(second)) == (410, "This link cannot be used")
    assert "has been used" in text_of(second.get_data(as_text=True))


@pytest.mark.parametrize(("force", "name"), [("surrey", "Surrey Police"), ("kent", "Kent Police")])
def test_a_link_shows_neither_codes_nor_operations(app: Flask, database: Database, force: str, name: str):
    address = link_for(database, issued_secret(database, force, operations=("teasel-2024-05",)))
    page = text_of(visitor(app).get(address).get_data(as_text=True))
    assert f"This link signs you in for {name}." in page
    assert "teasel" not in page
    assert force not in page


def test_looking_at_a_link_does_not_use_it_up(app: Flask, database: Database, secret_for: SecretFor):
    address = link_for(database, secret_for("surrey"))
    scanner = visitor(app)
    for _ in range(3):
        assert scanner.get(address).status_code == 200
        assert scanner.head(address).status_code == 200
    assert scanner.get("/account").status_code == 303
    assert visitor(app).post(address, headers=OWN).status_code == 303


def test_a_link_works_for_15_minutes(app: Flask, database: Database, secret_for: SecretFor):
    address = link_for(database, secret_for("surrey"))
    move_back(database, sign_in_links.c.expires_at, LIFETIME - A_SECOND * 30)
    assert visitor(app).get(address).status_code == 200
    move_back(database, sign_in_links.c.expires_at, A_SECOND * 31)
    for answer in (visitor(app).get(address), visitor(app).post(address, headers=OWN)):
        assert answer.status_code == 410
        assert "older than 15 minutes" in text_of(answer.get_data(as_text=True))


def test_a_link_to_a_revoked_credential_does_not_sign_in(app: Flask, database: Database, secret_for: SecretFor):
    secret = secret_for("surrey")
    address = link_for(database, secret)
    with database.writing() as connection:
        revoke(connection, credential_id_of(database, secret), database.now(connection))
    assert visitor(app).post(address, headers=OWN).status_code == 410


@pytest.mark.parametrize("token", ["nonsense", "a" * 32, "%00", "a" * 5_000])
def test_an_invented_link_is_not_found_out_to_be_anything(app: Flask, token: str):
    assert visitor(app).get(f"/sign-in/{token}").status_code in (404, 410)


# --- how a session ends


def test_revoking_the_credential_ends_the_session_at_once(app: Flask, database: Database, secret_for: SecretFor):
    secret = secret_for("surrey")
    person = visitor(app, secret)
    with database.writing() as connection:
        revoke(connection, credential_id_of(database, secret), database.now(connection))
    answer = person.get("/operations")
    assert answer.status_code == 303
    assert "Your credential has been revoked" in text_of(person.get(answer.location).get_data(as_text=True))


def test_a_credential_has_so_many_sessions_and_the_longest_unused_ends(
    app: Flask, database: Database, secret_for: SecretFor, monkeypatch: pytest.MonkeyPatch
):
    """Each can hold drafts, so that signing in again and again would fill the database."""
    monkeypatch.setattr("service.access.sessions.MOST_SESSIONS", 2)
    secret, other = secret_for("surrey"), visitor(app, secret_for("kent"))
    first, second = visitor(app, secret), visitor(app, secret)
    move_back(database, sessions.c.last_used_at, A_SECOND * 90)
    assert first.get("/operations").status_code == 200, "which stores that it was used"
    third = visitor(app, secret)
    assert [one.get("/operations").status_code for one in (first, second, third, other)] == [200, 303, 200, 200]


def test_a_session_ends_when_its_credential_expires(database: Database, surrey: Visitor):
    with database.writing() as connection:
        now = database.now(connection)
        connection.execute(credentials.update().values(expires_at=now))
    assert "credential_expired" in surrey.get("/operations").location


def test_a_session_ends_after_an_hour_without_use_but_not_before(database: Database, surrey: Visitor):
    move_back(database, sessions.c.last_used_at, LONGEST_IDLE - A_SECOND * 30)
    assert surrey.get("/operations").status_code == 200
    move_back(database, sessions.c.last_used_at, LONGEST_IDLE)
    answer = surrey.get("/operations")
    assert "did nothing for an hour" in text_of(surrey.get(answer.location).get_data(as_text=True))


def test_a_session_ends_after_12_hours_however_busy(database: Database, surrey: Visitor):
    move_back(database, sessions.c.created_at, LONGEST - A_SECOND * 30)
    assert surrey.get("/operations").status_code == 200
    move_back(database, sessions.c.created_at, A_SECOND * 31)
    assert "session_too_old" in surrey.get("/operations").location


def test_every_page_says_in_its_text_when_the_session_ends(database: Database, surrey: Visitor):
    with database.reading() as connection:
        now = database.now(connection)
    move_back(database, sessions.c.created_at, timedelta(hours=2))
    ends, latest = now + LONGEST_IDLE, now + LONGEST - timedelta(hours=2)
    said = f"You will be signed out at {clock(ends)} if you do nothing until then, and at {clock(latest)} in any case."
    # The clock may go on to the next minute.
    later = said.replace(clock(ends), clock(ends + A_SECOND * 60))
    for page in ("/operations", "/account", "/nothing"):
        assert {said, later} & set(ENDS.findall(surrey.get(page).get_data(as_text=True))), page


def test_a_person_stays_signed_in_for_another_hour(database: Database, surrey: Visitor):
    # Opening the page for its token is a use as well, so that comes before.
    token = surrey.token()
    move_back(database, sessions.c.last_used_at, LONGEST_IDLE - A_SECOND * 30)
    state = surrey.post("/account/stay", data={"csrf_token": token}, headers=OWN).get_json()
    assert state["can_stay"]
    assert state["seconds"] >= LONGEST_IDLE.total_seconds() - 61
    move_back(database, sessions.c.last_used_at, LONGEST_IDLE - A_SECOND * 90)
    assert surrey.get("/operations").status_code == 200


def test_nobody_stays_signed_in_longer_than_12_hours(database: Database, surrey: Visitor):
    move_back(database, sessions.c.created_at, LONGEST - A_SECOND * 100)
    state = surrey.send("/account/stay").get_json()
    assert not state["can_stay"]
    assert 90 <= state["seconds"] <= 100
    assert "12 hours after you signed in. This cannot be put off" in state["warning"]
    assert state["ends"].endswith(", 12 hours after you signed in.")
    move_back(database, sessions.c.created_at, A_SECOND * 101)
    assert "session_too_old" in surrey.post("/account/stay", headers=OWN).location


def test_a_page_says_so_when_the_credential_ends_first(database: Database, surrey: Visitor):
    with database.writing() as connection:
        soon = database.now(connection) + timedelta(minutes=4)
        connection.execute(credentials.update().values(expires_at=soon))
    state = surrey.send("/account/stay").get_json()
    assert state["ends"] == f"You will be signed out at {clock(soon)}, when your access ends."
    assert not state["can_stay"]


def test_using_a_session_is_stored_at_most_once_a_minute(database: Database, surrey: Visitor):
    def last_used() -> Any:
        with database.reading() as connection:
            return connection.execute(sa.select(sessions.c.last_used_at)).scalar_one()

    before = last_used()
    surrey.get("/operations")
    assert last_used() == before
    move_back(database, sessions.c.last_used_at, timedelta(minutes=2))
    moved = last_used()
    for headers in ({"X-By-Itself": "1"}, {"Accept": "text/event-stream"}):
        surrey.get("/operations", headers=headers)
        assert last_used() == moved, "what a page asks by itself is no use"
    surrey.get("/operations")
    assert last_used() > before


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(app: Flask, surrey: Visitor):
    kept = surrey.get_cookie("oprecord")
    assert kept is not None
    answer = surrey.send("/sign-out")
    assert "You have signed out" in text_of(surrey.get(answer.location).get_data(as_text=True))
    assert surrey.get_cookie("oprecord") is None
    other = visitor(app)
    other.set_cookie("oprecord", kept.value, domain="localhost")
    assert other.get("/account").status_code == 303


def test_a_person_sees_their_sessions_and_ends_one(app: Flask, secret_for: SecretFor):
    secret = secret_for("surrey")
    laptop, phone, stranger = visitor(app, secret), visitor(app, secret), visitor(app, secret_for("surrey"))
    page = laptop.get("/account").get_data(as_text=True)
    forms = [line for line in page.split('action="')[1:] if line.startswith("/account/sessions/")]
    assert len(forms) == 2, "the sessions of another credential are not shown"
    ids = [line.split("/")[3] for line in forms]
    # The newest comes first.
    assert stranger.send(f"/account/sessions/{ids[0]}/end").status_code == 404
    assert laptop.send(f"/account/sessions/{ids[0]}/end").location == "/account"
    assert phone.get("/account").status_code == 303
    assert laptop.get("/account").status_code == 200
    assert "signed_out" in laptop.send(f"/account/sessions/{ids[1]}/end").location


def test_signing_in_again_replaces_the_session(app: Flask, database: Database, secret_for: SecretFor):
    person = visitor(app, secret_for("surrey"))
    assert person.sign_in(secret_for("kent")).status_code == 303
    assert "Kent Police" in text_of(person.get("/account").get_data(as_text=True))
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


def test_sessions_that_have_ended_are_deleted_by_the_next_person_who_signs_in(
    app: Flask, database: Database, secret_for: SecretFor
):
    visitor(app, secret_for("surrey"))
    move_back(database, sessions.c.last_used_at, LONGEST_IDLE)
    visitor(app, secret_for("kent"))
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


# --- the database that cannot be written to


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_session_is_read_on_a_database_that_takes_no_writes(database: Database, surrey: Visitor):
    move_back(database, sessions.c.last_used_at, timedelta(minutes=2))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    database.engine.dispose()
    assert surrey.get("/operations").status_code == 200
