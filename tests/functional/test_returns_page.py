"""Returns in pages: who owes what, what to write to them, and declaring for one's own force or one that telephones."""

import csv
import re
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from flask import Flask

from tests.factories.bodies import arrest, hours_ago, new_id, today, yesterday, yesterday_at
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.test_operations_page import days
from tests.functional.test_overview_page import declare, element, page_of
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
ID = re.compile(r'name="id" value="([^"]+)"')


@pytest.fixture
def running(lead: Caller) -> str:
    """Return the key of an operation that began yesterday and ends tomorrow, with returns due since an hour."""
    return opened(lead, operation="running", name="Running", returns_due_at=hours_ago(1), **days(-1, 1))


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


def send(person: Visitor, address: str, **fields: Any) -> Any:
    """Send the form of a page with the id that it has; `id` replaces it."""
    page = page_of(person, address)
    form = {"csrf_token": person.token(), "id": ID.findall(page)[0], **fields}
    return person.post(address.partition("?")[0], data=form, headers=OWN)


def statuses(caller: Caller, operation: str) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    answer = caller.get(f"/v1/operations/{operation}/returns").json
    return {(one["force"], one["day"]): (one["status"], tuple(one["measures"])) for one in answer["returns"]}


def test_the_matrix_says_who_owes_what_and_since_when(coordinator: Visitor, client_for: ClientFor, running: str):
    surrey = client_for("surrey")
    declare(surrey, running, "surrey", "complete")
    surrey.record(running, arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    declare(client_for("kent"), running, "kent", "nil")
    page = page_of(coordinator, f"/operations/{running}/returns")
    assert element(page, f"return-surrey-{yesterday()}").startswith("Reopened changed since ")
    assert element(page, f"return-kent-{yesterday()}").startswith("Nil, late ")
    assert element(page, f"return-metropolitan-{yesterday()}").startswith("No return overdue since ")
    assert element(page, f"return-surrey-{today()}").startswith("Day not over")
    assert element(page, f"return-all-{yesterday()}") == "1 of 4 in, 3 owed"
    assert 'data-feed="/operations/running/live?after=' in page


def test_the_texts_ask_each_force_that_owes_for_what_it_owes(coordinator: Visitor, client_for: ClientFor, running: str):
    declare(client_for("kent"), running, "kent", "nil")
    declare(client_for("surrey"), running, "surrey", "complete", measures=["arrests"])
    page = page_of(coordinator, f"/operations/{running}/returns")
    assert "chase-kent" not in page
    text = element(page, "chase-metropolitan")
    assert text.startswith("Metropolitan Police Service: your return for ")
    assert " is not in. It was due by " in text
    assert text.endswith(f"Declare it at http://localhost/operations/{running}/returns/metropolitan/{yesterday()}")
    assert "is in, but without some measures. It was due by" in element(page, "chase-surrey")


@on_sqlite
def test_a_force_sees_the_matrix_but_chases_nobody_and_declares_only_its_own(
    app: Flask, secret_for: SecretFor, running: str
):
    surrey = visitor(app, secret_for("surrey"))
    page = page_of(surrey, f"/operations/{running}/returns")
    assert 'id="chase"' not in page
    assert set(re.findall(r"/returns/(\w+)/", page)) == {"surrey"}
    for address in (f"kent/{yesterday()}", f"desk/{yesterday()}", "surrey/2001-01-01", "surrey/x", f"nobody/{today()}"):
        for step in ("", "/check?status=nil"):
            answer = surrey.get(f"/operations/{running}/returns/{address}{step}")
            assert (answer.status_code, heading(answer)) == (404, "Page not found"), address


def test_a_coordinator_declares_for_a_force_that_telephones(coordinator: Visitor, lead: Caller, running: str):
    start = f"/operations/{running}/returns/surrey/{yesterday()}"
    assert "What does Surrey Police declare?" in text_of(page_of(coordinator, start))
    address = f"{start}/check?status=complete"
    assert "Declare complete for Surrey Police" in text_of(page_of(coordinator, address))
    event_id = new_id()
    first, again = (send(coordinator, address, status="complete", id=event_id) for _ in range(2))
    assert first.location == f"/operations/{running}/returns?declared=surrey.{yesterday()}"
    assert again.location == f"{first.location}&again=1"
    assert "Surrey Police: Complete for " in text_of(page_of(coordinator, first.location))
    assert "Not counted twice." in text_of(page_of(coordinator, again.location))
    assert statuses(lead, running)["surrey", yesterday()] == ("complete", ())
    (event,) = [one for one in lead.get(f"/v1/operations/{running}/events").json["events"] if one["id"] == event_id]
    assert (event["force"], event["recorded_by"]) == ("surrey", {"force": LEAD, "role": "coordinator"})


@on_sqlite
def test_a_return_can_leave_measures_out(coordinator: Visitor, lead: Caller, running: str):
    start = f"/operations/{running}/returns/surrey/{yesterday()}"
    address = f"{start}/check?status=partial&without=drug_weight&without=weapons&without=nothing"
    assert "All but knives and weapons recovered and drugs" in text_of(page_of(coordinator, address))
    send(coordinator, address, status="partial", without=["drug_weight", "weapons"])
    status, measures = statuses(lead, running)["surrey", yesterday()]
    assert status == "partial"
    assert "arrests" in measures
    assert not {"weapons", "weapons_by_acquisition", "drug_weight"} & set(measures)
    page = page_of(coordinator, f"/operations/{running}/returns")
    assert "all but knives and weapons recovered and" in element(page, f"return-surrey-{yesterday()}")
    assert "is in, but without knives and weapons recovered and" in element(page, "chase-surrey")


@on_sqlite
def test_every_page_says_the_same_of_a_return_that_leaves_measures_out(
    app: Flask, secret_for: SecretFor, coordinator: Visitor, running: str
):
    start = f"/operations/{running}/returns/surrey/{yesterday()}"
    left_out = ["weapons", "drug_seizures", "drug_weight"]
    send(coordinator, f"{start}/check?status=partial&without=weapons", status="partial", without=left_out)
    said = "all but knives and weapons recovered, drug seizures and drugs by weight"
    for page in ("", "/returns"):
        address = f"/operations/{running}{page}"
        assert f", {said}" in element(page_of(coordinator, address), f"return-surrey-{yesterday()}"), page
    assert said in text_of(page_of(coordinator, start))
    day = text_of(page_of(visitor(app, secret_for("surrey")), f"/operations/{running}/day?day={yesterday()}"))
    assert f": {said}." in day
    overview = page_of(coordinator, f"/operations/{running}")
    assert said.removeprefix("all but ") in element(overview, "force-surrey")
    assert f", complete for {said}" in element(overview, "latest")


def test_nil_asks_back_only_if_something_is_recorded(
    app: Flask, secret_for: SecretFor, client_for: ClientFor, lead: Caller, running: str
):
    surrey = visitor(app, secret_for("surrey"))
    address = f"/operations/{running}/returns/surrey/{yesterday()}/check?status=nil"
    assert "Check the return" in text_of(page_of(surrey, address))
    client_for("surrey").record(running, arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    # The arrest came between the check and the sending.
    asked_back = send(surrey, address, status="nil")
    assert heading(asked_back) == "Running, Surrey Police Something is recorded for this day"
    assert statuses(lead, running)["surrey", yesterday()] == ("none", ())
    assert "Declare complete instead" in text_of(page_of(surrey, address))
    assert send(surrey, address, status="nil", anyway="1").status_code == 303
    assert statuses(lead, running)["surrey", yesterday()] == ("nil", ())


@on_sqlite
@pytest.mark.parametrize("fields", [{"status": "none"}, {"status": ""}, {"id": "x"}, {"id": ""}])
def test_a_form_that_no_page_has_records_nothing(
    coordinator: Visitor, lead: Caller, running: str, fields: dict[str, str]
):
    address = f"/operations/{running}/returns/surrey/{yesterday()}/check?status=complete"
    assert send(coordinator, address, **({"status": "complete"} | fields)).status_code == 404
    assert statuses(lead, running)["surrey", yesterday()] == ("none", ())


@on_sqlite
def test_more_than_a_week_is_shown_one_day_at_a_time(coordinator: Visitor, lead: Caller):
    long = opened(lead, operation="long", name="Long", **days(-9, 2))
    page = page_of(coordinator, f"/operations/{long}/returns")
    assert len(re.findall(r'id="return-kent-', page)) == 1
    assert f'id="return-kent-{yesterday()}"' in page, "the newest day that is owed"
    assert element(page, "days").count("0 of 4 in, 4 owed") == 9
    page = page_of(coordinator, f"/operations/{long}/returns?day={today()}")
    assert element(page, f"return-kent-{today()}").startswith("Day not over")
    assert coordinator.get(f"/operations/{long}/returns?day=%3Cb%3E").status_code == 404


@on_sqlite
def test_the_table_is_there_as_csv_and_excel(coordinator: Visitor, running: str):
    answer = coordinator.get(f"/operations/{running}/returns.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="official-sensitive-running-returns.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(StringIO(answer.get_data().decode("utf-8-sig"))))
    assert (rows[0]["marking"], rows[0]["status"], len(rows)) == ("OFFICIAL-SENSITIVE", "none", 8)
    workbook = openpyxl.load_workbook(BytesIO(coordinator.get(f"/operations/{running}/returns.xlsx").get_data()))
    assert workbook.active is not None
    assert workbook.active.max_row == 9


@on_sqlite
def test_an_operation_that_has_not_begun_says_what_will_be_here(coordinator: Visitor, lead: Caller):
    opened(lead, operation="coming", name="Coming", **days(5, 6))
    assert "Each force declares a return for each day. The first day," in text_of(
        page_of(coordinator, "/operations/coming/returns")
    )


@on_sqlite
def test_what_an_address_says_is_not_shown_as_markup(coordinator: Visitor, running: str):
    evil = "%3Cb%3Eevil%3C/b%3E"
    returns = f"/operations/{running}/returns"
    for address in (f"?declared={evil}.{evil}", f"/surrey/{yesterday()}/check?status=partial&without={evil}"):
        assert "evil" not in page_of(coordinator, returns + address)
    for address in (f"/{evil}/{yesterday()}", f"/surrey/{evil}", f"/surrey/{yesterday()}/check?status={evil}"):
        answer = coordinator.get(returns + address)
        assert answer.status_code == 404
        assert "<b>" not in answer.get_data(as_text=True)


@on_sqlite
def test_several_days_are_declared_by_one_return_from_the_day_chosen_to_a_last_one(
    coordinator: Visitor, client_for: ClientFor, lead: Caller, running: str
):
    client_for("surrey").record(running, arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    start = f"/operations/{running}/returns/surrey/{yesterday()}"
    assert "For several days" in text_of(page_of(coordinator, start))
    shown = text_of(page_of(coordinator, f"{start}/check?status=nil&last={today()}"))
    assert "Something is recorded for these days" in shown
    address = f"{start}/check?status=complete&last={today()}"
    assert "Days " in text_of(page_of(coordinator, address))
    assert ", 2 days" in text_of(page_of(coordinator, address))
    answer = send(coordinator, address, status="complete", last=today())
    assert answer.location == f"/operations/{running}/returns?declared=surrey.{yesterday()}&last={today()}"
    assert re.search(
        r"Surrey Police: Complete for \w+day \d+.* to \w+day", text_of(page_of(coordinator, answer.location))
    )
    found = statuses(lead, running)
    assert found["surrey", yesterday()] == found["surrey", today()] == ("complete", ())
    (event,) = [one for one in lead.get(f"/v1/operations/{running}/events").json["events"] if "day_from" in one["data"]]
    assert event["data"]["day_from"] == yesterday()
    page = page_of(coordinator, f"/operations/{running}/events/{event['id']}")
    assert re.search(r"Return for \d+ .*to \d+ ", text_of(page))


@on_sqlite
@pytest.mark.parametrize("last", ["2001-01-01", "x", "2199-01-01"])
def test_a_last_day_that_does_not_fit_is_said_beside_its_field(coordinator: Visitor, running: str, last: str):
    answer = coordinator.get(f"/operations/{running}/returns/surrey/{yesterday()}/check?status=nil&last={last}")
    assert answer.status_code == 422
    page = text_of(answer.get_data(as_text=True))
    assert page.count("Last day must be a d") == 2
