"""A force's own day: what it has sent, its totals, and its return by one button each."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories.bodies import arrest, declared, hours_ago, midnight, today, yesterday
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.filling_in import follow, send
from tests.functional.visitors import Visitor, text_of, visitor

SecretFor = Callable[..., str]


@pytest.fixture
def person(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for("surrey"))


def said(page: object) -> str:
    return text_of(page.get_data(as_text=True))  # type: ignore[attr-defined]


def returns(lead: Caller, live: str, force: str = "surrey") -> dict[str, str]:
    found = lead.get(f"/v1/operations/{live}/returns").json["returns"]
    return {one["day"]: one["status"] for one in found if one["force"] == force}


def press(person: Visitor, live: str, status: str, day: str, **fields: object) -> object:
    page = person.get(f"/operations/{live}/day?day={day}")
    return send(person, page, containing=f'value="{status}"', status=status, **fields)


def test_the_day_shows_what_was_sent_and_its_totals(
    person: Visitor, surrey: Caller, client_for: Callable[..., Caller], live: str
):
    surrey.record(live, arrest("knife", count=3), arrest("drugs", occurred_at=midnight(-1)))
    client_for("kent").record(live, arrest("theft", count=9, force="kent"))
    page = said(person.get(f"/operations/{live}/day"))
    assert "Arrests 3" in page
    assert "3 arrests, knife" in page
    assert "theft" not in page, "another force's"
    assert "1 arrest, drugs" not in page, "yesterday's"
    assert "Arrests 1" in said(person.get(f"/operations/{live}/day?day={yesterday()}"))


@pytest.mark.parametrize("status", ["complete", "nil", "partial"])
def test_a_return_is_declared_by_one_button(person: Visitor, lead: Caller, live: str, status: str):
    answer = press(person, live, status, yesterday())
    assert returns(lead, live)[yesterday()] == status
    page = said(follow(person, answer))
    assert f"{status.capitalize()} for " in page
    assert "It is event" in page


def test_nil_asks_back_only_if_something_is_recorded(person: Visitor, surrey: Caller, lead: Caller, live: str):
    surrey.record(live, arrest("knife"), arrest("drugs"))
    ask = follow(person, press(person, live, "nil", today()))
    assert "2 events count for this day" in said(ask)
    assert returns(lead, live)[today()] == "none"
    follow(person, send(person, ask, containing='name="anyway"', status="nil"))
    assert returns(lead, live)[today()] == "nil"


@on_sqlite
def test_a_return_may_leave_some_measures_out(person: Visitor, lead: Caller, live: str):
    page = press(person, live, "partial", yesterday(), missing=["drug_weight"])
    assert returns(lead, live)[yesterday()] == "partial"
    assert "all but drugs by weight" in said(follow(person, page))


@on_sqlite
def test_a_return_that_leaves_a_measure_out_leaves_its_second_views_out(person: Visitor, lead: Caller, live: str):
    press(person, live, "partial", yesterday(), missing=["drug_seizures", "weapons"])
    found = lead.get(f"/v1/operations/{live}/returns").json["returns"]
    (covered,) = [one["measures"] for one in found if (one["force"], one["day"]) == ("surrey", yesterday())]
    assert "arrests" in covered
    assert not [one for one in covered if one.startswith(("drug_seizures", "weapons"))]


@on_sqlite
def test_what_can_be_left_out_is_the_same_as_on_the_page_of_returns(person: Visitor, live: str):
    day = person.get(f"/operations/{live}/day").get_data(as_text=True)
    returns_page = person.get(f"/operations/{live}/returns/surrey/{today()}").get_data(as_text=True)
    offered = re.findall(r'name="missing"[^>]* value="(\w+)"', day)
    assert offered == re.findall(r'name="without"[^>]* value="(\w+)"', returns_page)
    assert "drug_seizures" in offered
    assert "weapons_by_acquisition" not in offered


@on_sqlite
def test_a_return_is_reopened_by_what_comes_later(person: Visitor, surrey: Caller, live: str):
    surrey.record(live, declared(day=today()))
    assert "Complete." in said(person.get(f"/operations/{live}/day"))
    surrey.record(live, arrest())
    assert "Something has changed since you declared it" in said(person.get(f"/operations/{live}/day"))


@on_sqlite
def test_what_is_owed_is_shown_with_its_deadline(person: Visitor, lead: Caller):
    live = opened(lead, returns_due_at=hours_ago(1))
    page = said(person.get(f"/operations/{live}/day?day={yesterday()}"))
    assert "No return Overdue since" in page
    assert "Owed" in page


@on_sqlite
def test_a_double_click_declares_once(person: Visitor, lead: Caller, live: str):
    page = person.get(f"/operations/{live}/day?day={yesterday()}")
    before = lead.get(f"/v1/operations/{live}").json["head"]["seq"]
    for _ in range(2):
        assert send(person, page, containing='value="complete"', status="complete").status_code == 303
    assert lead.get(f"/v1/operations/{live}").json["head"]["seq"] == before + 1


@on_sqlite
@pytest.mark.parametrize("fields", [{"day": "2020-01-01"}, {"day": "x"}, {"status": "done"}, {"id": "x"}])
def test_a_form_that_there_is_not_declares_nothing(person: Visitor, lead: Caller, live: str, fields: dict[str, str]):
    page = person.get(f"/operations/{live}/day?day={yesterday()}")
    assert send(person, page, **{"status": "complete"} | fields).status_code == 404
    assert set(returns(lead, live).values()) == {"none"}


@on_sqlite
def test_days_that_there_are_not_and_forces_that_report_nothing_have_no_page(
    app: Flask, person: Visitor, live: str, secret_for: SecretFor
):
    for day in ("2020-01-01", "x", "2199-12-31"):
        assert person.get(f"/operations/{live}/day?day={day}").status_code == 404
    assert visitor(app, secret_for("desk")).get(f"/operations/{live}/day").status_code == 404
    assert visitor(app, secret_for(LEAD)).get(f"/operations/{live}/day").status_code == 200, "it reports, too"


@on_sqlite
def test_an_operation_that_has_not_begun_has_no_day_yet(person: Visitor, lead: Caller):
    live = opened(lead, starts_at=midnight(+1))
    assert "The operation has not begun." in said(person.get(f"/operations/{live}/day"))


@on_sqlite
def test_several_days_lead_to_the_check_of_one_return(person: Visitor, live: str):
    page = person.get(f"/operations/{live}/day?day={yesterday()}").get_data(as_text=True)
    assert "For several days" in page
    assert f'action="/operations/{live}/returns/surrey/{yesterday()}/check"' in page
    assert "For several days" not in person.get(f"/operations/{live}/day?day={today()}").get_data(as_text=True)
