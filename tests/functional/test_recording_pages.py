"""Recording an arrest, a seizure and a tally in pages: checked first, recorded once, by whom it may be."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.factories.bodies import latest, opening, today, yesterday
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite
from tests.functional.filling_in import checked, follow, form_of, mistakes, opened_form, send
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
MARKUP = "<script>alert(1)</script>"
LATEST = latest("21:40")
WHEN = {
    "date__day": str(LATEST.day),
    "date__month": str(LATEST.month),
    "date__year": str(LATEST.year),
    "time": "9:40pm",
}
ARREST = WHEN | {"reason": "knife", "place": "m25"}


@pytest.fixture
def surrey_page(app: Flask, secret_for: SecretFor) -> Visitor:
    """Return the browser of somebody at Surrey."""
    return visitor(app, secret_for("surrey"))


def page_text(page: object) -> str:
    return text_of(page.get_data(as_text=True))  # type: ignore[attr-defined]


def test_an_arrest_is_checked_and_then_recorded(surrey_page: Visitor, lead: Caller, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    check = checked(surrey_page, form, **ARREST)
    assert heading(check).endswith("Check your answers")
    assert f"{LATEST:%A} {LATEST.day} {LATEST:%B %Y}, 9:40pm" in page_text(check)
    assert "M25" in page_text(check)
    assert lead.figures(live) == [], "nothing is recorded before it is checked"
    receipt = follow(surrey_page, send(surrey_page, check))
    assert "Arrest recorded. It is event" in page_text(receipt)
    assert lead.figures(live, "measure", "category", "quantity", by="category") == [("arrests", "knife", 1)]


def test_a_form_records_once_however_often_it_is_sent(surrey_page: Visitor, lead: Caller, live: str):
    check = checked(surrey_page, opened_form(surrey_page, f"/operations/{live}/record/arrest"), **ARREST)
    first, second = (send(surrey_page, check) for _ in range(2))
    assert first.location.endswith("recorded=now")
    assert second.location.endswith("recorded=again")
    assert "Not counted twice." in page_text(follow(surrey_page, second))
    # Back, at the check page and at the form.
    action, _fields = form_of(check.get_data(as_text=True))
    for address in (action, action.replace("/check", "")):
        assert "Not counted twice." in page_text(follow(surrey_page, surrey_page.get(address)))
    assert lead.figures(live) == [1]
    # The same form with other answers is neither counted nor lost without a word.
    other = follow(surrey_page, send(surrey_page, check, reason="drugs"))
    assert "with other answers. What you sent now was not recorded" in page_text(other)
    assert lead.figures(live) == [1]


@on_sqlite
def test_every_mistake_is_named_in_the_summary_and_at_its_field(surrey_page: Visitor, lead: Caller, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    page = checked(surrey_page, form, date__day="31", date__month="2", time="25:00", count="-1")
    first = date.fromisoformat(yesterday())
    last = first + timedelta(days=2)
    found = dict(mistakes(page))
    assert set(found) == {"date-day", "time", "reason", "count"}
    assert found["date-day"].startswith("Date must be ")
    assert str(last.year) in found["date-day"]
    assert str(first.day) in found["date-day"]
    assert found["time"] == "Time must be like 9:40pm or 21:40"
    assert found["reason"] == "Choose the main reason for the arrest"
    assert found["count"] == "How many people must be a whole number, 1 or more"
    text = page.get_data(as_text=True)
    assert "<title>Error: Record an arrest" in text
    assert all(text.count(said) == 2 for said in found.values()), "the same words at the field"
    assert 'value="25:00"' in text, "what was typed stays"
    assert "Invalid" not in text
    assert lead.figures(live) == []


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"date__day": "1", "date__month": "1", "date__year": "2020"}, ("date-day", "Date must be ")),
        ({"date__day": "", "date__month": "", "date__year": ""}, ("date-day", "Enter the date")),
        ({"time": "9"}, ("time", "Time must be like")),
        ({"time": "13pm"}, ("time", "Time must be like")),
        ({"place": "nowhere"}, ("place", "Place must be on this operation’s list")),
        ({"assisting-other": "Surrey Police"}, ("assisting", "Forces that assisted must be others")),
        ({"assisting-other": "Atlantis"}, ("assisting-other", "Force must be on the list of forces")),
    ],
)
def test_a_mistake_says_what_it_must_be(
    surrey_page: Visitor, live: str, fields: dict[str, str], expected: tuple[str, str]
):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    ((field, said),) = mistakes(checked(surrey_page, form, **ARREST | fields))
    assert field == expected[0]
    assert said.startswith(expected[1])


def test_an_arrest_of_which_only_the_day_is_known_is_recorded_without_a_time(
    surrey_page: Visitor, lead: Caller, live: str
):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    check = checked(surrey_page, form, **ARREST | {"time": ""})
    assert f"{LATEST:%A} {LATEST.day} {LATEST:%B %Y}, time not known" in page_text(check)
    receipt = follow(surrey_page, send(surrey_page, check))
    assert "time not known" in page_text(receipt)
    assert lead.figures(live, "day", by="day") == [str(LATEST.date())]


@on_sqlite
def test_a_moment_in_the_future_is_refused_in_words(surrey_page: Visitor, live: str):
    tomorrow = date.fromisoformat(today()) + timedelta(days=1)
    day = {"date__day": str(tomorrow.day), "date__month": f"{tomorrow:%B}", "date__year": str(tomorrow.year)}
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    page = checked(surrey_page, form, **ARREST | day)
    assert ("time", "Date and time must be in the past") in mistakes(page)


def test_a_seizure_takes_lines_by_buttons(surrey_page: Visitor, lead: Caller, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/seizure")
    assert mistakes(checked(surrey_page, form, **WHEN)) == [("add", "Add what was seized")]
    for kind in ("drug", "phone", "cash", "weapon"):
        form = follow(surrey_page, send(surrey_page, form, action=f"add-{kind}", **WHEN))
    form = follow(surrey_page, send(surrey_page, form, action="remove-line-2", line__1__drug="cocaine"))
    assert "Phones" not in page_text(form).split("What else")[0]
    check = checked(
        surrey_page,
        form,
        **{"line-1-weight": "1,200", "line-3-amount": "620.50", "line-4-weapon": "bladed/knife", "line-4-count": "2"},
    )
    said = page_text(check)
    assert "Cocaine (powder), class A, 1.2 kg" in said
    assert "£620.50 in cash" in said
    assert "2 weapons, bladed: knife" in said
    assert follow(surrey_page, send(surrey_page, check)).status_code == 200
    figures = dict(lead.figures(live, "measure", "quantity"))
    assert figures["drug_weight"] == 1_200_000
    assert figures["cash"] == 62_050
    assert figures["weapons"] == 2


@on_sqlite
@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("cocaine", "a/cocaine"),
        ("Skunk", "b/cannabis/herbal"),
        ("Class B, drug not known", "b"),
        ("drug not known", "unstated"),
    ],
)
def test_a_drug_is_typed_as_it_is_called(surrey_page: Visitor, lead: Caller, live: str, written: str, path: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/seizure")
    form = follow(surrey_page, send(surrey_page, form, action="add-drug", **WHEN))
    check = checked(surrey_page, form, **{"line-1-drug": written, "line-1-weight": "2"})
    assert follow(surrey_page, send(surrey_page, check)).status_code == 200
    assert path in lead.figures(live, "category", by="category", measure="drug_weight")


@on_sqlite
def test_an_unknown_drug_is_refused_with_what_may_be_meant(surrey_page: Visitor, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/seizure")
    form = follow(surrey_page, send(surrey_page, form, action="add-drug", **WHEN))
    ((field, said),) = mistakes(checked(surrey_page, form, **{"line-1-drug": "cocaien"}))
    assert field == "line-1-drug"
    assert said == "Drug must be on the list of drugs. Did you mean Cocaine (powder), class A?"


@on_sqlite
def test_a_form_that_is_kept_is_found_again_and_ends_with_the_session(
    app: Flask, surrey_page: Visitor, live: str, secret_for: SecretFor
):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    kept = follow(surrey_page, send(surrey_page, form, action="save", time="7:15am"))
    assert "What you typed is kept" in page_text(kept)
    index = surrey_page.get(f"/operations/{live}/record")
    assert "Go on with the arrest" in page_text(index)
    action, _fields = form_of(kept.get_data(as_text=True))
    assert 'value="7:15am"' in surrey_page.get(action).get_data(as_text=True)
    other = visitor(app, secret_for("surrey"))
    assert 'value="7:15am"' not in other.get(action).get_data(as_text=True), "another session has no part in it"
    assert "Not sent yet" not in page_text(other.get(f"/operations/{live}/record"))
    dropped = follow(surrey_page, send(surrey_page, index, containing="Delete"))
    assert "Not sent yet" not in page_text(dropped)


def test_drafts_end_with_the_session(surrey_page: Visitor, live: str, database: object):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    send(surrey_page, form, action="save", time="7:15am")
    assert number_of_drafts(database) == 1
    surrey_page.send("/sign-out")
    assert number_of_drafts(database) == 0


def number_of_drafts(database: object) -> int:
    with database.reading() as connection:  # type: ignore[attr-defined]
        return len(connection.exec_driver_sql("SELECT id FROM drafts").all())


def test_a_coordinator_records_for_a_force_that_telephones(app: Flask, lead: Caller, live: str, secret_for: SecretFor):
    coordinator = visitor(app, secret_for(LEAD))
    form = opened_form(coordinator, f"/operations/{live}/record/arrest")
    assert mistakes(checked(coordinator, form, **ARREST)) == [("force", "Choose the force that counts it")]
    check = checked(coordinator, form, **ARREST, force="kent")
    assert "Kent Police" in page_text(check)
    assert "by Metropolitan Police Service, coordinator" in page_text(
        follow(coordinator, send(coordinator, check))
    ).replace("By", "by")
    assert lead.figures(live, "force", "quantity", by="force") == [("kent", 1)]


@on_sqlite
def test_a_force_cannot_record_for_another(surrey_page: Visitor, lead: Caller, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    check = checked(surrey_page, form, **ARREST, force="kent")
    follow(surrey_page, send(surrey_page, check, force="kent"))
    assert lead.figures(live, "force", "quantity", by="force") == [("surrey", 1)]


@on_sqlite
def test_a_force_that_sends_tallies_is_offered_a_tally(app: Flask, lead: Caller, live: str, secret_for: SecretFor):
    essex = visitor(app, secret_for("essex"))
    index = page_text(essex.get(f"/operations/{live}/record"))
    assert "Record a tally" in index
    assert "Record an arrest" not in index
    wrong = checked(essex, opened_form(essex, f"/operations/{live}/record/arrest"), **ARREST)
    assert "This force sends tallies only: record a tally instead" in page_text(wrong)
    form = opened_form(essex, f"/operations/{live}/record/tally")
    check = checked(essex, form, **WHEN, measure="cash", quantity="1,250.50")
    assert "£1,250.50" in page_text(check)
    follow(essex, send(essex, check))
    assert lead.figures(live, "measure", "quantity") == [("cash", 125_050)]


@on_sqlite
def test_a_tally_is_recorded_as_a_range_or_as_rounded(app: Flask, lead: Caller, live: str, secret_for: SecretFor):
    essex = visitor(app, secret_for("essex"))
    form = opened_form(essex, f"/operations/{live}/record/tally")
    check = checked(essex, form, **WHEN, measure="arrests", quantity="30", to="40")
    assert "30 to 40" in page_text(check)
    follow(essex, send(essex, check))
    form = opened_form(essex, f"/operations/{live}/record/tally")
    wrong = checked(essex, form, **WHEN, measure="drug_weight", category="a", quantity="40500", rounded_to="1000")
    assert "‘Rounded to’ must divide it" in page_text(wrong)
    check = checked(essex, wrong, quantity="40000")
    assert "about 40 kg, rounded to 1 kg" in page_text(check)
    follow(essex, send(essex, check))
    assert lead.figures(live, "display") == ["30 to 40", "about 40 kg"]


@on_sqlite
def test_a_closed_operation_says_so(surrey_page: Visitor, lead: Caller, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/arrest")
    lead.change(live, "close", id="018d1a2b-0000-7000-8000-00000000b001")
    page = checked(surrey_page, form, **ARREST)
    assert "was closed on" in page_text(page)
    assert "Only corrections are taken" in page_text(surrey_page.get(f"/operations/{live}/record"))


@on_sqlite
def test_an_imported_operation_is_recorded_as_of_now(app: Flask, imported: str, lead: Caller, secret_for: SecretFor):
    person = visitor(app, secret_for("surrey"))
    form = opened_form(person, f"/operations/{imported}/record/arrest")
    when = {"date__day": "17", "date__month": "1", "date__year": "2023", "time": "21:40", "reason": "knife"}
    assert "Arrest recorded" in page_text(follow(person, send(person, checked(person, form, **when))))
    assert lead.figures(imported) == [1]


@on_sqlite
def test_markup_that_is_typed_is_shown_as_text(surrey_page: Visitor, live: str):
    form = opened_form(surrey_page, f"/operations/{live}/record/seizure")
    form = follow(surrey_page, send(surrey_page, form, action="add-other"))
    form = follow(surrey_page, send(surrey_page, form, action="add-drug"))
    _action, fields = form_of(form.get_data(as_text=True), "Continue")
    everything = {name: MARKUP for name in fields if name not in ("csrf_token", "lines")}
    page = checked(surrey_page, form, **everything)
    assert MARKUP not in page.get_data(as_text=True)
    assert "&lt;script&gt;" in page.get_data(as_text=True)
    hostile = opened_form(surrey_page, f"/operations/{live}/record/arrest?draft={MARKUP}")
    assert MARKUP not in hostile.get_data(as_text=True)


@on_sqlite
def test_the_id_of_another_forces_event_records_nothing(
    app: Flask, surrey_page: Visitor, lead: Caller, live: str, secret_for: SecretFor
):
    check = checked(surrey_page, opened_form(surrey_page, f"/operations/{live}/record/arrest"), **ARREST)
    send(surrey_page, check)
    action, fields = form_of(check.get_data(as_text=True))
    kent = visitor(app, secret_for("kent"))
    answer = kent.post(action, data={**fields, "csrf_token": kent.token()}, headers=OWN)
    assert "This form has been used for another event. Open a new one" in page_text(follow(kent, answer))
    assert lead.figures(live, "force", "quantity", by="force") == [("surrey", 1)]


@on_sqlite
def test_an_operation_with_windows_takes_moments_within_them(app: Flask, lead: Caller, secret_for: SecretFor):
    body = opening(operation="nights", starts_at=None, ends_at=None)
    body["days"] = [{"from": "2023-01-17T20:00:00Z", "before": "2023-01-18T04:00:00Z"}]
    assert lead.post("/v1/operations", json=body).status_code == 201
    person = visitor(app, secret_for("surrey"))
    form = opened_form(person, "/operations/nights/record/arrest")
    day = {"date__day": "17", "date__month": "1", "date__year": "2023", "reason": "knife"}
    assert mistakes(checked(person, form, **day, time="9am")) == [
        ("time", "Time must be within the hours of the operation on that day")
    ]
    assert "Check your answers" in page_text(checked(person, form, **day, time="9pm"))
