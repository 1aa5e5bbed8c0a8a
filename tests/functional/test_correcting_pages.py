"""Correcting and withdrawing an event in pages: filled in, with a reason, once, and only if nobody was first."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories.bodies import activity, arrest, correction, seizure, withdrawal
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite
from tests.functional.filling_in import checked, follow, form_of, mistakes, opened_form, send
from tests.functional.visitors import Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]


@pytest.fixture
def person(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for("surrey"))


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


def said(page: object) -> str:
    return text_of(page.get_data(as_text=True))  # type: ignore[attr-defined]


def address_of(live: str, event: dict[str, object]) -> str:
    return f"/operations/{live}/events/{event['id']}"


def test_an_arrest_is_corrected(person: Visitor, surrey: Caller, lead: Caller, live: str):
    event = arrest("knife", count=2, place="m25")
    surrey.record(live, event)
    form = opened_form(person, f"{address_of(live, event)}/correct")
    _action, fields = form_of(form.get_data(as_text=True), "Continue")
    assert (fields["reason"], fields["count"], fields["place"]) == (["knife"], ["2"], ["m25"])
    assert mistakes(checked(person, form, reason="weapon")) == [("correction_reason", "Choose the reason")]
    check = checked(person, form, reason="weapon", correction_reason="reclassified")
    assert "Weapon Was Knife" in said(check)
    assert "It was put into another category" in said(check)
    first, second = (send(person, check) for _ in range(2))
    assert "Arrest corrected." in said(follow(person, first))
    assert "Not counted twice." in said(follow(person, second))
    assert lead.figures(live, "category", "quantity", by="category") == [("weapon", 2)]


@on_sqlite
def test_a_correction_without_a_change_is_not_sent(person: Visitor, surrey: Caller, live: str):
    for event in (arrest(), seizure({"kind": "drug", "drug": "b/cannabis/resin", "weight_milligrams": 1_500})):
        surrey.record(live, event)
        form = opened_form(person, f"{address_of(live, event)}/correct")
        page = checked(person, form, correction_reason="mistake")
        assert "Change what was wrong, or withdraw the event. Nothing is changed yet" in said(page)


LINES = (
    {"kind": "drug", "drug": "a/cocaine/powder", "weight_milligrams": 1_250, "wraps": 3, "value_pence": 52_050},
    {"kind": "cash", "currency": "JPY", "amount_minor": 125_000},
    {"kind": "cash", "currency": "GBP", "amount_minor": 10_000, "qualifier": "about"},
    {"kind": "weapon", "weapon": "bladed/knife", "count": 2, "acquired": "seized"},
    {"kind": "vehicle", "ground": "motoring/s59"},
    {"kind": "phone", "count": 4},
    {"kind": "ammunition", "rounds": 12},
    {"kind": "other", "property": "cigarettes", "count": 2_000},
)


def test_a_correction_leaves_every_other_line_as_it_was(person: Visitor, surrey: Caller, live: str):
    event = seizure(*LINES, place="a406", assisting=["kent", "north-wales"], incident="a" * 64)
    surrey.record(live, event)
    form = opened_form(person, f"{address_of(live, event)}/correct")
    check = checked(person, form, **{"line-6-count": "5", "correction_reason": "mistake"})
    assert "5 phones Was 4 phones" in said(check)
    follow(person, send(person, check))
    standing = surrey.get(f"/v1{address_of(live, event)}").json["standing"]
    lines = [dict(line) for line in LINES]
    lines[5]["count"] = 5
    assert standing["data"]["lines"] == lines
    for name in ("place", "assisting", "incident", "occurred_at"):
        assert standing[name] == surrey.get(f"/v1{address_of(live, event)}").json["event"][name], name


@on_sqlite
def test_a_tally_is_corrected(person: Visitor, surrey: Caller, lead: Caller, live: str):
    event = activity("vehicles_stopped", 12)
    surrey.record(live, event)
    form = opened_form(person, f"{address_of(live, event)}/correct")
    check = checked(person, form, quantity="0", correction_reason="measured")
    follow(person, send(person, check))
    assert lead.figures(live, "measure", "quantity") == [("vehicles_stopped", 0)]


@on_sqlite
def test_a_corrected_tally_keeps_its_parts(app: Flask, lead: Caller, live: str, secret_for: SecretFor):
    essex = visitor(app, secret_for("essex"))
    event = activity("arrests", 25, force="essex", of_which=[{"category": "knife", "quantity": 5}])
    lead.record(live, event)
    form = opened_form(essex, f"{address_of(live, event)}/correct")
    for reason, field in (("mistake", "quantity"), ("running_total", "correction_reason")):
        wrong = checked(essex, form, quantity="4", correction_reason=reason)
        assert [one for one, _text in mistakes(wrong)] == [field]
    follow(essex, send(essex, checked(essex, wrong, quantity="40", correction_reason="running_total")))
    assert lead.figures(live, "category", "quantity", by="category") == [("unstated", 35), ("knife", 5)]


def test_an_event_is_withdrawn_after_asking_back(person: Visitor, surrey: Caller, lead: Caller, live: str):
    event = arrest()
    surrey.record(live, event)
    form = opened_form(person, f"{address_of(live, event)}/withdraw")
    assert mistakes(follow(person, send(person, form))) == [("correction_reason", "Choose the reason")]
    ask = follow(person, send(person, form, correction_reason="duplicate"))
    assert "You cannot undo this." in said(ask)
    assert lead.figures(live) == [1]
    first, second = (send(person, ask) for _ in range(2))
    page = follow(person, first)
    assert "Withdrawn." in said(page)
    assert "It was counted twice" in said(page).replace("it was", "It was")
    assert "Not counted twice." in said(follow(person, second))
    assert lead.figures(live) == []


@pytest.mark.parametrize("late", ["before the form", "before the check", "before it is sent"])
def test_who_comes_second_is_told_who_was_first(
    coordinator: Visitor, surrey: Caller, lead: Caller, live: str, late: str
):
    event = arrest("knife")
    surrey.record(live, event)
    first = correction(event, data={"reason": "weapon"})
    if late == "before the form":
        surrey.record(live, first)
        page = follow(coordinator, coordinator.get(f"{address_of(live, event)}/correct"))
    else:
        form = opened_form(coordinator, f"{address_of(live, event)}/correct")
        if late == "before the check":
            surrey.record(live, first)
            page = checked(coordinator, form, reason="drugs", correction_reason="mistake")
        else:
            check = checked(coordinator, form, reason="drugs", correction_reason="mistake")
            surrey.record(live, first)
            page = follow(coordinator, send(coordinator, check))
    assert "Surrey Police corrected this at " in said(page)
    assert "Nothing was recorded" in said(page)
    assert "See the new version" in said(page)
    assert lead.figures(live, "category", by="category", measure="arrests") == ["weapon"]


def test_who_withdraws_second_is_told_too(person: Visitor, surrey: Caller, live: str):
    event = arrest()
    surrey.record(live, event)
    form = opened_form(person, f"{address_of(live, event)}/withdraw")
    ask = follow(person, send(person, form, correction_reason="mistake"))
    surrey.record(live, withdrawal(event))
    page = follow(person, send(person, ask))
    assert "Surrey Police withdrew this at " in said(page)
    assert "Nothing was recorded" in said(page)


@on_sqlite
def test_a_force_cannot_correct_or_withdraw_for_another(app: Flask, surrey: Caller, live: str, secret_for: SecretFor):
    event = arrest()
    surrey.record(live, event)
    kent = visitor(app, secret_for("kent"))
    for address in ("correct", "correct/check", "withdraw"):
        for answer in (
            kent.get(f"{address_of(live, event)}/{address}"),
            kent.send(f"{address_of(live, event)}/{address}", correction_reason="mistake", sent="1"),
        ):
            assert (answer.status_code, heading(answer)) == (404, "Page not found")


def test_the_coordinator_corrects_for_the_force_that_counts_it(
    coordinator: Visitor, surrey: Caller, lead: Caller, live: str
):
    event = arrest("knife")
    surrey.record(live, event)
    form = opened_form(coordinator, f"{address_of(live, event)}/correct")
    check = checked(coordinator, form, reason="drugs", correction_reason="mistake")
    follow(coordinator, send(coordinator, check))
    assert lead.figures(live, "force", "quantity", by="force") == [("surrey", 1)]
    assert lead.get(f"/v1{address_of(live, event)}").json["standing"]["recorded_by"]["role"] == "coordinator"


@on_sqlite
def test_seconds_that_a_form_does_not_show_stay(person: Visitor, surrey: Caller, imported: str):
    event = arrest(occurred_at="2023-01-17T21:40:17.25Z", recorded_at="2023-01-18T09:00:00Z")
    surrey.record(imported, event)
    form = opened_form(person, f"{address_of(imported, event)}/correct")
    follow(person, send(person, checked(person, form, reason="drugs", correction_reason="mistake")))
    assert (
        surrey.get(f"/v1{address_of(imported, event)}").json["standing"]["occurred_at"] == "2023-01-17T21:40:17.250000Z"
    )
