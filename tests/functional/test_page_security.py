"""What the pages refuse, and what they let a browser do: addresses, headers, static files, markup in what is shown."""

import base64
import gzip
import hashlib
import re
from collections.abc import Callable

import pytest
from flask import Flask

from service.web.site.forms import local_address
from service.web.site.headers import INLINE_SCRIPT
from service.web.site.rendering import render
from tests.factories.setup import LEAD
from tests.functional.calls import on_sqlite
from tests.functional.visitors import OWN, heading, visitor

SecretFor = Callable[..., str]
SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


# --- where a person goes after signing in


@pytest.mark.parametrize(
    "sent",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "/%5C..\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        " //elsewhere.example",
        "///elsewhere.example",
        "elsewhere.example",
        "",
        None,
    ],
)
def test_signing_in_leads_to_no_other_site(sent: str | None):
    assert local_address(sent, "/") == "/"


@pytest.mark.parametrize("sent", ["/operations", "/operations?search=a%20b", "/a/b?next=//elsewhere.example"])
def test_signing_in_leads_back_to_the_page_that_was_asked_for(sent: str):
    assert local_address(sent, "/") == sent


@on_sqlite
def test_a_person_who_signs_in_gets_to_the_page_that_was_asked_for(app: Flask, secret_for: SecretFor):
    person = visitor(app)
    asked = person.get("/operations?search=tern")
    form = person.get(asked.location).get_data(as_text=True)
    (following,) = re.findall(r'name="next" value="([^"]*)"', form)
    assert following == "/operations?search=tern"
    assert person.sign_in(secret_for("surrey"), next=following).location == following
    assert visitor(app).sign_in(secret_for("surrey"), next="//elsewhere.example").location == "/"


# --- session fixation


@on_sqlite
def test_a_session_that_somebody_planted_is_not_used(app: Flask, secret_for: SecretFor):
    attacker = visitor(app, secret_for("kent"))
    planted = attacker.get_cookie("oprecord")
    assert planted is not None
    victim = visitor(app)
    victim.set_cookie("oprecord", planted.value, domain="localhost")
    victim.sign_in(secret_for("surrey"))
    own = victim.get_cookie("oprecord")
    assert own is not None
    assert own.value != planted.value
    assert "Surrey Police" in victim.get("/account").get_data(as_text=True)
    assert attacker.get("/account").status_code == 303, "the planted session has ended"


# --- headers


@on_sqlite
@pytest.mark.parametrize("address", ["/sign-in", "/account", "/operations", "/nothing", "/sign-in/nothing"])
def test_every_page_restricts_what_a_browser_does(app: Flask, secret_for: SecretFor, address: str):
    answer = visitor(app, secret_for(LEAD)).get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = answer.get_data(as_text=True)
    assert not STYLE.search(page)
    (script,) = SCRIPT.findall(page)
    assert "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == INLINE_SCRIPT


@on_sqlite
def test_no_page_loads_anything_from_elsewhere(app: Flask):
    page = visitor(app).get("/sign-in").get_data(as_text=True)
    loaded = re.findall(r'(?:src|href|data-components)="([^"]*)"', page)
    assert len([one for one in loaded if one.startswith("/static/")]) == 5
    assert not [one for one in loaded if "//" in one]


# --- static files


@on_sqlite
def test_static_files_are_kept_for_a_year_under_a_name_with_their_hash(app: Flask):
    person = visitor(app)
    for address in re.findall(r'"(/static/[^"]+)"', person.get("/sign-in").get_data(as_text=True)):
        plain = person.get(address)
        assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        packed = person.get(address, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.get_data()) == plain.get_data()
        assert hashlib.sha256(plain.get_data()).hexdigest().startswith(address.split(".")[-2])
        assert person.get(address, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304
        assert b"url(" not in plain.get_data()


@on_sqlite
@pytest.mark.parametrize("name", ["site.css", "..%2Fpages.py", "NOTICE", "site.000000000000.css", "%2e%2e/x"])
def test_nothing_else_is_served(app: Flask, name: str):
    assert visitor(app).get(f"/static/{name}").status_code == 404


@on_sqlite
def test_nothing_reserved_for_gov_uk_is_served(app: Flask):
    person = visitor(app)
    (sheet,) = re.findall(r'"(/static/govuk-frontend\.[0-9a-f]+\.css)"', person.get("/sign-in").get_data(as_text=True))
    css = person.get(sheet).get_data(as_text=True)
    assert [word for word in ("GDS Transport", "crest", "#1d70b8", "Calvert", "@font-face") if word in css] == []


# --- unknown addresses


@on_sqlite
def test_an_unknown_address_is_a_page_for_a_browser_and_a_problem_for_a_program(app: Flask, secret_for: SecretFor):
    person = visitor(app, secret_for("surrey"))
    page = person.get("/nothing")
    assert (page.status_code, heading(page)) == (404, "Page not found")
    assert "Surrey Police" in page.get_data(as_text=True)
    assert visitor(app).get("/nothing").status_code == 404
    for path, accepted in (("/nothing", "*/*"), ("/nothing", "application/json"), ("/v1/nothing", "text/html")):
        problem = person.get(path, headers={"Accept": accepted})
        assert (problem.status_code, problem.json["code"]) == (404, "no_such_address")


@on_sqlite
def test_a_page_that_takes_no_forms_says_so(app: Flask):
    answer = visitor(app).post("/operations", headers=OWN)
    assert (answer.status_code, heading(answer)) == (405, "This page does not take forms")


# --- markup in what is shown


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


@on_sqlite
@pytest.mark.parametrize(
    "address", ["/operations?search={}", "/sign-in?next=/{}", "/sign-in?ended={}", "/sign-in/{}", "/{}"]
)
def test_markup_in_an_address_is_shown_as_text(app: Flask, secret_for: SecretFor, address: str):
    person = visitor(app, secret_for(LEAD))
    page = person.get(address.format(MARKUP.replace("&", "%26").replace("#", "%23"))).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img" not in page


@on_sqlite
def test_markup_in_a_user_agent_is_shown_as_text(app: Flask, secret_for: SecretFor):
    person = visitor(app)
    person.post("/sign-in", data={"credential": secret_for("surrey")}, headers={"User-Agent": MARKUP, **OWN})
    assert "Another browser" in person.get("/account").get_data(as_text=True)


@on_sqlite
def test_every_value_in_a_template_is_escaped(app: Flask):
    with app.test_request_context():
        page = render("site/error.html.jinja", title=MARKUP, sentences=[MARKUP], marking=MARKUP, request_id=MARKUP)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5
