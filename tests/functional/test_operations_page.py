"""The list of operations: what is a person's, what runs, what is owed; and where the first page leads."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from service.usecases.overview import operations
from tests.factories.bodies import arrest, midnight, new_id, opening
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.visitors import Visitor, text_of, visitor

SecretFor = Callable[..., str]


def days(first: int, last: int) -> dict[str, str]:
    """Return the fields of an opening whose days are these, counted from today."""
    return {"starts_at": midnight(first), "ends_at": midnight(last + 1)}


def open_one(lead: Caller, name: str, first: int, last: int, **fields: object) -> str:
    key = name.casefold().replace(" ", "-").replace("<", "").replace(">", "")
    return opened(lead, **{"operation": key, "name": name} | days(first, last) | fields)


def rows(person: Visitor, address: str = "/operations") -> list[str]:
    """Return the text of each row of the tables."""
    page = person.get(address).get_data(as_text=True)
    return [text_of(row.split("</tr>")[0]) for row in page.split(" data-live>")[1:]]


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


def test_running_ones_come_first_then_owed_ones_then_the_newest(lead: Caller, coordinator: Visitor):
    open_one(lead, "Past", -9, -8)
    open_one(lead, "Older", -20, -19)
    open_one(lead, "Coming", 5, 6)
    open_one(lead, "Running", -1, 1)
    lead.change("older", "close", id="018d1a2b-0000-7000-8000-00000000b001")
    found = rows(coordinator)
    assert [row.split()[0] for row in found] == ["Running", "Past", "Coming", "Older"]
    assert "Running Running" in found[0]
    assert "4 returns owed" in found[0], "yesterday's, of four forces: today is not over"
    assert "Over, not closed" in found[1]
    assert "8 returns owed" in found[1]
    assert "Not begun" in found[2]
    assert "None owed" in found[2]
    assert "Closed" in found[3]
    assert "owed" not in found[3]


def test_a_force_sees_its_own_operations_and_what_it_owes_itself(app: Flask, lead: Caller, secret_for: SecretFor):
    open_one(lead, "Past", -9, -8)
    open_one(lead, "Elsewhere", -9, -8, forces=["metropolitan", "kent"])
    (row,) = rows(visitor(app, secret_for("surrey")))
    assert "Past" in row
    assert "2 returns owed" in row


@on_sqlite
def test_an_observer_sees_no_returns(app: Flask, lead: Caller, secret_for: SecretFor):
    open_one(lead, "Past", -9, -8)
    open_one(lead, "Other", -9, -8)
    observer = visitor(app, secret_for(LEAD, "observer", ("past",)))
    (row,) = rows(observer)
    assert "owed" not in row
    assert "Returns" not in observer.get("/operations").get_data(as_text=True)


@on_sqlite
def test_many_operations_come_in_pages(lead: Caller, coordinator: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(operations, "PAGE_SIZE", 2)
    for first in (-30, -20, -10, -5, -1):
        open_one(lead, f"Night {'abcde'[first % 5]}{'xyz'[first % 3]}", first, first + 1, operation=f"night{first}")
    lead.change("night-5", "close", id=new_id())
    pages = [coordinator.get(f"/operations?page={number}").get_data(as_text=True) for number in (1, 2, 3)]
    listed = [re.findall(r'id="operation-(night-[0-9]+)"', page) for page in pages]
    assert listed == [["night-1", "night-10"], ["night-20", "night-30"], ["night-5"]], "the closed one is last"
    assert "Page 2 of 3" in text_of(pages[1])
    assert 'rel="next"' not in pages[2]
    assert 'href="/operations?page=2"' in pages[2]
    assert coordinator.get("/operations?page=99").get_data(as_text=True).count("night-5"), "there is no such page"
    assert 'href="/operations?page=2&amp;search=night"' in coordinator.get("/operations?search=night").get_data(
        as_text=True
    )


@on_sqlite
def test_the_operations_with_the_latest_events_are_listed(
    lead: Caller, surrey: Caller, coordinator: Visitor, monkeypatch: pytest.MonkeyPatch
):
    """They were the first by name before, and a running one could be missing."""
    monkeypatch.setattr(operations, "MOST", 2)
    for name in ("Alder", "Birch", "Cedar"):
        open_one(lead, name, -9, -8)
    surrey.record("alder", arrest(occurred_at=midnight(-9)))
    page = coordinator.get("/operations").get_data(as_text=True)
    assert set(re.findall(r'id="operation-([a-z]+)"', page)) == {"alder", "cedar"}
    assert "Only the operations with the latest events are listed" in text_of(page)


@on_sqlite
def test_returns_that_are_too_many_to_count_have_a_link(
    lead: Caller, coordinator: Visitor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(operations, "MOST_RETURNS", 10)
    open_one(lead, "Newer", -9, -8)
    open_one(lead, "Older", -20, -19)
    newer, older = rows(coordinator)
    assert "8 returns owed" in newer
    assert "See its returns" in older


@on_sqlite
def test_operations_are_found_by_their_name(lead: Caller, coordinator: Visitor):
    open_one(lead, "Lantern", -9, -8)
    open_one(lead, "Beacon", -9, -8)
    assert [row.split()[0] for row in rows(coordinator, "/operations?search=TERN")] == ["Lantern"]
    page = coordinator.get("/operations?search=nothing").get_data(as_text=True)
    assert "has ‘nothing’ in its name. Show all operations" in text_of(page)


@on_sqlite
def test_an_empty_list_says_what_will_be_there(coordinator: Visitor):
    assert "There are none yet." in text_of(coordinator.get("/operations").get_data(as_text=True))


@on_sqlite
def test_the_first_page_leads_to_the_list_without_an_operation(coordinator: Visitor):
    assert coordinator.get("/").location == "/operations"


@on_sqlite
def test_an_administrator_comes_to_the_account(app: Flask, secret_for: SecretFor):
    assert visitor(app, secret_for(LEAD, "administrator")).get("/").location == "/account"


@on_sqlite
def test_a_name_with_markup_is_refused_and_one_with_an_ampersand_shown_as_text(lead: Caller, coordinator: Visitor):
    fields = opening(operation="markup", name="<script>alert(1)</script>", **days(0, 1))
    assert lead.post("/v1/operations", json=fields).status_code == 422
    open_one(lead, "Knives &amp, lt 'more", 0, 1, operation="ampersand")
    page = coordinator.get("/operations").get_data(as_text=True)
    assert "Knives &amp;amp, lt &#39;more" in page


@on_sqlite
def test_the_marking_stands_at_the_top_and_at_the_bottom(lead: Caller, coordinator: Visitor):
    open_one(lead, "Past", -9, -8, marking="OFFICIAL")
    open_one(lead, "Other", -9, -8, marking="OFFICIAL-SENSITIVE")
    assert coordinator.get("/operations").get_data(as_text=True).count('<p class="marking">OFFICIAL-SENSITIVE</p>') == 2
