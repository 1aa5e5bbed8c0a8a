"""Signing in with an account of an identity provider: who gets in, with which rights, and every token that must not."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from service.access.account_sign_ins import LIFETIME, account_sign_ins
from service.access.credentials import revoke
from service.access.sessions import LONGEST, LONGEST_IDLE, sessions
from service.storage.db import Database
from service.usecases.access.accounts import delete_ended_sign_ins
from service.usecases.maintenance.credentials import issue_credential
from tests.factories.bodies import arrest, opening
from tests.factories.setup import LEAD
from tests.functional.apps import running_app, with_secret
from tests.functional.calls import on_sqlite
from tests.functional.providers import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
A_SECOND = timedelta(seconds=1)
SUBJECT, NAME = "subject-7f3a", "Robin Example"
RECORD, COORDINATE = "Surrey.Record", "Met.Coordinate"
CALLBACK = "/sign-in/account/callback"
WITHOUT_ROLE = "Your account has no role in this service. Ask whoever manages your force’s accounts to give it one."


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    """Return the identity provider, which has one account with one app role and does everything right."""
    running.told()
    running.has_user(SUBJECT, name=NAME, roles=[RECORD])
    return running


@pytest.fixture
def app(database: Database, provider: Provider) -> Iterator[Flask]:
    """Return an app that signs in with accounts, and in which one app role means to record for Surrey."""
    issue_for(database, "surrey", "force", RECORD)
    with running_app(database, **provider.settings) as app:
        yield app


@pytest.fixture
def only_accounts(database: Database, provider: Provider) -> Iterator[Flask]:
    """Return an app that signs in with accounts only."""
    with running_app(database, **provider.settings, oidc_only=True) as app:
        yield app


def issue_for(
    database: Database, force: str, role: str, app_role: str, operations: tuple[str, ...] = (), **more: Any
) -> UUID:
    lasting = {"expires_in": None} | more
    return issue_credential(database, force=force, role=role, operations=operations, app_role=app_role, **lasting)[0].id


def sign_in(person: Visitor, provider: Provider, following: str = "", sub: str = SUBJECT) -> TestResponse:
    """Go to the provider, sign in there and come back, as a browser does; return the service's answer."""
    return person.get(way_back(person, provider, following, sub))


def way_back(person: Visitor, provider: Provider, following: str = "", sub: str = SUBJECT) -> str:
    """Return the address at the service that the provider sends the browser to, after signing in there."""
    leaving = person.get("/sign-in/account", query_string={"next": following} if following else {})
    assert leaving.status_code == 303, text_of(leaving.get_data(as_text=True))
    assert leaving.location.startswith(f"{provider.issuer}/oauth2/authorize?")
    back = provider.sign_in(leaving.location, sub)
    assert back.startswith(f"http://localhost{CALLBACK}?")
    return back.removeprefix("http://localhost")


def changed(address: str, **values: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | values)}"


def stored(database: Database, table: sa.Table) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def move_back(database: Database, column: "sa.Column[Any]", by: timedelta) -> None:
    with database.writing() as connection:
        for (moment,) in connection.execute(sa.select(column)).all():
            connection.execute(column.table.update().where(column == moment).values({column: moment - by}))


def must_refuse(person: Visitor, answer: TestResponse, words: str, status: int = 403) -> None:
    """Check that nobody is signed in, and that the page says so in these words and nothing of the provider's."""
    page = text_of(answer.get_data(as_text=True))
    assert (answer.status_code, heading(answer)) == (status, "You are not signed in")
    assert words in page
    assert not [word for word in ("token", "claim", "aud", "nonce", "JWT", "OpenID", "invalid_") if word in page]
    assert not [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("oprecord=")]
    assert person.get("/account").status_code == 303


# --- who gets in


def test_an_account_signs_in_and_acts_for_the_force_of_its_app_role(app: Flask, database: Database, provider: Provider):
    person = visitor(app)
    answer = sign_in(person, provider, "/operations")
    assert (answer.status_code, answer.location) == (303, "/operations")
    page = text_of(person.get("/account").get_data(as_text=True))
    assert f"{NAME}, force" in page
    assert "Force Surrey Police Role Force" in page
    (session,) = stored(database, sessions)
    assert (session["subject"], session["shown_name"]) == (SUBJECT, NAME)
    assert stored(database, account_sign_ins) == []
    assert person.get_cookie("oprecord_sign_in") is None


@on_sqlite
def test_the_request_has_state_nonce_and_pkce_and_asks_for_no_more_than_a_name(app: Flask):
    leaving = urlsplit(visitor(app).get("/sign-in/account").location)
    sent = {name: values[0] for name, values in parse_qs(leaving.query).items()}
    assert {name: sent[name] for name in ("response_type", "client_id", "scope", "code_challenge_method")} == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "scope": "openid profile",
        "code_challenge_method": "S256",
    }
    assert sent["redirect_uri"] == f"http://localhost{CALLBACK}"
    assert len({sent["state"], sent["nonce"], sent["code_challenge"]}) == 3
    assert min(len(sent[name]) for name in ("state", "nonce", "code_challenge")) >= 43


@on_sqlite
def test_an_operation_may_limit_what_an_app_role_gives(app: Flask, database: Database, provider: Provider):
    lead = with_secret(
        app, issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)[1]
    )
    for name in ("teasel", "lantern"):
        assert lead.post("/v1/operations", json=opening(operation=name)).status_code == 201
    issue_for(database, "kent", "force", "Kent.Teasel", ("teasel",))
    provider.has_user("kent-1", roles="Kent.Teasel")
    person = visitor(app)
    assert sign_in(person, provider, sub="kent-1").status_code == 303
    assert person.get("/operations/teasel").status_code == 200
    assert person.get("/operations/lantern").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    "roles", [None, [], ["Kent.Record"], "surrey.record", [1, None, {"a": 1}], 7, {"a": "b"}], ids=str
)
def test_an_account_without_a_role_here_is_told_whom_to_ask(app: Flask, provider: Provider, roles: Any):
    provider.has_user("nobody", **({} if roles is None else {"roles": roles}))
    person = visitor(app)
    answer = sign_in(person, provider, sub="nobody")
    must_refuse(person, answer, WITHOUT_ROLE)
    assert "Sign in with another account" in answer.get_data(as_text=True)
    other = person.get("/sign-in/account?other=1").location
    assert parse_qs(urlsplit(other).query)["prompt"] == ["select_account"]


@on_sqlite
def test_the_roles_are_in_the_claim_that_the_settings_name(database: Database, provider: Provider):
    issue_for(database, "surrey", "force", "/forces/surrey")
    provider.has_user("of-a-group", groups=["/forces/surrey"])
    with running_app(database, **provider.settings, oidc_roles_claim="groups") as app:
        assert sign_in(visitor(app), provider, sub="of-a-group").status_code == 303


@on_sqlite
def test_a_name_from_the_provider_is_shown_as_text_and_cut(app: Flask, provider: Provider):
    provider.has_user("odd", name="<script>alert(1)</script>\n" + "x" * 500, roles=[RECORD])
    person = visitor(app)
    assert sign_in(person, provider, sub="odd").status_code == 303
    page = person.get("/account").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "x" * 70 in page
    assert "x" * 100 not in page


# --- several roles


def test_a_person_with_several_roles_chooses_one(app: Flask, database: Database, provider: Provider):
    coordinator = issue_for(database, LEAD, "coordinator", COORDINATE, ("teasel",))
    stranger = issue_for(database, "kent", "force", "Kent.Record")
    provider.has_user(SUBJECT, name=NAME, roles=[RECORD, COORDINATE])
    person = visitor(app)
    answer = sign_in(person, provider, "/operations")
    assert (answer.status_code, answer.location) == (303, "/sign-in/account/role")
    assert stored(database, sessions) == []
    page = person.get(answer.location)
    assert heading(page) == "In which role do you sign in?"
    shown = text_of(page.get_data(as_text=True))
    assert "Metropolitan Police Service, coordinator For teasel only Surrey Police, force" in shown
    for wrong in ("", "nonsense", str(stranger)):
        refused = person.post("/sign-in/account/role", data={"role": wrong}, headers=OWN)
        assert refused.status_code == 422
        assert text_of(refused.get_data(as_text=True)).count("Choose in which role you sign in") == 2
    chosen = person.post("/sign-in/account/role", data={"role": str(coordinator)}, headers=OWN)
    assert (chosen.status_code, chosen.location) == (303, "/operations")
    assert f"{NAME}, coordinator" in text_of(person.get("/account").get_data(as_text=True))
    assert stored(database, account_sign_ins) == []
    again = person.post("/sign-in/account/role", data={"role": str(coordinator)}, headers=OWN)
    assert again.status_code == 400


@on_sqlite
def test_nobody_chooses_a_role_before_the_provider_has_confirmed_the_account(app: Flask, database: Database):
    person = visitor(app)
    person.get("/sign-in/account")
    (credential,) = [
        row["id"] for row in stored(database, sa.Table("credentials", sa.MetaData(), sa.Column("id", sa.Uuid)))
    ]
    must_refuse(person, person.get("/sign-in/account/role"), "Sign in again", 400)
    answer = person.post("/sign-in/account/role", data={"role": str(credential)}, headers=OWN)
    must_refuse(person, answer, "Sign in again", 400)


@on_sqlite
def test_two_credentials_with_the_same_rights_are_no_choice(app: Flask, database: Database, provider: Provider):
    newer = issue_for(database, "surrey", "force", RECORD)
    assert sign_in(visitor(app), provider).location == "/"
    assert [one["credential_id"] for one in stored(database, sessions)] == [newer]


# --- tokens that must not sign in


NOT_CONFIRMED = "Your force’s accounts did not confirm who you are."


def must_not_confirm(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, reason: str, **told: Any
) -> None:
    """Check that what the provider is told to do signs nobody in, and that the log says which rule it breaks."""
    provider.told(**told)
    person = visitor(app)
    with caplog.at_level(logging.WARNING):
        answer = sign_in(person, provider)
    must_refuse(person, answer, NOT_CONFIRMED)
    said = "\n".join(one.getMessage() for one in caplog.records)
    assert reason in said
    assert not [secret for secret in (SUBJECT, NAME, CLIENT_SECRET, "eyJ", "code=") if secret in said]


@on_sqlite
def test_a_token_for_another_service_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    must_not_confirm(app, provider, caplog, "'aud'", claims={"aud": "another-service"})


@on_sqlite
def test_a_token_for_another_service_that_names_us_as_the_party_is_refused(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture
):
    must_not_confirm(app, provider, caplog, "'aud'", claims={"aud": ["another-service"], "azp": CLIENT_ID})


@on_sqlite
def test_a_token_for_us_that_another_service_asked_for_is_refused(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture
):
    must_not_confirm(app, provider, caplog, "'azp'", claims={"aud": [CLIENT_ID, "other"], "azp": "other"})


@on_sqlite
def test_a_token_without_an_audience_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    must_not_confirm(app, provider, caplog, "aud", claims={"aud": None})


@on_sqlite
@pytest.mark.parametrize("issuer", ["https://elsewhere.example", "", None])
def test_a_token_of_another_issuer_is_refused(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, issuer: str | None
):
    must_not_confirm(app, provider, caplog, "iss", claims={"iss": issuer})


@on_sqlite
@pytest.mark.parametrize("nonce", ["of-another-sign-in", "", None])
def test_a_token_of_another_sign_in_is_refused(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, nonce: str | None
):
    must_not_confirm(app, provider, caplog, "nonce", claims={"nonce": nonce})


@on_sqlite
def test_a_token_that_has_expired_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    now = int(time.time())
    must_not_confirm(app, provider, caplog, "expired", claims={"iat": now - 7_200, "exp": now - 3_600})


@on_sqlite
def test_a_token_that_does_not_expire_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    must_not_confirm(app, provider, caplog, "exp", claims={"exp": None})


@on_sqlite
def test_a_token_of_the_future_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    later = int(time.time()) + 3_600
    must_not_confirm(app, provider, caplog, "the ID token is wrong", claims={"nbf": later, "iat": later})


@on_sqlite
def test_clocks_may_differ_by_a_minute(app: Flask, provider: Provider):
    now = int(time.time())
    provider.told(claims={"iat": now - 3_600, "exp": now - 30})
    assert sign_in(visitor(app), provider).location == "/"


@on_sqlite
@pytest.mark.parametrize("subject", [None, "", "x" * 256, 7])
def test_a_token_of_nobody_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, subject: Any):
    must_not_confirm(app, provider, caplog, "the ID token is wrong", claims={"sub": subject})


@on_sqlite
def test_a_token_that_nobody_signed_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    must_not_confirm(app, provider, caplog, "the ID token is wrong", algorithm="none")


@on_sqlite
def test_a_token_signed_with_another_key_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    must_not_confirm(app, provider, caplog, "bad_signature", key="forged")


@on_sqlite
@pytest.mark.parametrize("key", ["client_secret", "public_key"])
@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_a_token_signed_with_a_shared_secret_is_refused(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, algorithm: str, key: str
):
    must_not_confirm(app, provider, caplog, "unsupported_algorithm", algorithm=algorithm, key=key)


@on_sqlite
@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", 7, {}, None], ids=str)
def test_what_is_no_token_is_refused(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, token: Any):
    must_not_confirm(app, provider, caplog, "", id_token=token)


@on_sqlite
def test_a_key_that_the_provider_has_begun_to_use_is_read(app: Flask, provider: Provider):
    assert sign_in(visitor(app), provider).location == "/"
    provider.told(key="second")
    assert sign_in(visitor(app), provider).location == "/"
    assert "/jwks" in provider.calls()
    provider.told(key="second")
    assert sign_in(visitor(app), provider).location == "/"
    assert "/jwks" not in provider.calls(), "it is read again only for a key that is not known"


# --- the way back


@on_sqlite
@pytest.mark.parametrize("state", ["", "x", "é", "0" * 64])
def test_a_way_back_with_another_state_is_refused(app: Flask, provider: Provider, state: str):
    person = visitor(app)
    back = way_back(person, provider)
    must_refuse(person, person.get(changed(back, state=state)), "Sign in again", 400)
    assert "/oauth2/token" not in provider.calls(), "the provider is not even asked"


@on_sqlite
def test_a_way_back_of_another_browser_is_refused(app: Flask, provider: Provider):
    attacker, victim = visitor(app), visitor(app)
    back = way_back(attacker, provider)
    must_refuse(victim, victim.get(back), "begun in another browser", 400)
    victim.get("/sign-in/account")
    must_refuse(victim, victim.get(back), "begun in another browser", 400)
    assert "/oauth2/token" not in provider.calls()


def test_a_way_back_works_once(app: Flask, provider: Provider):
    person = visitor(app)
    back = way_back(person, provider)
    kept = person.get_cookie("oprecord_sign_in")
    assert kept is not None
    assert person.get(back).location == "/"
    provider.told()
    thief = visitor(app)
    thief.set_cookie("oprecord_sign_in", kept.value, domain="localhost")
    must_refuse(thief, thief.get(back), "has been used", 400)
    assert provider.calls() == []


@on_sqlite
def test_a_way_back_that_failed_is_used_up_too(app: Flask, provider: Provider):
    person = visitor(app)
    back = way_back(person, provider)
    provider.told(claims={"aud": "another-service"})
    must_refuse(person, person.get(back), NOT_CONFIRMED)
    provider.told()
    must_refuse(person, person.get(back), "has been used", 400)


@on_sqlite
def test_a_way_back_works_for_ten_minutes(app: Flask, database: Database, provider: Provider):
    person = visitor(app)
    back = way_back(person, provider)
    move_back(database, account_sign_ins.c.expires_at, LIFETIME)
    must_refuse(person, person.get(back), "more than 10 minutes old", 400)


@on_sqlite
def test_a_code_that_somebody_caught_is_of_no_use_in_another_browser(app: Flask, provider: Provider):
    victim, attacker = visitor(app), visitor(app)
    code = dict(parse_qsl(urlsplit(way_back(victim, provider)).query))["code"]
    own = way_back(attacker, provider)
    must_refuse(attacker, attacker.get(changed(own, code=code)), NOT_CONFIRMED)


@on_sqlite
def test_who_cancels_is_not_signed_in(app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture):
    person = visitor(app)
    leaving = person.get("/sign-in/account").location
    back = provider.sign_in(leaving, SUBJECT, denies=True).removeprefix("http://localhost")
    state = parse_qs(urlsplit(leaving).query)["state"][0]
    must_refuse(person, person.get(changed(back, state=state)), "did not let you in, or you cancelled")
    assert "sent the browser back with access_denied" in caplog.text


@on_sqlite
def test_what_the_provider_says_about_a_person_is_neither_shown_nor_logged(
    app: Flask, caplog: pytest.LogCaptureFixture
):
    person = visitor(app)
    state = parse_qs(urlsplit(person.get("/sign-in/account").location).query)["state"][0]
    said = {"state": state, "error": "Robin said so", "error_description": f"{NAME} is not assigned"}
    answer = person.get(f"{CALLBACK}?{urlencode(said)}")
    must_refuse(person, answer, NOT_CONFIRMED)
    assert "Robin" not in answer.get_data(as_text=True)
    assert "Robin" not in caplog.text
    assert "no error code" in caplog.text


@on_sqlite
@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/\t/x.example",
    ],
)
def test_nobody_is_sent_to_another_site_afterwards(app: Flask, database: Database, provider: Provider, following: str):
    assert sign_in(visitor(app), provider, following).location == "/"
    person = visitor(app)
    back = way_back(person, provider, "/operations")
    with database.writing() as connection:
        connection.execute(account_sign_ins.update().values(following=following))
    assert person.get(back).location == "/", "also if it had been stored"


@on_sqlite
def test_a_session_that_was_there_before_is_ended_and_never_used(
    app: Flask, database: Database, provider: Provider, secret_for: SecretFor
):
    person = visitor(app, secret_for("kent"))
    planted = person.get_cookie("oprecord")
    assert planted is not None
    assert sign_in(person, provider).status_code == 303
    own = person.get_cookie("oprecord")
    assert own is not None
    assert own.value != planted.value
    assert [one["subject"] for one in stored(database, sessions)] == [SUBJECT]


@on_sqlite
def test_the_cookies_are_kept_from_scripts_and_other_sites(app: Flask):
    person = visitor(app)
    name, *attributes = person.get("/sign-in/account").headers["Set-Cookie"].split("; ")
    assert name.startswith("oprecord_sign_in=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= set(attributes)
    over_https = person.get("/sign-in/account", base_url="https://localhost").headers["Set-Cookie"]
    assert over_https.startswith("__Host-oprecord_sign_in=")
    assert "Secure" in over_https.split("; ")


@on_sqlite
def test_the_database_has_no_secret_of_a_sign_in(app: Flask, database: Database):
    person = visitor(app)
    sent = parse_qs(urlsplit(person.get("/sign-in/account").location).query)
    cookie = person.get_cookie("oprecord_sign_in")
    assert cookie is not None
    row = str(stored(database, account_sign_ins))
    assert not [one for one in (cookie.value, sent["state"][0], sent["nonce"][0]) if one in row]


# --- a provider that does not work


NO_ANSWER = "The service that checks your force’s accounts cannot be used at the moment."


@on_sqlite
def test_a_provider_that_does_not_answer_is_not_the_persons_fault(database: Database, provider: Provider):
    settings = provider.settings | {"oidc_issuer": "http://localhost:9"}
    with running_app(database, **settings) as app:
        person = visitor(app)
        must_refuse(person, person.get("/sign-in/account"), NO_ANSWER, 503)


@on_sqlite
@pytest.mark.parametrize(
    "stated",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_a_provider_that_states_the_wrong_addresses_is_not_used(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, stated: dict[str, Any]
):
    provider.told(metadata=stated)
    person = visitor(app)
    must_refuse(person, person.get("/sign-in/account"), NO_ANSWER, 503)
    assert f"{next(iter(stated))}" in caplog.text
    provider.told()
    assert sign_in(person, provider).location == "/"


@on_sqlite
@pytest.mark.parametrize("status", [502, 404, 302, 307])
def test_a_provider_that_fails_with_a_page_is_unavailable(app: Flask, provider: Provider, status: int):
    person = visitor(app)
    back = way_back(person, provider)
    provider.told(token_status=status)
    must_refuse(person, person.get(back), NO_ANSWER, 503)
    assert "/elsewhere" not in provider.calls(), "the client's secret goes nowhere else"


@on_sqlite
def test_a_wrong_client_secret_is_in_the_log_by_its_code(
    database: Database, provider: Provider, caplog: pytest.LogCaptureFixture
):
    with running_app(database, **provider.settings | {"oidc_client_secret": "mistyped-secret"}) as app:
        person = visitor(app)
        must_refuse(person, sign_in(person, provider), NOT_CONFIRMED)
    assert "refused the code: invalid_client" in caplog.text
    assert "mistyped-secret" not in caplog.text


@on_sqlite
def test_a_provider_that_takes_the_secret_only_in_the_form_gets_it_there(app: Flask, provider: Provider):
    provider.told(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]})
    assert sign_in(visitor(app), provider).location == "/"


# --- how the session ends


def test_the_session_ends_with_the_credential_of_its_app_role(app: Flask, database: Database, provider: Provider):
    person = visitor(app)
    assert sign_in(person, provider).status_code == 303
    (session,) = stored(database, sessions)
    with database.writing() as connection:
        revoke(connection, session["credential_id"], database.now(connection))
    answer = person.get("/operations")
    assert "revoked" in text_of(person.get(answer.location).get_data(as_text=True))
    must_refuse(person, sign_in(person, provider), WITHOUT_ROLE)


@on_sqlite
def test_an_app_role_whose_credential_has_expired_gives_nothing(database: Database, provider: Provider):
    issue_for(database, "surrey", "force", RECORD, expires_in=timedelta(0))
    with running_app(database, **provider.settings) as app:
        person = visitor(app)
        must_refuse(person, sign_in(person, provider), WITHOUT_ROLE)


@on_sqlite
@pytest.mark.parametrize(
    ("age", "code"),
    [((sessions.c.created_at, LONGEST), "session_too_old"), ((sessions.c.last_used_at, LONGEST_IDLE), "session_idle")],
)
def test_the_session_ends_after_12_hours_and_after_an_hour_without_use(
    app: Flask, database: Database, provider: Provider, age: tuple[Any, timedelta], code: str
):
    person = visitor(app)
    sign_in(person, provider)
    move_back(database, *age)
    assert code in person.get("/operations").location
    delete_ended_sign_ins(database)
    assert stored(database, sessions) == [], "and with it who the person was"


@on_sqlite
def test_signing_out_ends_the_session(app: Flask, database: Database, provider: Provider):
    person = visitor(app)
    sign_in(person, provider)
    page = person.get(person.send("/sign-out").location)
    assert "sign out of your force’s account too" in text_of(page.get_data(as_text=True))
    assert stored(database, sessions) == []


@on_sqlite
def test_a_person_sees_only_their_own_sessions(app: Flask, provider: Provider):
    provider.has_user("colleague", name="Kim Example", roles=[RECORD])
    person, colleague = visitor(app), visitor(app)
    sign_in(person, provider)
    sign_in(colleague, provider, sub="colleague")
    page = person.get("/account").get_data(as_text=True)
    assert page.count("/account/sessions/") == 1
    assert "Kim" not in page


def test_an_administrator_ends_the_session_of_one_person(
    app: Flask, database: Database, provider: Provider, secret_for: SecretFor
):
    provider.has_user("colleague", name="Kim Example", roles=[RECORD])
    person, colleague = visitor(app), visitor(app)
    sign_in(person, provider)
    sign_in(colleague, provider, sub="colleague")
    administrator = visitor(app, secret_for(LEAD, "administrator"))
    page = text_of(administrator.get("/access").get_data(as_text=True))
    assert f"For accounts with the app role {RECORD}." in page
    assert NAME in page
    assert "Kim Example" in page
    (row,) = [one for one in stored(database, sessions) if one["subject"] == SUBJECT]
    address = f"/access/{row['credential_id']}/sessions/{row['id']}/end"
    assert colleague.send(address).status_code == 404
    assert administrator.send(address, page="/access").location == "/access?done=ended_one"
    assert person.get("/account").status_code == 303
    assert colleague.get("/account").status_code == 200
    link = administrator.send(f"/access/{row['credential_id']}/link", page="/access")
    assert link.status_code == 422, "nobody signs in with a link instead of an account"


# --- the person is in no event and no log


@on_sqlite
def test_the_person_is_in_no_event_and_no_log(
    app: Flask, database: Database, provider: Provider, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    issue_for(database, LEAD, "coordinator", COORDINATE)
    provider.has_user("lead", name="Alex Example", roles=[COORDINATE])
    lead = with_secret(
        app, issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)[1]
    )
    operation = lead.post("/v1/operations", json=opening()).json["operation"]
    person = visitor(app)
    assert sign_in(person, provider, sub="lead").status_code == 303
    form = f"/operations/{operation}/setup/marking"
    answer = person.send(form, page=form, marking="OFFICIAL", draft=str(uuid4()))
    assert answer.location == f"/operations/{operation}/setup?saved=marking"
    tables = sa.MetaData()
    with database.reading() as connection:
        tables.reflect(connection)
        holding = {
            name
            for name, table in tables.tables.items()
            for row in connection.execute(sa.select(table))
            if "Alex Example" in str(row) or "'lead'" in str(row)
        }
    assert holding == {"sessions"}
    assert "Alex" not in caplog.text


# --- what the sign-in page offers


@on_sqlite
def test_the_sign_in_page_shows_one_button(app: Flask):
    page = visitor(app).get("/sign-in?next=/operations").get_data(as_text=True)
    assert 'href="/sign-in/account?next=/operations"' in page
    assert "Sign in with your force’s account" in page
    assert "Sign in with a credential instead" in page


@on_sqlite
def test_credentials_still_sign_in_unless_they_are_turned_off(app: Flask, secret_for: SecretFor):
    assert visitor(app).sign_in(secret_for("kent")).status_code == 303


@on_sqlite
def test_credentials_and_links_can_be_turned_off(only_accounts: Flask, database: Database, provider: Provider):
    issued, secret = issue_credential(database, force="surrey", role="force", operations=(), expires_in=None)
    issue_for(database, "surrey", "force", RECORD)
    person = visitor(only_accounts)
    page = person.get("/sign-in").get_data(as_text=True)
    assert "credential" not in text_of(page).lower()
    assert "<form" not in page
    refused = person.sign_in(secret)
    assert refused.status_code == 403
    assert "Credentials and links do not sign in here." in text_of(refused.get_data(as_text=True))
    for method in (person.get, person.post):
        answer = method(f"/sign-in/{'x' * 32}", headers=OWN)
        assert (answer.status_code, heading(answer)) == (410, "This link cannot be used")
        assert "Sign in with your force’s account" in text_of(answer.get_data(as_text=True))
    assert person.get("/account").status_code == 303
    assert with_secret(only_accounts, secret).get("/v1/me").status_code == 200, "programs still use credentials"
    assert sign_in(person, provider).location == "/"
    assert issued.app_role is None


@on_sqlite
def test_nobody_is_offered_a_link_where_links_are_turned_off(
    only_accounts: Flask, database: Database, provider: Provider
):
    issue_for(database, LEAD, "administrator", "Administrators")
    other = issue_credential(database, force="kent", role="force", operations=(), expires_in=None)[0]
    provider.has_user("administrator", roles=["Administrators"])
    person = visitor(only_accounts)
    assert sign_in(person, provider, sub="administrator").status_code == 303
    assert "New link" not in person.get("/access").get_data(as_text=True)
    page = text_of(person.get("/access/new").get_data(as_text=True))
    assert "People sign in with their accounts" in page
    assert "Signs one person in once" not in page
    assert person.send(f"/access/{other.id}/link", page="/access").status_code == 404


@on_sqlite
@pytest.mark.parametrize("path", ["/sign-in/account", CALLBACK, "/sign-in/account/role"])
def test_without_an_identity_provider_there_is_no_such_page(database: Database, path: str):
    with running_app(database) as app:
        answer = visitor(app).get(path)
        assert (answer.status_code, heading(answer)) == (404, "Page not found")


@on_sqlite
def test_what_was_typed_before_the_session_ended_is_kept(app: Flask, database: Database):
    lead = with_secret(
        app, issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)[1]
    )
    operation = lead.post("/v1/operations", json=opening()).json["operation"]
    address = f"/operations/{operation}/record/arrest?draft={arrest()['id']}"
    answer = visitor(app).post(address, data={"place": "m25"}, headers=OWN)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert 'target="_blank" rel="noopener"' in page
    assert "Go on with what I typed" in page
    assert 'name="place" value="m25"' in page
