"""What was typed into a form outlasts the session: sign in, then the same form, filled; nothing is sent by itself."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.functional.calls import Caller, on_sqlite
from tests.functional.filling_in import checked, follow, form_of, opened_form, send
from tests.functional.test_recording_pages import ARREST
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
KEPT = "Sign in to send this. What you typed is kept."


@pytest.fixture
def person(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for("surrey"))


def said(page: object) -> str:
    return text_of(page.get_data(as_text=True))  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", ["at the form", "at the check"])
def test_a_form_that_is_sent_after_the_session_ended_is_filled_in_after_signing_in(
    person: Visitor, lead: Caller, live: str, where: str, secret_for: SecretFor
):
    page = opened_form(person, f"/operations/{live}/record/arrest")
    if where == "at the check":
        page = checked(person, page, **ARREST)
    person.delete_cookie("oprecord")
    fields = ARREST if where == "at the form" else {}
    sign_in = send(person, page, action="check", **fields)
    assert (sign_in.status_code, heading(sign_in)) == (401, "Sign in")
    assert KEPT in said(sign_in)
    wrong = send(person, sign_in, containing="credential", credential="letmein")
    assert "There is a problem" in said(wrong)
    form = follow(person, send(person, wrong, containing="credential", credential=secret_for("surrey")))
    assert heading(form).endswith("Record an arrest")
    assert 'value="9:40pm"' in form.get_data(as_text=True)
    assert '<option value="knife" selected>' in form.get_data(as_text=True)
    assert lead.figures(live) == [], "nothing is sent by itself"
    receipt = follow(person, send(person, checked(person, form)))
    assert "Arrest recorded." in said(receipt)
    assert lead.figures(live) == [1]


def test_who_signs_in_with_a_link_goes_on_in_the_first_tab(
    person: Visitor, lead: Caller, live: str, secret_for: SecretFor
):
    page = opened_form(person, f"/operations/{live}/record/arrest")
    person.delete_cookie("oprecord")
    sign_in = send(person, page, action="check", **ARREST)
    assert person.sign_in(secret_for("surrey")).status_code == 303
    form = send(person, sign_in, containing="Go on with what I typed")
    assert form.status_code == 400
    assert "You have signed in again since you opened this page. Nothing was sent." in said(form)
    assert 'value="9:40pm"' in form.get_data(as_text=True)
    assert lead.figures(live) == []
    assert "Check your answers" in said(checked(person, form))


@on_sqlite
def test_a_correction_is_kept_as_well(person: Visitor, surrey: Caller, live: str, secret_for: SecretFor):
    from tests.factories.bodies import arrest  # noqa: PLC0415

    event = arrest("knife")
    surrey.record(live, event)
    page = opened_form(person, f"/operations/{live}/events/{event['id']}/correct")
    person.delete_cookie("oprecord")
    sign_in = send(person, page, action="check", reason="drugs", correction_reason="mistake")
    form = follow(person, send(person, sign_in, containing="credential", credential=secret_for("surrey")))
    assert heading(form).endswith("Correct this arrest")
    assert '<option value="drugs" selected>' in form.get_data(as_text=True)


@on_sqlite
def test_a_kept_form_leads_to_no_other_site(app: Flask, secret_for: SecretFor):
    for address in ("https://elsewhere.example/?draft=" + "0" * 36, "//elsewhere.example", "/operations/x/y", "x"):
        person = visitor(app)
        answer = person.sign_in(secret_for("surrey"), kept='{"a": ["b"]}', kept_address=address)
        assert answer.location == "/"
    for kept in ("[]", "{", '{"a": "b"}', '{"a": [1]}', "null"):
        answer = visitor(app).sign_in(
            secret_for("surrey"),
            kept=kept,
            kept_address="/operations/x/record/arrest?draft=018d1a2b-0000-7000-8000-00000000b001",
        )
        assert answer.location == "/"


@on_sqlite
@pytest.mark.parametrize("kept", ["[" * 50_000, "{", "[]", '{"a": 1}', '{"a": [[]]}'])
def test_a_kept_form_that_no_page_has_sent_is_left_out(app: Flask, kept: str):
    here = {"Origin": "http://localhost"}
    answer = visitor(app).post("/sign-in", data={"kept": kept, "kept_address": "/"}, headers=here)
    assert (answer.status_code, heading(answer)) == (422, "Sign in")


@on_sqlite
def test_markup_in_a_kept_form_is_shown_as_text(person: Visitor, live: str):
    page = opened_form(person, f"/operations/{live}/record/arrest")
    person.delete_cookie("oprecord")
    sign_in = send(person, page, time='"><script>alert(1)</script>')
    assert "<script>alert" not in sign_in.get_data(as_text=True)


@on_sqlite
def test_another_site_cannot_have_a_form_shown(person: Visitor, live: str):
    page = opened_form(person, f"/operations/{live}/record/arrest")
    action, fields = form_of(page.get_data(as_text=True), "Continue")
    answer = person.post(action, data={**fields, "time": "9pm"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, heading(answer)) == (400, "Open the form again")
    stale = person.post(action, data={**fields, "csrf_token": "0" * 64, "time": "9pm"}, headers=OWN)
    assert stale.status_code == 400
    assert 'value="9pm"' in stale.get_data(as_text=True)
