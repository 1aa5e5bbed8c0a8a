"""The events that a figure is made of: which are shown to whom, in what order, and as files."""

import csv
import io
from collections.abc import Callable

import pytest
from flask import Flask
from openpyxl import load_workbook

from tests.factories.bodies import (
    arrest,
    correction,
    declared,
    midnight,
    new_id,
    opening,
    seizure,
    today,
    withdrawal,
    yesterday,
)
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite
from tests.functional.visitors import Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]


def events(person: Visitor, address: str) -> list[str]:
    """Return the text of each row of the list."""
    page = person.get(address)
    assert page.status_code == 200, address
    _head, _, body = page.get_data(as_text=True).partition("<tbody")
    return [text_of(row.partition(">")[2].split("</tr>")[0]) for row in body.split("<tr")[1:]]


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


@pytest.fixture
def person(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for("surrey"))


def test_a_figure_shows_its_events_with_what_was_corrected_struck_through(
    coordinator: Visitor, surrey: Caller, lead: Caller, live: str
):
    knife, drugs, theft = arrest("knife"), arrest("drugs", count=2), arrest("theft")
    surrey.record(live, knife, drugs, theft, seizure())
    surrey.record(live, correction(knife, data={"reason": "weapon", "count": 3}), withdrawal(theft))
    page = coordinator.get(f"/operations/{live}/events?measure=arrests").get_data(as_text=True)
    assert "5, from 2 events. 2 others were corrected or withdrawn, and no longer count." in text_of(page)
    rows = events(coordinator, f"/operations/{live}/events?measure=arrests")
    assert ["Correction: 3 arrests, weapon" in rows[0], "Withdrawn" in rows[1], "2 arrests" in rows[2]] == [True] * 3
    assert "Corrected" in rows[3]
    assert page.count("<s>1 arrest") == 2
    # The event went to another category: the figure it left still shows it, struck through.
    (left,) = events(coordinator, f"/operations/{live}/events?measure=arrests&category=knife")
    assert "Corrected" in left
    assert lead.figures(live, category="knife") == []


@on_sqlite
def test_filters_are_combined_and_each_can_be_removed(
    coordinator: Visitor, surrey: Caller, client_for: Callable[..., Caller], live: str
):
    surrey.record(live, arrest("knife"), arrest("drugs"), seizure())
    client_for("kent").record(live, arrest("knife", force="kent"))
    address = f"/operations/{live}/events?measure=arrests&category=knife&force=surrey&day={today()}"
    (row,) = events(coordinator, address)
    assert "Surrey Police" in row
    page = coordinator.get(address).get_data(as_text=True)
    assert "Arrests: knife" in heading(coordinator.get(address))
    without_force = f"/operations/{live}/events?measure=arrests&amp;day={today()}&amp;category=knife"
    assert without_force in page
    assert events(coordinator, f"/operations/{live}/events?measure=arrests&day={yesterday()}") == []
    assert len(events(coordinator, f"/operations/{live}/events?force=kent")) == 1


def test_a_long_list_is_read_page_by_page_to_and_fro(coordinator: Visitor, surrey: Caller, live: str):
    surrey.batch(live, [arrest() for _ in range(120)])
    for filters in ("measure=arrests", "force=surrey"):
        first = coordinator.get(f"/operations/{live}/events?{filters}").get_data(as_text=True)
        assert "Newer events" not in first
        pages = [numbers(coordinator, f"/operations/{live}/events?{filters}")]
        address = linked(first, "Older events")
        while address:
            pages.append(numbers(coordinator, address))
            page = coordinator.get(address).get_data(as_text=True)
            address = linked(page, "Older events")
        assert [len(one) for one in pages] == [50, 50, 20]
        listed = [number for one in pages for number in one]
        assert listed == sorted(listed, reverse=True)
        assert numbers(coordinator, linked(page, "Newer events")) == pages[1]


def numbers(person: Visitor, address: str) -> list[int]:
    return [int(row.split()[1]) for row in events(person, address)]


def linked(page: str, text: str) -> str:
    before, found, _after = page.partition(f'">{text}</a>')
    return before.rpartition('href="')[2].replace("&amp;", "&") if found else ""


@pytest.fixture
def observer(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD, "observer"))


@pytest.fixture
def kent(client_for: Callable[..., Caller]) -> Caller:
    return client_for("kent")


def test_a_force_sees_only_its_own_and_an_observer_nothing(
    person: Visitor, observer: Visitor, kent: Caller, surrey: Caller, live: str
):
    surrey.record(live, arrest("knife"))
    theirs = arrest("drugs", force="kent")
    kent.record(live, theirs)
    for address in ("", "?measure=arrests", f"?day={today()}"):
        (row,) = events(person, f"/operations/{live}/events{address}")
        assert "drugs" not in row
    assert "Surrey" in text_of(person.get(f"/operations/{live}/events?force=surrey").get_data(as_text=True))
    for address in ("?force=kent", "?measure=arrests&force=kent", "?force=nobody"):
        assert person.get(f"/operations/{live}/events{address}").status_code == 404
    assert person.get(f"/operations/{live}/events/{theirs['id']}").status_code == 404
    for address in ("events", "events.csv", f"events/{theirs['id']}", "day", "record"):
        assert observer.get(f"/operations/{live}/{address}").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "measure=nothing",
        "measure=arrests&category=nothing",
        "day=yesterday",
        "day=9999-12-31",
        "before=x",
        "after=-1",
        "event=0",
        "event=99999",
        "before=1e9",
        "force=x",
    ],
)
def test_a_figure_that_there_is_not_is_no_page(coordinator: Visitor, live: str, query: str):
    assert coordinator.get(f"/operations/{live}/events?{query}").status_code == 404


@on_sqlite
def test_the_list_of_a_past_moment_is_as_it_was(coordinator: Visitor, surrey: Caller, live: str):
    knife = arrest("knife")
    (receipt,) = surrey.record(live, knife)
    surrey.record(live, correction(knife, data={"reason": "weapon"}))
    (row,) = events(coordinator, f"/operations/{live}/events?measure=arrests&event={receipt['seq']}")
    assert "Corrected" not in row
    page = coordinator.get(f"/operations/{live}/events?measure=arrests&event={receipt['seq']}").get_data(as_text=True)
    assert f"As it was at event {receipt['seq']}" in text_of(page)


@on_sqlite
def test_the_position_is_stated(coordinator: Visitor, surrey: Caller, live: str):
    (receipt,) = surrey.record(live, arrest())
    page = text_of(coordinator.get(f"/operations/{live}/events").get_data(as_text=True))
    assert f"true at event {receipt['seq']}" in page
    assert receipt["root"][:4] in page


def test_the_list_can_be_had_as_files(coordinator: Visitor, surrey: Caller, live: str):
    knife = arrest("knife")
    surrey.record(live, knife, seizure())
    surrey.record(live, correction(knife, data={"reason": "weapon"}))
    answer = coordinator.get(f"/operations/{live}/events.csv?measure=arrests")
    assert "OFFICIAL-SENSITIVE-live-events.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [(row["marking"], row["reason"]) for row in rows] == [
        ("OFFICIAL-SENSITIVE", "weapon"),
        ("OFFICIAL-SENSITIVE", "knife"),
    ]
    book = load_workbook(io.BytesIO(coordinator.get(f"/operations/{live}/events.xlsx?measure=arrests").get_data()))
    assert [row[0].value for row in book.worksheets[0].iter_rows()] == ["marking", *["OFFICIAL-SENSITIVE"] * 2]


@on_sqlite
def test_a_file_holds_more_than_a_page_and_a_force_gets_its_own(
    person: Visitor, surrey: Caller, client_for: Callable[..., Caller], live: str
):
    surrey.batch(live, [arrest() for _ in range(60)])
    client_for("kent").record(live, arrest(force="kent"))
    lines = person.get(f"/operations/{live}/events.csv").get_data(as_text=True).splitlines()
    assert len(lines) == 61
    assert person.get(f"/operations/{live}/events.csv?force=kent").status_code == 404


@on_sqlite
def test_the_events_of_a_part_are_named(lead: Caller, coordinator: Visitor):
    assert lead.post("/v1/operations", json=opening(operation="whole", name="Whole")).status_code == 201
    assert (
        lead.post("/v1/operations", json=opening(operation="part", name="Part", part_of=["whole"])).status_code == 201
    )
    assert lead.change("whole", "parts", id=new_id(), part="part").status_code == 201
    page = coordinator.get("/operations/whole/events?measure=arrests").get_data(as_text=True)
    assert "/operations/part/events?measure=arrests" in page


# --- one event


def test_an_event_shows_its_versions_its_receipt_and_its_text(person: Visitor, surrey: Caller, live: str):
    knife = arrest("knife", place="m25")
    (first,) = surrey.record(live, knife)
    fix = correction(knife, data={"reason": "weapon"}, why="reclassified")
    (second,) = surrey.record(live, fix)
    for event_id in (knife["id"], fix["id"]):
        page = text_of(person.get(f"/operations/{live}/events/{event_id}").get_data(as_text=True))
        assert f"Arrest, event {first['seq']}" in page
        assert "Reason: it was put into another category." in page
        assert "Main reason for the arrest: Knife Weapon" in page
        for receipt in (first, second):
            assert receipt["leaf_hash"] in page
            assert receipt["root"] in page
        text = person.get(f"/operations/{live}/events/{event_id}").get_data(as_text=True)
        assert f"/operations/{live}/events/{fix['id']}/correct" in text, "only the last version can be corrected"


@on_sqlite
def test_events_that_no_form_records_are_shown_without_being_correctable(
    coordinator: Visitor, surrey: Caller, live: str
):
    (receipt,) = surrey.record(live, declared(day=yesterday()))
    page = coordinator.get(f"/operations/{live}/events/{receipt['id']}").get_data(as_text=True)
    assert "Return for" in page
    assert "/correct" not in page
    for address in ("correct", "correct/check", "withdraw"):
        assert coordinator.get(f"/operations/{live}/events/{receipt['id']}/{address}").status_code == 404
    (opened,) = events(coordinator, f"/operations/{live}/events?before=2")
    assert "Opened the operation" in opened


@on_sqlite
def test_a_publication_under_embargo_is_in_no_list_and_no_file(
    app: Flask, lead: Caller, coordinator: Visitor, live: str, secret_for: SecretFor
):
    published = lead.change(live, "publications", id=new_id(), label="final", embargo_until=midnight(+1))
    assert published.status_code == 201, published.json
    inside = visitor(app, secret_for(LEAD, "force"))
    address = f"/operations/{live}/events"
    for found in (
        text_of(inside.get(address).get_data(as_text=True)),
        inside.get(f"{address}.csv").get_data(as_text=True),
    ):
        assert "ublished" not in found
    assert "Published final figures" in text_of(coordinator.get(address).get_data(as_text=True))
    assert "figures.published" in coordinator.get(f"{address}.csv").get_data(as_text=True)


@on_sqlite
def test_each_figure_of_the_overview_leads_to_its_events_as_of_the_same_moment(
    coordinator: Visitor, person: Visitor, surrey: Caller, kent: Caller, live: str
):
    (receipt,) = surrey.record(live, arrest("knife"))
    kent.record(live, arrest("knife", force="kent"))
    address, events_of = f"/operations/{live}", f"/operations/{live}/events?"
    now = coordinator.get(address).get_data(as_text=True).replace("&amp;", "&")
    for query in ("force=surrey&measure=arrests", "measure=arrests&category=knife", f"measure=arrests&day={today()}"):
        assert f'href="{events_of}{query}"' in now
        assert len(events(coordinator, f"{events_of}{query}")) == (1 if "surrey" in query else 2)
    seq = receipt["seq"]
    past = coordinator.get(f"{address}?event={seq}").get_data(as_text=True).replace("&amp;", "&")
    assert f'href="{events_of}measure=arrests&event={seq}"' in past
    assert len(events(coordinator, f"{events_of}measure=arrests&event={seq}")) == 1
    own = person.get(address).get_data(as_text=True).replace("&amp;", "&")
    assert f'href="{events_of}force=surrey&measure=arrests"' in own
    assert "force=kent" not in own
    assert f'href="{events_of}measure=arrests"' not in own, "the sum of all forces is not its own"


@pytest.mark.parametrize("ending", ["", ".csv"])
def test_a_category_that_cannot_be_one_is_no_page(coordinator: Visitor, live: str, ending: str):
    """Some measures know every category. PostgreSQL reads no text with a NUL."""
    for category in ("a%00b", "%25", "%F0%9F%98%80", "A"):
        assert coordinator.get(f"/operations/{live}/events{ending}?category={category}").status_code == 404
